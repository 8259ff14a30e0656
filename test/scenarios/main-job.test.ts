/** The main job through the command line: plan, apply, test, and repair what people changed by hand. */
import { createHash } from 'node:crypto';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { openSandbox } from '../../src/sandbox/open.ts';
import { expectGolden } from '../golden/golden.ts';
import { isWindows } from '../platform.ts';
import { Stage } from '../stage.ts';

/** What `plan --format json` gives when MotherDuck matches the configuration. */
const NO_CHANGES = { code: 0, document: { actions: [] } };
const SMOKE_PASSED = ['etl_prod', 'tenant_acme', 'tenant_globex'].map((account) => ({ account, outcome: 'passed' }));
const DATE = /\d{4}-\d\d-\d\d/g;

/** Does to the folder's sandbox what a person does at MotherDuck's web page. */
async function byHand(folder: Stage, method: string, path: string, body?: unknown): Promise<unknown> {
  const organization = await openSandbox(folder.file('.motherduck-sandbox'), { adminToken: new Secret('person') });
  const request = new Request(`http://sandbox/v1/users${path === '' ? '' : `/${path}`}`, {
    method,
    headers: { authorization: 'Bearer person', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const response = await organization.handle(request);
  organization.close();
  expect(response.status).toBe(200);
  return response.json();
}

describe('the repository’s own configuration, in the sandbox', () => {
  it('is planned, applied, tested, and then matches; a second apply changes nothing', async () => {
    const folder = new Stage();
    // Processes of their own, as people start them.
    const run = (words: string) => folder.runProgram(words);
    const plan = await run('plan --sandbox --detailed-exitcode');
    expect(plan).toMatchObject({ code: 2, stderr: expect.stringContaining(' .motherduck-sandbox.\n') });
    expectGolden('plans', 'plan --sandbox, at first', plan.stderr + plan.stdout);
    expect(await folder.json('plan --sandbox')).toMatchObject({
      document: { organization: 'acme', sandbox: true, summary: { accounts: { create: 3 }, tokens: { create: 4 } } },
    });
    expect(folder.has('motherduck.accounts.state.json')).toBe(false);

    const applied = await folder.run('apply --sandbox --yes');
    expect(applied.code).toBe(0);
    expectGolden('reports', 'apply --sandbox, at first', applied.stdout, { ms: /\d[\d.]* m?s(?=\))/g });
    if (!isWindows) expect(statSync(folder.file('.motherduck/secrets.env')).mode & 0o777).toBe(0o600);
    const variables = folder.read('.motherduck/secrets.env').match(/^MOTHERDUCK_TOKEN_\w+(?==ey)/gm);
    expect(variables?.sort()).toEqual([
      'MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW',
      'MOTHERDUCK_TOKEN_ETL_PROD_BACKFILL',
      'MOTHERDUCK_TOKEN_TENANT_ACME_APP',
      'MOTHERDUCK_TOKEN_TENANT_GLOBEX_APP',
    ]);

    const state = folder.read('motherduck.accounts.state.json');
    const secrets = folder.read('.motherduck/secrets.env');
    expect((await folder.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
    const again = await folder.run('apply --sandbox --yes');
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expectGolden('reports', 'apply --sandbox, again', again.stdout, { date: DATE });
    expect(await folder.json('apply --sandbox --yes --no-smoke')).toMatchObject(NO_CHANGES);
    expect(folder.read('motherduck.accounts.state.json')).toBe(state);
    expect(folder.read('.motherduck/secrets.env')).toBe(secrets);
    expect(await folder.json('smoke --sandbox')).toMatchObject({ code: 0, document: { accounts: SMOKE_PASSED } });
  });

  it('is repaired after changes by hand, and the plan says why', async () => {
    const folder = await Stage.applied();
    await byHand(folder, 'PUT', 'etl_prod/instances', {
      config: {
        read_write: { instance_size: 'jumbo' },
        read_scaling: { instance_size: 'standard', flock_size: 4, cooldown_seconds: 300 },
      },
    });
    const listed = (await byHand(folder, 'GET', 'tenant_acme/tokens')) as { tokens: { id: string }[] };
    await byHand(folder, 'DELETE', `tenant_acme/tokens/${listed.tokens[0]?.id}`);
    await byHand(folder, 'DELETE', 'tenant_globex');

    expect(await folder.json('plan --sandbox')).toMatchObject({
      document: {
        actions: expect.arrayContaining([
          expect.objectContaining({
            action: 'set_ducklings',
            account: 'etl_prod',
            reason: expect.objectContaining({ kind: 'changed' }),
          }),
          expect.objectContaining({
            account: 'tenant_acme',
            reason: expect.objectContaining({ kind: 'revoked', name: 'app' }),
          }),
          expect.objectContaining({
            action: 'create_account',
            account: 'tenant_globex',
            reason: expect.objectContaining({ kind: 'deleted_outside' }),
          }),
        ]),
      },
    });
    const { stdout } = await folder.run('plan --sandbox');
    const id = /[0-9a-f]{8}-[0-9a-f-]{27}/g;
    expectGolden('plans', 'plan --sandbox, after changes by hand', stdout, { id, date: DATE });
    const repaired = await folder.run('apply --sandbox --yes --no-smoke');
    expect(repaired.code).toBe(0);
    expect(await folder.json('plan --sandbox')).toMatchObject(NO_CHANGES);
  });
});

describe('the same commands against a server that speaks the REST API', () => {
  it('work with --api-url, and take the token from the environment', async () => {
    const folder = new Stage();
    const url = await folder.serveByProgram();
    const { MOTHERDUCK_API_URL: _url, ...env } = folder.env;
    const bare = Object.assign(new Stage(), { env });
    const applied = await bare.json(['apply', '--yes', '--api-url', url]);
    expect(applied).toMatchObject({ code: 0, document: { smoke: { passed: true, accounts: SMOKE_PASSED } } });
    expect(await bare.json(['plan', '--api-url', url])).toMatchObject(NO_CHANGES);
  });

  it('know a served sandbox, whether or not the environment names its folder', async () => {
    const folder = new Stage();
    const url = await folder.serve();
    const { MOTHERDUCK_ADMIN_TOKEN = '' } = folder.env;
    const bare = Object.assign(new Stage(), { env: { MOTHERDUCK_ADMIN_TOKEN } });
    expect(await bare.json(['plan', '--api-url', url])).toMatchObject({ document: { sandbox: true } });
    const applied = await bare.run(['apply', '--yes', '--api-url', url]);
    expect(applied.code).toBe(4);
    expect(applied.stdout).toContain('MDACC_SANDBOX');
    expect(JSON.parse(bare.read('motherduck.accounts.state.json'))).toMatchObject({ sandbox: true });
  });

  it('refuse an address that is no sandbox while the environment names one', async () => {
    const folder = new Stage();
    const ran = await folder.run('plan --api-url http://127.0.0.1:9', {
      MOTHERDUCK_ADMIN_TOKEN: 'x',
      MDACC_SANDBOX: '/tmp',
    });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('MDACC_SANDBOX');
    expectGolden('errors', 'refuse an address that is no sandbox while the environment names one', ran.stderr);
  });

  it('converge although requests go wrong and are slowed down', async () => {
    const folder = new Stage();
    await folder.serveByProgram('--fail', '0.1', '--rate-limit', '200', '--latency', '2');
    for (let run = 0; run < 10; run += 1) {
      const { code } = await folder.run('apply --yes --no-smoke');
      expect([0, 1, 3]).toContain(code);
      if (code === 0) break;
    }
    await folder.serve();
    expect((await folder.run('apply --yes --no-smoke')).code).toBe(0);
    expect(await folder.json('plan')).toMatchObject({
      code: 0,
      document: { actions: [], unmanaged: { accounts: [], tokens: [] } },
    });
  });
});

describe('a saved plan', () => {
  it('is done as it was reviewed, once', async () => {
    const folder = new Stage();
    await folder.run('plan --sandbox --out today.plan');
    const first = await folder.run('apply today.plan --sandbox --yes --no-smoke');
    expect(first.stdout).toContain('10 of 10 ');
    const second = await folder.run('apply today.plan --sandbox --yes');
    expect(second.code).toBe(1);
    expect(await folder.json('apply today.plan --sandbox --yes')).toMatchObject({
      code: 1,
      document: { error: { code: 'PLAN_STALE' } },
    });
    expectGolden('errors', 'a saved plan > is done as it was reviewed, once', second.stderr, {
      serial: /\d+(?= now)/g,
      run: /(?<=last by apply of ).*?(?= UTC)/g,
    });
  });

  it('is refused when the configuration or an account moved', async () => {
    const folder = await Stage.applied();
    await byHand(folder, 'DELETE', 'tenant_globex');
    await folder.run('plan --sandbox --out today.plan');
    await byHand(folder, 'PUT', 'etl_prod/instances', {
      config: { read_write: { instance_size: 'jumbo' }, read_scaling: { instance_size: 'pulse', flock_size: 1 } },
    });
    folder.edit((text) => `${text}# touched\n`);
    const { code, stderr, document } = await folder.json('apply today.plan --sandbox --yes');
    expect(code).toBe(1);
    expect(document).toMatchObject({ error: { code: 'PLAN_STALE' } });
    expectGolden('errors', 'is refused when the configuration or an account moved', stderr);
  });
});

describe('a saved plan that is stale says what differs', () => {
  const refused = async (folder: Stage) => {
    const { code, stderr } = await folder.run('apply today.plan --sandbox --yes');
    expect([code, stderr]).toEqual([1, expect.stringContaining('PLAN_STALE')]);
    expect(stderr).not.toContain('applied once');
    return stderr;
  };
  const withPlan = async () => {
    const folder = await Stage.applied();
    folder.edit((text) => text.replace('tenant_globex: { template: tenant', 'tenant_new: { template: tenant }\n  $&'));
    await folder.run('plan --sandbox --out today.plan');
    return folder;
  };

  it('at MotherDuck', async () => {
    const folder = await withPlan();
    await byHand(folder, 'POST', 'etl_prod/tokens', { name: 'by-hand' });
    await byHand(folder, 'PUT', 'tenant_acme/instances', {
      config: { read_write: { instance_size: 'jumbo' }, read_scaling: { instance_size: 'pulse', flock_size: 2 } },
    });
    await byHand(folder, 'DELETE', 'tenant_globex');
    const stderr = await refused(folder);
    for (const said of [
      'etl_prod (token "by-hand" appeared)',
      'read/write size pulse -> jumbo',
      'tenant_globex (the account is gone)',
    ])
      expect(stderr).toContain(said);
  });

  it('in the state, by which run', async () => {
    const folder = await withPlan();
    await folder.run('rotate etl_prod/airflow --sandbox --yes --no-smoke');
    expect(await refused(folder)).toMatch(
      /the state \(last by rotate of \S+, [\d-]+ [\d:]+ UTC; serial \d+ then, \d+ now\)/,
    );
  });

  it('in the configuration, in which file', async () => {
    const folder = await withPlan();
    folder.edit((text) => `${text}# touched\n`);
    expect(await refused(folder)).toContain('the configuration (motherduck.accounts.yaml)');
  });

  it('of many accounts names five', async () => {
    const names = Array.from({ length: 8 }, (_, at) => `t_${at}`);
    const folder = new Stage(
      `version: 1\norganization: acme\naccounts:\n${names.map((name) => `  ${name}: {}\n`).join('')}`,
    );
    await folder.run('apply --sandbox --yes --no-smoke');
    await folder.run('plan --sandbox --out today.plan');
    for (const name of names) await byHand(folder, 'POST', `${name}/tokens`, { name: 'by-hand' });
    expect(await refused(folder)).toContain(' and 3 more');
  });
});

describe('a plan is not saved', () => {
  it.each([
    ['motherduck.accounts.yaml', 'FILE_EXISTS'],
    ['nowhere/today.plan', 'FILE_UNWRITABLE'],
  ])('to %s', async (file, code) => {
    const folder = new Stage();
    const before = folder.read('motherduck.accounts.yaml');
    const ran = await folder.json(['plan', '--sandbox', '--out', file]);
    expect(ran).toMatchObject({ code: 1, document: { error: { code } } });
    expectGolden('errors', `a plan is not saved > ${file}`, ran.stderr);
    expect(folder.read('motherduck.accounts.yaml')).toBe(before);
  });

  it('and a configuration is not taken for one', async () => {
    const ran = await new Stage().run('apply motherduck.accounts.yaml --sandbox --yes');
    expect(ran.stderr).toContain('mdacc apply --config motherduck.accounts.yaml');
  });
});

describe('a saved plan that was altered', () => {
  const altered = async (from: string, to: string) => {
    const folder = new Stage();
    await folder.run('plan --sandbox --out today.plan');
    const text = folder.read('today.plan');
    expect(text).toContain(from);
    folder.write('today.plan', text.replace(from, to));
    return folder;
  };

  it.each([
    ['an action', '"secret_store": "local"', '"secret_store": "mine"'],
    ['--prune', '"prune": false', '"prune": true'],
    ['--due', '"due": false', '"due": true'],
    ['--allow-missing', '"prune": false', '"prune": false, "allow_missing": true'],
  ])('in %s is refused', async (_, from, to) => {
    const folder = await altered(from, to);
    const { code, stderr, document } = await folder.json('apply today.plan --sandbox --yes');
    expect([code, document]).toMatchObject([1, { error: { code: 'PLAN_INVALID' } }]);
    expectGolden('errors', 'a saved plan that was altered is refused', stderr);
    expect(folder.has('motherduck.accounts.state.json')).toBe(false);
  });

  it('and is signed again is refused: what it says must still be what would be planned', async () => {
    const folder = await altered('"secret_store": "local"', '"secret_store": "mine"');
    const { digest: _, ...file } = JSON.parse(folder.read('today.plan'));
    const digest = createHash('sha256').update(JSON.stringify(file)).digest('hex');
    folder.write('today.plan', JSON.stringify({ ...file, digest }));
    const { code, stderr, document } = await folder.json('apply today.plan --sandbox --yes');
    expect([code, document]).toMatchObject([1, { error: { code: 'PLAN_STALE' } }]);
    expectGolden('errors', 'is refused: what it says must still be what would be planned', stderr);
  });

  it('in its line breaks only is applied', async () => {
    const folder = await altered('\n', '\r\n');
    expect((await folder.run('apply today.plan --sandbox --yes --no-smoke')).code).toBe(0);
  });
});

describe('a rehearsal in a folder that is in use', () => {
  it('does not write over a secret that is not of the sandbox', async () => {
    const folder = new Stage();
    mkdirSync(folder.file('.motherduck'));
    writeFileSync(folder.file('.motherduck/secrets.env'), 'MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW=the-real-one\n', {
      mode: 0o600,
    });
    const ran = await folder.run('apply --sandbox --yes --no-smoke');
    expect(ran.code).toBe(1);
    expectGolden('errors', 'does not write over a secret that is not of the sandbox', ran.stderr);
    expect(folder.read('.motherduck/secrets.env')).toContain('MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW=the-real-one\n');
  });
});

describe('names with escape sequences, from a live organization', () => {
  it('do not reach the terminal', async () => {
    const folder = new Stage();
    await byHand(folder, 'POST', '', { username: 'etl_prod' });
    await byHand(folder, 'POST', 'etl_prod/tokens', { name: 'evil\u001b[2J\nPlan: 0 accounts' });
    const { stdout } = await folder.run('plan --sandbox');
    expect(stdout).toContain('etl_prod/evil\ufffd[2J\ufffdPlan: 0 accounts');
    expect(stdout).not.toContain('\u001b');
  });
});

describe('pruning', () => {
  it('needs the protection off, max_deletes, --prune, and --allow-delete beside --yes', async () => {
    const folder = await Stage.applied();
    const without = (text: string) => text.replace(/^ {2}tenant_globex:.*$/m, '');
    const original = folder.read('motherduck.accounts.yaml');
    folder.edit(without);
    expect(await folder.json('plan --sandbox')).toMatchObject({ document: { retained: ['tenant_globex'] } });
    const refused = await folder.json('apply --sandbox --yes --prune --allow-delete');
    expect(refused).toMatchObject({ code: 1, document: { error: { code: 'GUARDRAIL' } } });
    expectGolden('errors', 'pruning an account with deletion_protection', refused.stderr);

    folder.write(
      'motherduck.accounts.yaml',
      original.replace('tenant_globex: { ', 'tenant_globex: { deletion_protection: false, '),
    );
    const shown = await folder.run('plan --sandbox --detailed-exitcode');
    expect(shown.code).toBe(2);
    expect(await folder.json('plan --sandbox')).toMatchObject({
      document: { protection: [{ account: 'tenant_globex', before: true, after: false }] },
    });
    expectGolden('plans', 'plan --sandbox, with the protection off', shown.stdout, { date: DATE });
    expect((await folder.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    folder.edit((text) => without(text).replace('max_deletes: 0', 'max_deletes: 1'));
    const unsaid = await folder.run('apply --sandbox --yes --prune');
    expect(unsaid.code).toBe(1);
    expect(unsaid.stderr).toContain('--allow-delete');
    const done = await folder.run('apply --sandbox --yes --prune --allow-delete --no-smoke');
    expect(done.code).toBe(0);
    expectGolden('reports', 'apply --sandbox --prune', done.stdout, { date: DATE });
    expect(await folder.json('plan --sandbox')).toMatchObject(NO_CHANGES);
  });
});
