import { describe, expect, it } from 'vitest';
import { SHARED_OPTIONS } from '../../src/cli/options.ts';
import { type ConfiguredNames, candidatesFor } from '../../src/completion/candidates.ts';
import { program } from '../../src/program.ts';

const NAMES: ConfiguredNames = {
  accounts: ['etl_prod', 'tenant_acme'],
  tokens: ['etl_prod/airflow', 'tenant_acme/app'],
  stores: ['local', 'vault'],
};

async function next(line: string, asked: (string | undefined)[] = []) {
  const { words, files } = await candidatesFor(
    program(),
    line.split(' '),
    async (config) => {
      asked.push(config);
      return NAMES;
    },
    SHARED_OPTIONS,
  );
  return { words: words.map(({ word }) => word), files };
}

describe('what comes next', () => {
  it('is a command, with what it does', async () => {
    const { words } = await candidatesFor(program(), ['pl'], async () => NAMES);
    const about = program()
      .commands.find((command) => command.name() === 'plan')
      ?.description();
    expect(words).toEqual([{ word: 'plan', about: expect.stringMatching(/^\w+ \w+/) }]);
    expect(words[0]?.about).toBe(about);
    expect((await next('')).words).toEqual(expect.arrayContaining(['init', 'audit', 'import', 'completion']));
    expect((await next('')).words.filter((word) => word.startsWith('_'))).toEqual([]);
    expect((await next('sandbox s')).words).toEqual(['serve', 'seed']);
  });

  it('is an option of the command', async () => {
    expect((await next('audit --f')).words).toEqual(['--format', '--fail-on']);
    expect((await next('plan --out today.plan --det')).words).toEqual(['--detailed-exitcode']);
  });

  it('is an option that most commands have, where it may stand before the command', async () => {
    expect((await next('--sand')).words).toEqual(['--sandbox', '--sandbox-dir']);
    expect((await next('state --q')).words).toEqual(['--quiet']);
    expect(await next('-c ')).toEqual({ words: [], files: 'files' });
    expect(await next('--config=')).toEqual({ words: [], files: 'files' });
    expect((await next('--vers')).words).toEqual(['--version']);
  });

  it('is a value of the option before, also after an equals sign', async () => {
    expect((await next('audit --format s')).words).toEqual(['sarif']);
    expect((await next('audit --format=j')).words).toEqual(['--format=json', '--format=junit']);
    expect(await next('plan --config ')).toEqual({ words: [], files: 'files' });
    expect(await next('plan --lock-timeout ')).toEqual({ words: [], files: 'none' });
  });

  it('is a folder after --sandbox-dir, and no value of --sandbox', async () => {
    expect(await next('plan --sandbox-dir ')).toEqual({ words: [], files: 'folders' });
    expect(await next('rotate --sandbox et')).toEqual({ words: ['etl_prod', 'etl_prod/airflow'], files: 'none' });
    expect((await next('state mv etl_prod/airflow etl')).words).toEqual(['etl_prod', 'etl_prod/airflow']);
  });

  it('is an account or a token of the configuration that is meant', async () => {
    const asked: (string | undefined)[] = [];
    expect((await next('plan --only t', asked)).words).toEqual(['tenant_acme']);
    expect((await next('rotate --config prod.yaml etl_prod/', asked)).words).toEqual(['etl_prod/airflow']);
    expect((await next('rotate etl_prod ten', asked)).words).toEqual(['tenant_acme', 'tenant_acme/app']);
    expect((await next('state show --config=b.yaml e', asked)).words).toEqual(['etl_prod', 'etl_prod/airflow']);
    await next('rotate -c c.yaml etl', asked);
    await next('rotate --config a.yaml -cd.yaml etl', asked);
    expect(asked).toEqual([undefined, 'prod.yaml', undefined, 'b.yaml', 'c.yaml', 'd.yaml']);
  });

  it('is a store of the configuration', async () => {
    expect(await next('import --all --store ')).toEqual({ words: ['local', 'vault'], files: 'none' });
    expect((await next('import --store=v')).words).toEqual(['--store=vault']);
  });

  it('is a plan file for apply, a schema for schema, and no second argument where one is enough', async () => {
    expect(await next('apply ')).toEqual({ words: [], files: 'files' });
    const schemas = ['config', 'plan', 'state', 'audit', 'doctor', 'smoke', 'validate', 'organization'];
    expect((await next('schema ')).words).toEqual(schemas);
    expect((await next('schema plan ')).words).toEqual([]);
    expect((await next('completion ')).words).toEqual(['bash', 'zsh', 'fish']);
  });

  it('asks for names only where one can stand', async () => {
    const asked: (string | undefined)[] = [];
    await next('validate --format ', asked);
    await next('pl', asked);
    expect(asked).toEqual([]);
  });
});
