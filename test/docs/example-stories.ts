/** The stories of the examples' READMEs. */
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { expect, onTestFinished } from 'vitest';
import { generateTenants, TENANTS } from '../examples/customers.ts';
import { blocksOf, readText } from '../examples/markdown.ts';
import { StandIns } from '../examples/stand-ins.ts';
import { ROOT } from '../in-process.ts';
import { Stage } from '../stage.ts';
import { S3Server } from '../state/servers/s3.ts';
import { appliedAtMotherDuck, emptyFolder } from './organizations.ts';
import { installProgram, isUntypeableHere, Reader } from './reader.ts';

export const EXAMPLES: Readonly<Record<string, () => Promise<Reader>>> = {
  'examples/data-platform/README.md': async () => {
    const stage = Stage.copyOf('examples/data-platform');
    const reader = await Reader.of('examples/data-platform/README.md', stage);
    await reader.upTo('mdacc rotate');
    await stage.serve();
    await reader.upTo();
    return reader;
  },

  'examples/tenants/README.md': async () => {
    const stage = Stage.copyOf('examples/tenants');
    const reader = await Reader.of('examples/tenants/README.md', stage);
    await reader.upTo('mdacc plan --prune');
    await stage.serve();
    const edit = (change: (text: string) => string) => stage.write(TENANTS, change(stage.read(TENANTS)));
    const [unprotected = expect.unreachable()] = /(?<=`)tenant_102: .*?(?=`)/.exec(readText(reader.page)) ?? [];
    edit((text) => text.replace(/tenant_102: .*/, unprotected));
    await reader.type('mdacc apply --no-smoke --only tenant_102');
    edit((text) => text.replace(/^ {2}tenant_102:.*\n/m, ''));
    await reader.upTo('mdacc apply --prune');
    await reader.type(reader.take().command, 0, 'delete tenant_102');
    expect((await reader.type('mdacc state list')).stdout).not.toContain('tenant_102');
    expect(reader.take().command).toBe('duckdb customers.duckdb < tenants.sql');
    await generateTenants(stage, `('001', 'small', true), ('globex', 'large', true)`);
    expect((await reader.next()).stdout).toContain('1 account to create');
    stage.write('customers.json', '[{"slug": "globex"}, {"slug": "acme"}]');
    await reader.upTo();
    const lines = ['accounts:', '  tenant_acme: { template: tenant }', '  tenant_globex: { template: tenant }', ''];
    if (!isUntypeableHere('jq ')) expect(stage.read(TENANTS).split('\n')).toEqual(lines);
    await reader.type('mdacc validate');
    return reader;
  },

  'examples/github-actions/README.md': async () => {
    const reader = await pipelineOf('github-actions', 'git tag');
    const { stage } = reader;
    installProgram(stage, 'gh', 'echo "$@" >> "$HOME/calls.txt"');
    await reader.upTo('cp');
    expect((await reader.type('git ls-remote --tags origin')).stdout).toContain('refs/tags/v1');
    await reader.upTo();
    expect((await reader.type('cat ~/my-accounts/.github/workflows/*.yml')).stdout).not.toContain('OWNER/');
    expect(
      stage
        .read('calls.txt')
        .split('\n')
        .map((line) => line.split(' ').slice(0, 3).join(' ')),
    ).toEqual([
      'secret set MOTHERDUCK_ADMIN_TOKEN',
      'secret set SECRETS_TOKEN',
      'variable set MOTHERDUCK_STATE_ROLE',
      'variable set MOTHERDUCK_STATE_READ_ROLE',
      'variable set MOTHERDUCK_STATE_REGION',
      '',
    ]);
    await typeNamed(reader);
    return reader;
  },

  'examples/gitlab-ci/README.md': async () => {
    const reader = await pipelineOf('gitlab-ci', 'cp');
    await reader.upTo();
    await typeNamed(reader);
    return reader;
  },

  'examples/library/README.md': async () => {
    const stage = emptyFolder();
    mkdirSync(stage.file('node_modules'));
    symlinkSync(ROOT, stage.file('node_modules/motherduck-accounts'), 'junction');
    cpSync(`${ROOT}/examples/library/apply.mjs`, stage.file('apply.mjs'));
    const reader = await Reader.of('examples/library/README.md', stage);
    installProgram(stage, 'npx', 'exec "$@"');
    await reader.upTo();
    return reader;
  },

  'examples/secret-stores/README.md': async () => {
    const stage = emptyFolder();
    cpSync(`${ROOT}/examples/secret-stores`, stage.file('clone/examples/secret-stores'), { recursive: true });
    const reader = await Reader.of('examples/secret-stores/README.md', stage);
    const standIns = new StandIns(stage);
    await reader.type('cd clone');
    await reader.upTo();
    expect([...standIns.kept().keys()].sort()).toEqual([
      'secret/rehearsal/bi_prod/dashboards',
      'secret/rehearsal/etl_prod/airflow',
    ]);
    reader.goTo(await appliedAtMotherDuck());
    await reader.named('mdacc apply');
    return reader;
  },
};

/** Somebody in a copy of the repository, who makes a repository of accounts beside it. */
async function pipelineOf(name: string, start: string): Promise<Reader> {
  const stage = emptyFolder();
  cpSync(`${ROOT}/examples/${name}`, stage.file(`copy/examples/${name}`), { recursive: true });
  mkdirSync(stage.file('my-accounts'));
  const reader = await Reader.of(`examples/${name}/README.md`, stage);
  await reader.type('git init --quiet --bare origin.git && cd copy && git init --quiet');
  await reader.type('git add --all && git commit --quiet --message Copy && git remote add origin ../origin.git');
  await reader.upTo(start);
  return reader;
}

/** Types what the sentences of a pipeline's README name, in the new repository, at MotherDuck. */
async function typeNamed(reader: Reader): Promise<void> {
  const { stage } = reader;
  await reader.type('cd ~/my-accounts');
  await reader.type('mdacc plan --sandbox');
  await stage.serve();
  await reader.type('mdacc validate');
  await reader.type('mdacc apply --no-smoke');
  await reader.named('mdacc apply --due');
  const server = await S3Server.start();
  onTestFinished(() => server.end());
  Object.assign(stage.env, S3Server.ENV);
  const [block = expect.unreachable()] = blocksOf(readText(reader.page), 'yaml');
  const there = block.trim().replace(' }', `, endpoint: "${server.url}" }`);
  const config = 'my-accounts/motherduck.accounts.yaml';
  stage.write(config, stage.read(config).replace(/^organization:.*$/m, `$&\n${there}`));
  await reader.named('mdacc state migrate');
  await reader.named('mdacc state unlock');
  await reader.named('mdacc state history');
}
