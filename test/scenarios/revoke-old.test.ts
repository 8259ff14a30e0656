/** A token leaked: it is replaced and revoked in one run, with every older generation that still lives. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { Secret } from '../../src/model/secret.ts';
import { openSandbox } from '../../src/sandbox/open.ts';
import type { Organization } from '../../src/sandbox/organization.ts';
import { serve } from '../../src/sandbox/server.ts';
import { saveSettings } from '../../src/sandbox/settings-file.ts';
import { expectGolden } from '../golden/golden.ts';
import { SANDBOX, STATE, Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
token_policies:
  load: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
templates:
  tenant: { tokens: { app: load } }
accounts:
  tenant_a: { template: tenant }
  tenant_b: { template: tenant }
  etl_prod: { tokens: { airflow: load, dbt: load } }
`;
const ROTATE = 'rotate etl_prod/airflow --revoke-old --sandbox --yes';

/** Of a served sandbox. */
const ADMIN = 'sandbox-admin-0123456789abcdef';

const REVOKING = ['rotate', 'etl_prod/airflow', '--revoke-old', '--sandbox'];

/** Live tokens by name: `etl_prod/airflow.2`. */
function liveTokens(stage: Stage): Promise<string[]> {
  return stage.inSandbox(async (organization) =>
    organization
      .inspect()
      .accounts.flatMap(({ username, tokens }) => tokens.map(({ name }) => `${username}/${name}`))
      .sort(),
  );
}

async function planOf(stage: Stage, words: string): Promise<Plan> {
  return (await stage.json(words)).document as Plan;
}

const isRequestOpen = (stage: Stage) => stage.read(STATE).includes('revoke_old');

/** From now on, md: connections fail, or work again. */
const connections = (stage: Stage, how: 'ok' | 'compute_limit') =>
  saveSettings(stage.file(SANDBOX), { connections: how });

/** The organization, whose answers have a token of a type that nobody knows. */
function withOddToken(organization: Organization, name: string): Organization {
  const respond: Organization['respond'] = async (request) => {
    const answer = await organization.respond(request);
    const odd = (key: string, value: unknown) =>
      key === '' || typeof value !== 'object' || !isNamed(value, name) ? value : { ...value, token_type: 'admin_only' };
    const text = request.target.endsWith('/tokens') ? JSON.stringify(JSON.parse(answer.text), odd) : answer.text;
    return { ...answer, text };
  };
  return new Proxy(organization, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      return key === 'respond' ? respond : typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const isNamed = (value: object | null, name: string) => value !== null && 'name' in value && value.name === name;

describe('rotate --revoke-old', () => {
  it('revokes every older generation in the same run, and no other token', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    await stage.run('rotate etl_prod/airflow --sandbox --yes --no-smoke');
    const plan = await planOf(stage, 'plan --rotate etl_prod/airflow --revoke-old --sandbox');
    expect(plan.actions).toMatchObject([
      { action: 'rotate_token', reason: { kind: 'requested' }, risk: 'safe', after: { revokes_old: 'verified' } },
      { action: 'revoke_token', reason: { kind: 'requested' }, risk: 'disruptive', before: { name: 'airflow.2' } },
      { action: 'revoke_token', reason: { kind: 'requested' }, risk: 'disruptive', before: { name: 'airflow' } },
    ]);
    expect(plan.scope?.revoke_old).toBe('verified');
    expect((await planOf(stage, 'plan --rotate etl_prod --revoke-old --sandbox')).warnings).toEqual([]);

    expect(await stage.run(ROTATE)).toMatchObject({ code: 0 });
    expect(await liveTokens(stage)).toEqual(['etl_prod/airflow.3', 'etl_prod/dbt', 'tenant_a/app', 'tenant_b/app']);
    expect(isRequestOpen(stage)).toBe(false);
    const state = stage.read(STATE);
    expect((await planOf(stage, 'plan --sandbox')).actions).toEqual([]);
    expect(await stage.run('apply --sandbox --yes')).toMatchObject({ code: 0 });
    expect(stage.read(STATE)).toBe(state);
  });

  it('takes globs, and a plan that was saved', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    await stage.run('plan --rotate tenant_*/app --revoke-old --sandbox --out leak.plan');
    const untested = await stage.run('apply leak.plan --sandbox --yes --no-smoke');
    expect(untested.code).toBe(64);
    expect(await stage.run('apply leak.plan --sandbox --yes')).toMatchObject({ code: 0 });
    expect(await liveTokens(stage)).toEqual(['etl_prod/airflow', 'etl_prod/dbt', 'tenant_a/app.2', 'tenant_b/app.2']);
  });

  it('keeps the old token while the new one does not connect, and exits with 4', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    await connections(stage, 'compute_limit');
    const failed = await stage.json(ROTATE);
    expect(failed).toMatchObject({
      code: 4,
      document: {
        applied: {
          outcomes: [
            { result: 'done' },
            {
              result: 'skipped',
              error: { code: 'SMOKE_FAILED', hint: { command: REVOKING } },
            },
          ],
        },
      },
    });
    expect(await liveTokens(stage)).toEqual(expect.arrayContaining(['etl_prod/airflow', 'etl_prod/airflow.2']));
    expect(isRequestOpen(stage)).toBe(true);
    expect((await planOf(stage, 'plan --sandbox')).warnings).toContainEqual(
      expect.objectContaining({ kind: 'unverified', hint: { text: expect.any(String), command: REVOKING } }),
    );

    await connections(stage, 'ok');
    expect(await stage.run(ROTATE)).toMatchObject({ code: 0 });
    expect(await liveTokens(stage)).toEqual(expect.not.arrayContaining(['etl_prod/airflow', 'etl_prod/airflow.2']));
    expect(isRequestOpen(stage)).toBe(false);
  });

  it('says what continues it where the new token does not connect: no apply does', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    await connections(stage, 'compute_limit');
    const { stdout } = await stage.run(ROTATE);
    expect(stdout).not.toContain('run apply again');
    expect(stdout).toMatch(
      /^Kept: etl_prod\/airflow: revoke token airflow: .* so "airflow" is kept \[SMOKE_FAILED\]\n.*: mdacc rotate etl_prod\/airflow --revoke-old --sandbox$/m,
    );
  });

  it('ends by saying whether the old token is revoked', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    const lastLine = async () => (await stage.run(ROTATE)).stdout.trimEnd().split('\n').at(-1);
    expect(await lastLine()).toBe('Revoked: etl_prod/airflow.');
    await connections(stage, 'compute_limit');
    expect(await lastLine()).toMatch(/^NOT revoked, .* etl_prod\/airflow\.2\.$/);
    await connections(stage, 'ok');
    stage.edit((text) => text.replace('dbt: load }', 'dbt: load }, smoke: { query: SELECT * FROM no_such_table }'));
    const { code, stdout } = await stage.run(ROTATE);
    expect(code).toBe(4);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
      /^Revoked: etl_prod\/airflow\.3, etl_prod\/airflow\.2\. .*smoke test/,
    );
    expect(await liveTokens(stage)).toContain('etl_prod/airflow.4');
    expect(await liveTokens(stage)).not.toContain('etl_prod/airflow.3');
  });

  it('is advised at the end of a rotation that leaves the old token live', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    const rotated = await stage.run('rotate etl_prod/airflow --sandbox --yes');
    expect(rotated.stdout).toMatch(
      /Replaced, still live: etl_prod\/airflow \(overlap 1d\)\.\n.*rotate etl_prod\/airflow --revoke-old --sandbox$/m,
    );
    const revoked = await stage.run(ROTATE);
    expect(revoked.stdout).not.toContain('still live');
  });

  it('names unmanaged tokens of the account near its end, which may be the leaked one', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    const create = (name: string) =>
      stage.inSandbox((organization) =>
        organization.respond({
          method: 'POST',
          target: '/v1/users/etl_prod/tokens',
          authorization: `Bearer ${organization.newAdminToken().reveal()}`,
          body: JSON.stringify({ name }),
        }),
      );
    await create('laptop');
    const endOf = async (words: string) => (await stage.run(words)).stdout.split('\nApplied: ').at(-1) ?? '';
    const end = (await endOf(ROTATE)).replace(/^[\s\S]*(?=Unmanaged)/, '');
    expectGolden('reports', 'rotate --revoke-old, with an unmanaged token', end);
    expect(await endOf('rotate etl_prod/airflow --sandbox --yes')).not.toContain('laptop');
    for (let other = 1; other <= 5; other++) await create(`other ${other}`);
    expect(await endOf(ROTATE)).toMatch(/: mdacc import etl_prod --sandbox\nRevoked: /);
    expect(await endOf('rotate tenant_a/app --revoke-old --sandbox --yes')).not.toContain('laptop');
  });

  it('ends by naming a token that could not be planned, also where nothing else is done', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    const organization = await openSandbox(stage.file(SANDBOX), { adminToken: new Secret(ADMIN) });
    const { url, close } = await serve({ organization: withOddToken(organization, 'airflow'), port: 0 });
    onTestFinished(() => close().then(() => organization.close()));
    const env = { MOTHERDUCK_API_URL: url, MOTHERDUCK_ADMIN_TOKEN: ADMIN, MDACC_SANDBOX: stage.file(SANDBOX) };
    for (const [tokens, exitCode] of [
      ['etl_prod', 3],
      ['etl_prod/airflow', 1],
    ]) {
      const { code, stdout } = await stage.run(`rotate ${tokens} --revoke-old --force --no-smoke --yes`, env);
      expect(code, stdout).toBe(exitCode);
      expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^NOT revoked.*: etl_prod\/airflow\.$/);
    }
  });

  it('says what to do about a token whose account left the configuration, or is to be suspended', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    const block = /^ {2}tenant_b: .*\n/m;
    stage.edit((text) => text.replace(block, ''));
    const refused = await stage.json('rotate tenant_b/app --revoke-old --sandbox --yes');
    expect(refused).toMatchObject({
      code: 64,
      document: {
        error: {
          hint: {
            command: ['state', 'list', 'tenant_b', '--sandbox'],
            text: expect.stringContaining('put its block back'),
          },
        },
      },
    });
    expect((await stage.run('state list tenant_b --sandbox')).stdout).toContain('tenant_b');
    stage.edit((text) => `${text}  tenant_b: { template: tenant, suspended: true }\n`);
    const suspended = await stage.json('rotate tenant_b/app --revoke-old --sandbox --yes');
    expect(suspended).toMatchObject({
      code: 64,
      document: {
        error: {
          hint: { command: ['apply', '--only', 'tenant_b', '--sandbox'], text: expect.stringContaining('revokes') },
        },
      },
    });
    expect((await stage.run('apply --only tenant_b --sandbox --yes')).code).toBe(0);
    expect(await liveTokens(stage)).not.toContain('tenant_b/app');
  });

  it('stays requested, and told, where an apply without a smoke test accepts the new token', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    await connections(stage, 'compute_limit');
    expect(await stage.run(ROTATE)).toMatchObject({ code: 4 });
    const told = async () => {
      const { warnings } = await planOf(stage, 'plan --sandbox');
      const { document } = await stage.json('audit --sandbox');
      const { findings } = document as { findings: { rule: string; account: string; fix: { command: string[] } }[] };
      const [waiting] = warnings.flatMap((each) => (each.kind === 'unverified' ? [each] : []));
      const overdue = findings.filter(({ rule }) => rule === 'MDA030');
      return { waiting, overdue: overdue.map(({ fix }) => fix.command) };
    };
    const overdue = [['rotate', '--revoke-old', 'etl_prod/airflow', '--sandbox']];
    expect(await told()).toMatchObject({ waiting: { hint: { command: REVOKING } }, overdue });
    expect(await stage.run('apply --sandbox --yes --no-smoke')).toMatchObject({ code: 0 });
    const accepted = await told();
    expect(accepted).toMatchObject({
      waiting: { message: expect.stringMatching(/ UTC$/), hint: { command: REVOKING } },
      overdue,
    });
    expect((await planOf(stage, 'plan --sandbox')).unverified).toEqual([]);
    expect(await stage.run('apply --sandbox --yes --no-smoke')).toMatchObject({ code: 0 });
    expect(await told()).toEqual(accepted);

    await connections(stage, 'ok');
    expect(await stage.run(ROTATE)).toMatchObject({ code: 0 });
    expect(await liveTokens(stage)).toEqual(expect.not.arrayContaining(['etl_prod/airflow', 'etl_prod/airflow.2']));
    expect(await told()).toEqual({ waiting: undefined, overdue: [] });
  });

  it('revokes it all the same with --force', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    await connections(stage, 'compute_limit');
    expect(await stage.run(`${ROTATE} --force`)).toMatchObject({ code: 4 });
    expect(await liveTokens(stage)).not.toContain('etl_prod/airflow');
    expect(isRequestOpen(stage)).toBe(false);
  });

  it('needs --force where nothing verifies the new token', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    const refused = await stage.run(`${ROTATE} --no-smoke`);
    expect(refused.code).toBe(64);
    expect(refused.stderr).toContain('mdacc rotate etl_prod/airflow --revoke-old --force');
    stage.edit((text) => text.replace('airflow: load, dbt: load }', '$& , smoke: false'));
    expect(await stage.run(ROTATE)).toMatchObject({ code: 64 });
    expect(await liveTokens(stage)).toContain('etl_prod/airflow');
    expect(await stage.run(`${ROTATE} --force`)).toMatchObject({ code: 0 });
    expect(await liveTokens(stage)).not.toContain('etl_prod/airflow');
    expect((await planOf(stage, 'plan --sandbox')).actions).toEqual([]);
  });

  it.each(['plan --revoke-old', 'apply --revoke-old --yes', 'plan --rotate etl_prod --force'])(
    'is wrong usage alone: %s',
    async (words) => {
      const stage = new Stage(CONFIGURATION);
      expect(await stage.run(`${words} --sandbox`)).toMatchObject({ code: 64 });
    },
  );

  it('ends a series of another name, which no rotation would revoke', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit((text) => text.replace('airflow: load', 'airflow: { policy: load, name: loads }'));
    expect(await stage.run(ROTATE)).toMatchObject({ code: 0 });
    expect(await liveTokens(stage)).not.toContain('etl_prod/airflow');
  });

  it('is completed by an unattended apply also when the run was killed while it stored the new secret', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    await stage.inSandbox((organization) => organization.mint({ username: 'etl_prod', name: 'airflow.2' }));
    const state = JSON.parse(stage.read(STATE));
    const { airflow } = state.accounts.etl_prod.tokens;
    const at = airflow.current.created_at;
    const intents = [{ name: 'airflow.2', generation: 2, at, storing: true }];
    Object.assign(airflow, { generation: 2, intents, revoke_old: { at, generation: 1 } });
    stage.write(STATE, JSON.stringify(state));
    expect(await stage.run('apply --due --sandbox --yes')).toMatchObject({ code: 0 });
    expect(await liveTokens(stage)).toEqual(['etl_prod/airflow.3', 'etl_prod/dbt', 'tenant_a/app', 'tenant_b/app']);
    expect(isRequestOpen(stage)).toBe(false);
    expect((await planOf(stage, 'plan --sandbox')).actions).toEqual([]);
  });

  it('is completed also when the account left the configuration after the new token was verified', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    expect(await stage.run('rotate etl_prod/airflow --sandbox --yes')).toMatchObject({ code: 0 });
    const state = JSON.parse(stage.read(STATE));
    const { airflow } = state.accounts.etl_prod.tokens;
    airflow.revoke_old = { at: airflow.current.created_at, generation: 1 };
    stage.write(STATE, JSON.stringify(state));
    stage.edit((text) => text.replace(/^ {2}etl_prod:.*\n/m, ''));
    const { actions, next } = await planOf(stage, 'plan --sandbox');
    expect(actions).toMatchObject([
      { action: 'revoke_token', reason: { kind: 'requested', at: expect.any(String) }, before: { name: 'airflow' } },
    ]);
    expect(next.filter(({ change }) => change === 'is revoked')).toEqual([]);
    expect(await stage.run('apply --due --sandbox --yes')).toMatchObject({ code: 0 });
    expect(await liveTokens(stage)).toEqual(expect.not.arrayContaining(['etl_prod/airflow']));
    expect(isRequestOpen(stage)).toBe(false);
    expect((await planOf(stage, 'plan --sandbox')).actions).toEqual([]);
  });

  it('is continued by an unattended apply, when the run ended before it began to create', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    const state = JSON.parse(stage.read(STATE));
    const at = state.accounts.etl_prod.tokens.airflow.current.created_at;
    state.accounts.etl_prod.tokens.airflow.revoke_old = { at, generation: 1 };
    stage.write(STATE, JSON.stringify(state));
    expect((await stage.json('audit --sandbox')).document).toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ rule: 'MDA030' })]),
    });
    expect(await stage.run('apply --due --sandbox --yes')).toMatchObject({ code: 0 });
    expect(await liveTokens(stage)).toEqual(['etl_prod/airflow.2', 'etl_prod/dbt', 'tenant_a/app', 'tenant_b/app']);
    expect(isRequestOpen(stage)).toBe(false);
  });
});
