/** What goes with deleted accounts: shown before they are deleted, where somebody asks for it. */
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { saveSettings } from '../../src/sandbox/settings-file.ts';
import { expectGolden } from '../golden/golden.ts';
import { SANDBOX, Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
token_policies:
  load: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
accounts:
  etl_prod: { tokens: { airflow: load }, deletion_protection: false }
  tenant_a: { tokens: { app: load }, deletion_protection: false }
  tenant_b: { tokens: { app: load }, deletion_protection: false }
guardrails: { max_deletes: 2 }
`;
const TENANTS = /^ {2}tenant_.*\n/gm;

/** With databases of accounts that no configuration names any more. */
async function removed(): Promise<Stage> {
  const stage = await Stage.applied(CONFIGURATION);
  await stage.run('smoke --sandbox');
  stage.edit((text) => text.replace(TENANTS, ''));
  return stage;
}

const planOf = async (stage: Stage, words: string) => (await stage.json(words)).document as Plan;

describe('a plan that deletes accounts', () => {
  it('says with --usage what goes with them, in every format, and is the same otherwise', async () => {
    const stage = await removed();
    const { deleted_data: data, at: _, ...plan } = await planOf(stage, 'plan --sandbox --prune --usage');
    const database = { databases: 1, bytes: expect.any(Number) };
    expect(data).toEqual({
      accounts: [
        { account: 'tenant_a', ...database },
        { account: 'tenant_b', ...database },
      ],
    });
    const { at: __, ...without } = await planOf(stage, 'plan --sandbox --prune');
    expect(plan).toEqual(without);
    for (const format of ['text', 'markdown', 'html'])
      expect((await stage.run(`plan --sandbox --prune --usage --format ${format}`)).stdout).toMatch(/2 databases, \d/);
  });

  it('says without --usage that nothing was counted, and never that nothing is lost', async () => {
    const stage = await removed();
    for (const format of ['text', 'markdown', 'html']) {
      const { stdout } = await stage.run(`plan --sandbox --prune --format ${format}`);
      expect(stdout).toMatch(/databases and shares.*--usage/);
    }
    stage.edit((text) => text.replace('airflow: load', '').replace('max_deletes: 2', 'max_deletes: 3'));
    await stage.run('apply --sandbox --yes --no-smoke');
    stage.edit((text) => `${text.replace(/^ {2}etl_prod.*\n/m, '')}`.replace(/^accounts:\n/m, 'accounts: {}\n'));
    const { stdout } = await stage.run('plan --sandbox --prune --format html');
    expect(stdout).toContain('etl_prod');
    expect(stdout).not.toContain('tokens: {}');
  });

  it('is refused on its page, also in its headings', async () => {
    const stage = await removed();
    stage.edit((text) => text.replace('max_deletes: 2', 'max_deletes: 1'));
    const { stdout } = await stage.run('plan --sandbox --prune --format html');
    expect(stdout).toMatch(/<h1>Refused/);
    expect(stdout).not.toContain('cannot be undone');
  });

  it('does not ask without a deletion', async () => {
    const stage = await removed();
    await saveSettings(stage.file(SANDBOX), { connections: 'unavailable' });
    expect(await planOf(stage, 'plan --sandbox --usage')).not.toHaveProperty('deleted_data');
  });

  it.each([
    ['on a Lite plan', { plan: 'lite' }],
    ['without a connection', { connections: 'unavailable' }],
  ] as const)('says that it is unknown, and deletes all the same: %s', async (name, settings) => {
    const stage = await removed();
    await saveSettings(stage.file(SANDBOX), settings);
    expect((await planOf(stage, 'plan --sandbox --prune --usage')).deleted_data).toEqual({
      unknown: expect.any(String),
      accounts: [],
    });
    const words = 'apply --sandbox --prune --usage --yes --allow-delete --no-smoke';
    const ran = await stage.run(words);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    const shown = ran.stdout.split('\n').filter((line) => line.includes('databases unknown'));
    expectGolden('reports', `deleted data is unknown > ${name}`, shown.join('\n'));
    expect(await stage.json(words)).toMatchObject({ code: 0, document: { actions: [] } });
  });

  it('keeps it in a saved plan, and says it where deletions are not allowed', async () => {
    const stage = await removed();
    await stage.run('plan --sandbox --prune --usage --out today.plan');
    expect((await stage.run('show today.plan')).stdout).toMatch(/2 databases, \d/);
    const refused = await stage.run('apply today.plan --sandbox --yes');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/\(2 databases, \d/) });
    expect(await stage.run('apply today.plan --sandbox --yes --allow-delete')).toMatchObject({ code: 0 });
    expect(await stage.run('destroy --sandbox --usage --yes')).toMatchObject({
      stderr: expect.stringMatching(/\(1 database, \d/),
    });
  });
});
