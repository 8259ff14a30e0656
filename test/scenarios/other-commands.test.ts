/** rotate, destroy and state, through the command line. */
import { describe, expect, it } from 'vitest';
import { expectGolden } from '../golden/golden.ts';
import { Stage } from '../stage.ts';

describe('rotate', () => {
  it('replaces the token that is named, now, and nothing else', async () => {
    const folder = await Stage.applied();
    const before = folder.read('.motherduck/secrets.env');
    const rotated = await folder.run('rotate etl_prod/airflow --sandbox --yes --no-smoke');
    expect(rotated.code).toBe(0);
    expect(rotated.stdout).toContain('airflow -> airflow.2');
    expectGolden('reports', 'rotate etl_prod/airflow', rotated.stdout, { date: /\d{4}-\d\d-\d\d/g });
    const after = folder.read('.motherduck/secrets.env');
    const changed = after.split('\n').filter((line) => !before.includes(line));
    expect(changed.map((line) => line.split('=')[0])).toEqual(['MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW']);
    expect((await folder.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
  });

  it('of an account replaces all of its tokens', async () => {
    const folder = await Stage.applied();
    const { document } = await folder.json('rotate ETL_PROD --sandbox --yes --no-smoke');
    expect(document).toMatchObject({
      summary: { tokens: { rotate: 2 } },
      actions: ['airflow', 'backfill'].map((token) => ({ token, reason: { kind: 'requested' } })),
      warnings: [{ message: expect.stringContaining('both tokens of etl_prod') }],
    });
  });

  it.each([
    ['etl_prd', '"etl_prd"', '"etl_prod"?'],
    ['etl_prod/airflw', '"airflw"', '"airflow"?'],
  ])('%s is wrong usage', async (name, ...words) => {
    const ran = await new Stage().run(['rotate', name, '--sandbox']);
    expect(ran.code).toBe(64);
    for (const word of words) expect(ran.stderr).toContain(word);
    expectGolden('errors', `wrong usage > rotate > ${name}`, ran.stderr);
  });
});

describe('destroy', () => {
  it('obeys the guards, and then deletes what the state manages and nothing else', async () => {
    const folder = await Stage.applied();
    const refused = await folder.json('destroy --sandbox --yes --allow-delete');
    expect(refused).toMatchObject({ code: 1, document: { error: { code: 'GUARDRAIL' } } });
    expectGolden('errors', 'destroy > obeys the guards', refused.stderr);
    folder.edit((text) =>
      text
        .replace('max_deletes: 0', 'max_deletes: 3')
        .replace(/(tenant_\w+|etl_prod):( \{)?/g, (all, name, brace) =>
          brace ? `${name}: { deletion_protection: false,` : `${all}\n    deletion_protection: false`,
        ),
    );
    expect((await folder.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    expect((await folder.run('destroy --sandbox --yes')).stderr).toContain('--allow-delete');
    expect(await folder.json('destroy --sandbox')).toMatchObject({ document: { error: { code: 'NOT_CONFIRMED' } } });
    const done = await folder.run('destroy --sandbox --yes --allow-delete');
    expect(done.code).toBe(0);
    // Tokens are in the order of their ids, which are random.
    const tokens = /airflow, backfill|backfill, airflow/g;
    expectGolden('reports', 'destroy', done.stdout, { date: /\d{4}-\d\d-\d\d/g, tokens });
    expect(await folder.json('state list')).toMatchObject({ document: { organization: 'acme', accounts: {} } });
    expect(await folder.json('destroy --sandbox --yes --allow-delete')).toMatchObject({
      code: 0,
      document: { actions: [] },
    });
  });
});

describe('state', () => {
  it('list and show look at it', async () => {
    const folder = await Stage.applied();
    const { stdout } = await folder.run('state list');
    expectGolden('reports', 'state list', stdout, { date: /\d{4}-\d\d-\d\d/g, serial: /(?<=serial )\d+/g });
    expect(JSON.parse((await folder.run('state list --format json')).stdout)).toMatchObject({
      version: 4,
      sandbox: true,
    });
    expect(JSON.parse((await folder.run('state show etl_prod/airflow')).stdout)).toMatchObject({
      generation: 1,
      current: { name: 'airflow' },
    });
    expect(await folder.run('state show nobody')).toMatchObject({ code: 64 });
  });

  it('forget drops an entry and leaves MotherDuck as it is', async () => {
    const folder = await Stage.applied();
    expect((await folder.run('state forget tenant_acme')).code).toBe(1);
    expect((await folder.run('state forget tenant_acme --yes')).stdout).toContain('tenant_acme');
    expect((await folder.run('state forget etl_prod/airflow --yes')).code).toBe(0);
    expect(await folder.json('plan --sandbox')).toMatchObject({
      document: { summary: { accounts: { adopt: 1 }, tokens: { adopt: 2, revoke: 0 } } },
    });
    const plan = await folder.run('plan --sandbox');
    expect(plan.stdout).toContain('? tenant_acme');
    expectGolden('plans', 'plan --sandbox, after state forget', plan.stdout, {
      id: /[0-9a-f]{8}-[0-9a-f-]{27}/g,
      date: /\d{4}-\d\d-\d\d/g,
    });
  });

  it('says where it was looked for when there is none', async () => {
    const ran = await new Stage().run('state list');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('motherduck.accounts.state.json');
    expect(await new Stage().json('state list')).toMatchObject({ document: { error: { code: 'STATE_INVALID' } } });
  });
});
