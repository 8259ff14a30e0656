/** The examples of organizations, as somebody uses them who copied one: tenants come and go, tokens turn over. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { ROOT } from '../in-process.ts';
import { CONFIG, Stage } from '../stage.ts';
import { generateTenants, TENANTS } from './customers.ts';
import { blocksOf, readText } from './markdown.ts';

const DAY = 86_400;

const configurations = readdirSync(path.join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' })
  .filter((file) => path.basename(file) === 'motherduck.accounts.yaml')
  .map((file) => `examples/${file}`);

let begun: Promise<string[]> | undefined;

/** What `mdacc init` keeps out of git. */
function ignoredByInit(): Promise<string[]> {
  const begin = async () => {
    const folder = new Stage('');
    folder.remove(CONFIG);
    await folder.run('init');
    return folder.read('.gitignore').trim().split('\n');
  };
  begun ??= begin();
  return begun;
}

describe.each(configurations)('%s', (file) => {
  it('is valid, without a warning', async () => {
    expect(await loadConfig(path.join(ROOT, file), {})).toMatchObject({ ok: true, warnings: [] });
  });

  it('leaves each token its overlap and two nights between being due and expiring', async () => {
    const loaded = await loadConfig(path.join(ROOT, file), {});
    if (!loaded.ok) throw new Error(`${file} is not valid`);
    const tokens = [...loaded.desired.accounts.values()].flatMap((account) => [...account.tokens.values()]);
    expect(tokens.length).toBeGreaterThan(1);
    const tooShort = tokens.filter(({ rotateBefore, overlap }) => rotateBefore < overlap + 2 * DAY);
    expect(tooShort.map(({ location }) => location)).toEqual([]);
  });

  it('is copied with what keeps secrets and rehearsals out of git', async () => {
    const folder = Stage.copyOf(path.dirname(file));
    const needed = await ignoredByInit();
    const isFileStore = folder.read('motherduck.accounts.yaml').includes('kind: file');
    const ignored = folder.read('.gitignore').trim().split('\n');
    expect(ignored).toEqual(expect.arrayContaining(needed.filter((line) => isFileStore || line !== '.motherduck/')));
  });
});

describe('the data platform', () => {
  it('runs in a git repository, keeps the environments’ secrets apart, and leaves none to be committed', async () => {
    const folder = Stage.copyOf('examples/data-platform');
    execFileSync('git', ['init', '--quiet'], { cwd: folder.path });
    expect(await folder.run('apply --sandbox --yes --no-smoke')).toMatchObject({ code: 0 });
    expect(await folder.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0 });

    const variables = (name: string) =>
      [...folder.read(name).matchAll(/^MOTHERDUCK_TOKEN_(\w+)=ey/gm)].map(([, of]) => of);
    expect(variables('.motherduck/prod.env').sort()).toEqual([
      'BI_PROD_DASHBOARDS',
      'DBT_PROD_DBT',
      'EMBEDDED_PROD_API',
      'ETL_PROD_AIRFLOW',
      'ETL_PROD_BACKFILL',
    ]);
    expect(variables('.motherduck/staging.env').every((name) => name?.includes('_STAGING_'))).toBe(true);

    const untracked = execFileSync('git', ['status', '--porcelain', '--untracked-files=all'], { cwd: folder.path });
    const files = untracked.toString().trim().split('\n');
    expect(files.map((line) => line.slice(3)).sort()).toEqual([
      '.gitignore',
      'README.md',
      'environments/prod.yaml',
      'environments/staging.yaml',
      'motherduck.accounts.state.json',
      'motherduck.accounts.yaml',
    ]);
  });

  it('revokes the backfill’s token when its line goes', async () => {
    const folder = Stage.copyOf('examples/data-platform');
    await folder.run('apply --sandbox --yes --no-smoke --only etl_prod');
    const prod = 'environments/prod.yaml';
    folder.write(prod, folder.read(prod).replace(/^ +backfill:.*\n/m, ''));
    const { document } = await folder.json('plan --sandbox --only etl_prod');
    expect(document).toMatchObject({ summary: { tokens: { create: 0, rotate: 0, revoke: 1 } } });
  });

  it('refuses pools that go beyond the ceiling, and sizes that are not allowed', async () => {
    const folder = Stage.copyOf('examples/data-platform');
    folder.edit((text) =>
      text.replace('pool_size: 4, cooldown: 5m', 'pool_size: 10, cooldown: 5m').replace('total: 16', 'total: 64'),
    );
    expect(await folder.json('plan --sandbox')).toMatchObject({
      document: {
        violations: [{ message: expect.stringMatching(/\b51\.6\b.*\bguardrails\.max_compute_ceiling\b.*\b50$/) }],
      },
    });
    expect(await folder.run('apply --sandbox --yes')).toMatchObject({ code: 1 });
    folder.edit((text) => text.replace('size: jumbo,', 'size: giga,'));
    expect((await folder.run('validate')).code).toBe(1);
  });
});

describe('the tenants', () => {
  const some = (): Stage => Stage.copyOf('examples/tenants');
  const editTenants = (folder: Stage, change: (text: string) => string) =>
    folder.write(TENANTS, change(folder.read(TENANTS)));

  it('come by a line, in the words of the README', async () => {
    const folder = some();
    const shown =
      blocksOf(readText('examples/tenants/README.md'), 'yaml')
        .join('')
        .match(/^ {2}tenant_\d+:.*$/gm) ?? [];
    expect(shown).toHaveLength(4);
    editTenants(folder, (text) => `${text}${shown.join('\n')}\n`);
    expect((await folder.run('validate')).stdout).toMatch(/ 204 accounts, 410 tokens\.\n$/);
    const { document } = await folder.json(
      'plan --sandbox --only tenant_201 --only tenant_202 --only tenant_203 --only tenant_204',
    );
    expect(document).toMatchObject({
      summary: { accounts: { create: 4, change: 0, delete: 0 }, tokens: { create: 9, rotate: 0, revoke: 0 } },
    });
  });

  it('go in two steps, and never more than two at a time', { timeout: 120_000 }, async () => {
    const folder = some();
    const only = '--only tenant_001 --only tenant_002 --only tenant_003 --only tenant_004';
    await folder.run(`apply --sandbox --yes --no-smoke ${only}`);
    const without =
      (...names: string[]) =>
      (text: string) =>
        names.reduce((rest, name) => rest.replace(new RegExp(`^ {2}${name}:.*\n`, 'm'), ''), text);

    const original = folder.read(TENANTS);
    editTenants(folder, without('tenant_001'));
    expect(await folder.json(`plan --sandbox ${only}`)).toMatchObject({ document: { retained: ['tenant_001'] } });
    const kept = await folder.json(`apply --sandbox --yes --prune --allow-delete ${only}`);
    expect(kept).toMatchObject({
      code: 1,
      document: {
        error: { code: 'GUARDRAIL', message: expect.stringMatching(/\btenant_001\b.*\bdeletion_protection\b/) },
      },
    });

    const leaving = '{ template: tenant, deletion_protection: false }';
    folder.write(TENANTS, original.replace(/(tenant_00[1-3]): .*/g, `$1: ${leaving}`));
    expect(await folder.run(`apply --sandbox --yes --no-smoke ${only}`)).toMatchObject({ code: 0 });
    const unprotected = folder.read(TENANTS);
    editTenants(folder, without('tenant_001', 'tenant_002', 'tenant_003'));
    const three = await folder.json(`apply --sandbox --yes --prune --allow-delete ${only}`);
    expect(three).toMatchObject({
      code: 1,
      document: {
        error: {
          code: 'GUARDRAIL',
          message: expect.stringMatching(/\b3 accounts\b.*\bguardrails\.max_deletes\b.*\b2\b/),
        },
      },
    });
    folder.write(TENANTS, without('tenant_001')(unprotected));
    const one = await folder.run(`apply --sandbox --yes --prune --allow-delete --no-smoke ${only}`);
    expect(one, one.stdout).toMatchObject({ code: 0 });
    expect((await folder.run('state list')).stdout).not.toContain('tenant_001');
    expect((await folder.run('state list')).stdout).toContain('tenant_002');
  });

  /** Lets so many days pass, six at a time, with an apply after each; gives the names of new tokens and the kinds of warnings. */
  async function live(folder: Stage, days: number): Promise<{ names: string[]; warnings: string[] }> {
    const seen = { names: [] as string[], warnings: [] as string[] };
    for (let day = 0; day < days; day += 6) {
      await folder.inSandbox((organization) => organization.advance(6 * DAY));
      const { code, stderr, document } = await folder.json('apply --sandbox --yes --no-smoke --only tenant_001');
      expect(code, stderr).toBe(0);
      const { actions, warnings } = document as {
        actions: { action: string; after: { name: string } }[];
        warnings: { kind: string }[];
      };
      seen.names.push(...actions.filter(({ action }) => action === 'rotate_token').map(({ after }) => after.name));
      seen.warnings.push(...warnings.map(({ kind }) => kind));
    }
    return seen;
  }

  it('have tokens that turn over apart from each other', { timeout: 120_000 }, async () => {
    const folder = some();
    await folder.run('apply --sandbox --yes --no-smoke --only tenant_001');
    const { names, warnings } = await live(folder, 84);
    expect(names).toEqual(expect.arrayContaining(['app.4', 'loader.2']));
    expect(warnings).not.toContain('turnover');
  });

  it('would be warned of tokens that turn over together', { timeout: 120_000 }, async () => {
    const folder = some();
    folder.edit((text) => text.replace('ttl: 90d\n    rotate_before: 14d', 'ttl: 30d\n    rotate_before: 7d'));
    await folder.run('apply --sandbox --yes --no-smoke --only tenant_001');
    expect((await live(folder, 24)).warnings).toContain('turnover');
  });
});

describe('the tenants of a customer database', () => {
  it('are those that are active, a line each', async () => {
    const folder = Stage.copyOf('examples/tenants');
    await generateTenants(folder, `('globex', 'small', true), ('acme', 'large', true), ('initech', 'small', false)`);
    expect(folder.read(TENANTS)).toBe(
      '# Made by tenants.sql: change the customer database, not this file.\n' +
        'accounts:\n' +
        '  tenant_acme: { template: tenant, ducklings: large }\n' +
        '  tenant_globex: { template: tenant }\n',
    );
    expect((await folder.run('validate')).stdout).toMatch(/ 2 accounts, 4 tokens\.\n$/);
  });

  it('are not written when one has a name that is none', async () => {
    const folder = Stage.copyOf('examples/tenants');
    const before = folder.read(TENANTS);
    const hostile = `('acme', 'small', true), ('x: { template: other }' || chr(10) || '  y', 'small', true)`;
    await expect(generateTenants(folder, hostile)).rejects.toThrow('not a name: x');
    expect(folder.read(TENANTS)).toBe(before);
  });
});
