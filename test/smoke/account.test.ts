import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccountSmoke, SmokeCheck } from '../../src/model/smoke.ts';
import { isSmokeName, type TokenType } from '../../src/model/tokens.ts';
import { ApiError } from '../../src/motherduck/transport-errors.ts';
import { type SmokeOptions, type SmokeSubject, smokeAccount } from '../../src/smoke/account.ts';
import { replaceProbe } from '../probe-in-process.ts';
import { ENDLESS, FakeMotherDuck, type Identity, MARKER, PROBE, PROBE_TIMEOUT_MS } from './fake-motherduck.ts';

vi.setConfig({ testTimeout: PROBE_TIMEOUT_MS });

let world: FakeMotherDuck;
const results: AccountSmoke[] = [];
beforeAll(() => replaceProbe(PROBE));
beforeEach(() => {
  world = new FakeMotherDuck();
});
afterEach(() => {
  expect(JSON.stringify([results, world.calls])).not.toContain(MARKER);
  expect([...world.alive]).toEqual([]); // no temporary token is left
});

const ASLEEP = { read_write: false, read_scaling: false };

function account(types: Record<string, TokenType>, more: Partial<SmokeSubject> = {}): SmokeSubject {
  const tokens = new Map(Object.entries(types).map(([key, type]) => [key, { type }]));
  return { username: 'etl_prod', tokens, smoke: {}, ...more };
}

function held(tokens: Record<string, [TokenType, Identity]>): SmokeOptions['secrets'] {
  const entries = Object.entries(tokens);
  return new Map(entries.map(([key, [type, identity]]) => [key, { type, secret: world.secret(identity) }]));
}

async function smoke(subject: SmokeSubject, more: Partial<SmokeOptions> = {}): Promise<AccountSmoke> {
  const { api, connector, probe } = world;
  const common = { api, connector, probe, timeout: PROBE_TIMEOUT_MS / 1000, secrets: new Map(), ranBefore: undefined };
  const result = await smokeAccount({ ...common, account: subject, ...more });
  results.push(result);
  return result;
}

/** Each connection as `type token: check check!` where `!` marks a failed check. */
function shown(result: AccountSmoke): string[] {
  return result.connections.map((made) => {
    const checks = made.checks.map((check) => `${check.name}${check.passed ? '' : '!'}`);
    return `${made.type} ${made.token ?? 'temporary'}: ${checks.join(' ')}`;
  });
}

function failed(result: AccountSmoke): SmokeCheck | undefined {
  return result.connections.flatMap((made) => made.checks).find((check) => !check.passed);
}

const me = { user: 'etl_prod' };

describe('which tokens connect', () => {
  it('each available secret on a connection of its own, read/write first, without temporary tokens', async () => {
    const secrets = held({ bi: ['read_scaling', me], airflow: ['read_write', me], backfill: ['read_write', me] });
    const subject = account({ airflow: 'read_write', backfill: 'read_write', bi: 'read_scaling' });
    const result = await smoke(subject, { secrets });
    expect(shown(result)).toEqual([
      'read_write airflow: connects user organization',
      'read_write backfill: connects user organization',
      'read_scaling bi: connects user organization',
    ]);
    expect(result).toMatchObject({ account: 'etl_prod', outcome: 'passed', verified: ['airflow', 'backfill', 'bi'] });
    expect(world.calls).toEqual([]);
  });

  it('a temporary token of each kind, one after the other, if no secret is available', async () => {
    const result = await smoke(account({ airflow: 'read_write', bi: 'read_scaling' }));
    expect(result).toMatchObject({ outcome: 'passed', verified: [], warnings: [] });
    expect(world.calls).toEqual([
      'create etl_prod read_write 300',
      'delete etl_prod t0',
      'create etl_prod read_scaling 300',
      'delete etl_prod t1',
    ]);
  });

  it('a temporary read/write token before the read scaling one of a new account', async () => {
    const secrets = held({ app: ['read_scaling', me] });
    const result = await smoke(account({ app: 'read_scaling' }), { secrets });
    expect(shown(result).map((line) => line.split(':')[0])).toEqual(['read_write temporary', 'read_scaling app']);
    expect(result.verified).toEqual(['app']);
  });

  it('none if the configuration says so', async () => {
    expect(await smoke(account({ a: 'read_write' }, { smoke: false }))).toMatchObject({
      outcome: 'skipped',
      skipped: 'smoke: false',
      connections: [],
    });
    expect(world.opened).toEqual([]);
  });
});

describe('what is checked', () => {
  const ducklings = { read_write: { size: 'pulse' }, read_scaling: { size: 'jumbo' } } as const;

  it('the user without regard to case, the organization, the size, and the account’s own query', async () => {
    const secrets = held({
      airflow: [
        'read_write',
        { user: 'ETL_Prod', size: 'Pulse', databases: ['sales'], setup: ['CREATE TABLE t AS FROM range(7)'] },
      ],
      bi: ['read_scaling', { ...me, size: 'Jumbo' }],
    });
    const own = { query: 'SELECT count(*) FROM t', database: 'sales' };
    const subject = account({ airflow: 'read_write', bi: 'read_scaling' }, { ducklings, smoke: own });
    const result = await smoke(subject, { secrets });
    expect(shown(result)).toEqual([
      'read_write airflow: connects database user organization size query',
      'read_scaling bi: connects user organization size',
    ]);
    expect(result.outcome).toBe('passed');
    const [first] = result.connections;
    expect(first?.checks.at(-1)).toMatchObject({ name: 'query', passed: true, found: '7' });
    expect(first?.organization).toEqual({ id: 'id-acme', name: 'acme', type: 'business', region: 'eu' });
    expect(world.opened).toEqual(['ETL_Prod:sales', 'etl_prod:']);
  });

  it('runs the query on a read scaling connection when the account has only such tokens', async () => {
    const databases = ['sales'];
    world.temporary = () => ({ databases });
    const secrets = held({ app: ['read_scaling', { ...me, databases }] });
    const own = { query: "SELECT 'ann@example.com' AS email", database: 'sales' };
    const result = await smoke(account({ app: 'read_scaling' }, { smoke: own }), { secrets });
    expect(shown(result)).toEqual([
      'read_write temporary: connects database user organization',
      'read_scaling app: connects database user organization query',
    ]);
    // the query's result may be confidential
    expect(result.connections[1]?.checks.at(-1)?.found).toBe('1 row');
  });

  it('a wrong user: the token is not verified', async () => {
    const result = await smoke(account({ a: 'read_write' }), {
      secrets: held({ a: ['read_write', { user: 'other' }] }),
    });
    expect(result).toMatchObject({ outcome: 'failed', verified: [] });
    expect(failed(result)).toMatchObject({
      name: 'user',
      found: 'other',
      expected: 'etl_prod',
      hint: { text: expect.any(String) },
    });
  });

  it('a wrong size, with the matching hint', async () => {
    world.temporary = () => ({ size: 'Standard' });
    const asleep = await smoke(account({ a: 'read_write' }, { ducklings }), { ranBefore: ASLEEP });
    expect(failed(asleep)).toMatchObject({ name: 'size', found: 'standard', expected: 'pulse' });
    expect(failed(asleep)?.hint?.command).toEqual(['plan', '--only', 'etl_prod']);
    const ran = await smoke(account({ a: 'read_write' }, { ducklings }), {
      ranBefore: { ...ASLEEP, read_write: true },
    });
    expect(failed(ran)?.hint?.text).toContain('cooldown');
  });

  it('a failing query: the token is verified anyway, and the temporary one revoked', async () => {
    const broken = account({ a: 'read_write' }, { smoke: { query: 'SELECT * FROM nowhere' } });
    const result = await smoke(broken, { secrets: held({ a: ['read_write', me] }) });
    expect(result).toMatchObject({ outcome: 'failed', verified: ['a'] });
    expect(failed(result)).toMatchObject({ name: 'query', message: expect.stringContaining('nowhere') });
    await smoke(broken);
    expect(world.calls).toContain('delete etl_prod t1');
  });

  it('a missing database: it is reported, and the token is verified without it', async () => {
    const subject = account({ a: 'read_write' }, { smoke: { database: 'sales', query: 'SELECT 1' } });
    const result = await smoke(subject, { secrets: held({ a: ['read_write', me] }) });
    expect(shown(result)).toEqual(['read_write a: connects user organization database!']);
    expect(result.verified).toEqual(['a']);
    expect(failed(result)?.message).toContain('"sales"'.replaceAll('"', "'"));
  });

  it('a refused token, by its key; the others are still tested', async () => {
    const secrets = held({ a: ['read_write', { ...me, refused: true }], b: ['read_write', me] });
    const result = await smoke(account({ a: 'read_write', b: 'read_write' }), { secrets });
    expect(shown(result)).toEqual(['read_write a: connects!', 'read_write b: connects user organization']);
    expect(failed(result)).toMatchObject({ hint: { command: ['rotate', 'etl_prod/a'] } });
    expect(result.verified).toEqual(['b']);
  });
});

describe('temporary tokens are revoked', () => {
  const subject = account({ airflow: 'read_write', bi: 'read_scaling' });

  it('after a query that never ends', async () => {
    const endless = account({ a: 'read_write' }, { smoke: { query: ENDLESS } });
    const result = await smoke(endless, { timeout: 3 });
    expect(failed(result)).toMatchObject({
      name: 'query',
      message: expect.stringMatching(/query .*\b3 s \(--timeout\)/),
      hint: { text: expect.stringContaining('--timeout') },
    });
    expect(world.calls).toEqual(['create etl_prod read_write 300', 'delete etl_prod t0']);
  });

  it('after a refused connection, and then no read scaling token is created', async () => {
    world.temporary = () => ({ refused: true });
    expect(shown(await smoke(subject))).toEqual(['read_write temporary: connects!']);
    expect(world.calls.at(-1)).toBe('delete etl_prod t0');
  });

  it('after a connector and a probe that throw', async () => {
    const connector = { ...world.connector, target: () => Promise.reject(new Error('no such door')) };
    expect(failed(await smoke(account({ a: 'read_write' }), { connector }))?.message).toContain('no such door');
    const probe = () => Promise.reject(new Error('no such child'));
    expect(failed(await smoke(account({ a: 'read_write' }), { probe }))?.message).toContain('no such child');
  });

  it('after an interruption', async () => {
    const stop = new AbortController();
    world.onMinted = () => stop.abort();
    expect(await smoke(subject, { signal: stop.signal })).toMatchObject({ outcome: 'interrupted', connections: [] });
    expect(world.calls).toEqual(['create etl_prod read_write 300', 'delete etl_prod t0']);
  });

  it('after an interruption of the connection, which says nothing of the token', async () => {
    const stop = new AbortController();
    const probe = async () => {
      stop.abort();
      return new Map([['connect', { ms: 5, failure: { kind: 'aborted', text: 'stopped' } }]] as const);
    };
    const result = await smoke(account({ a: 'read_write' }), { probe, signal: stop.signal });
    expect(result).toMatchObject({ outcome: 'interrupted', connections: [], verified: [] });
    expect(world.alive.size).toBe(0);
  });

  it('or reported, if that fails', async () => {
    world.fail = [{ on: 'deleteToken', failure: 'unavailable', effect: 'unknown' }];
    const result = await smoke(account({ a: 'read_write' }));
    expect(result).toMatchObject({ outcome: 'passed', warnings: [{ message: expect.stringContaining('id t0') }] });
    world.alive.clear();
    world.fail = [{ on: 'deleteToken', failure: 'absent', effect: 'none' }];
    expect((await smoke(account({ a: 'read_write' }))).warnings).toEqual([]);
    world.alive.clear();
  });

  it.each([
    ['with a lost response', 'unknown'],
    ['that was refused', 'none'],
  ] as const)('after a creation %s, but not those of a test that runs elsewhere', async (_how, effect) => {
    world.elsewhere('theirs');
    world.fail = [{ on: 'createToken', failure: 'timeout', effect }];
    expect(shown(await smoke(account({ a: 'read_write' })))).toEqual(['read_write temporary: token!']);
    expect([...world.alive]).toEqual(['theirs']);
    world.alive.clear();
  });

  it('after a creation that was not answered and never happened, but not those of a test that began meanwhile', async () => {
    const createToken = async () => {
      world.elsewhere('theirs');
      throw new ApiError('timeout', 'API_FAILED', 'reset', 'Try again.', { call: 'POST', effect: 'unknown' });
    };
    const api = { ...world.api, createToken };
    expect(shown(await smoke(account({ a: 'read_write' }), { api }))).toEqual(['read_write temporary: token!']);
    expect([...world.alive]).toEqual(['theirs']);
    world.alive.clear();
  });

  it('and have names of their own, which tell them from those of a test that runs elsewhere', async () => {
    await smoke(account({ a: 'read_write', b: 'read_scaling' }));
    expect(world.names).toHaveLength(2);
    expect(new Set(world.names).size).toBe(2);
    expect(world.names.filter(isSmokeName)).toEqual(world.names);
  });

  it('and live longer than two connections, one that tests and one that shuts down', async () => {
    await smoke(account({ a: 'read_write' }), { timeout: 600 });
    const [created] = world.calls;
    expect(Number(created?.split(' ').at(-1))).toBeGreaterThan(2 * 600);
    world.fail = [{ on: 'deleteToken', failure: 'unavailable', effect: 'unknown' }];
    const { warnings } = await smoke(account({ a: 'read_write' }), { timeout: 600 });
    expect(warnings).toMatchObject([{ hint: { text: expect.stringContaining('21 minutes') } }]);
    world.alive.clear();
  });

  it('and one that cannot be created is a failed check', async () => {
    world.fail = [{ on: 'createToken', failure: 'forbidden', effect: 'none' }];
    const result = await smoke(account({ a: 'read_write' }));
    expect(failed(result)).toMatchObject({
      name: 'token',
      message: expect.stringContaining('forbidden'),
      hint: { text: 'Try again later.' },
    });
  });
});

describe('Ducklings that did not run before', () => {
  it('are shut down by the last connection of their kind', async () => {
    const secrets = held({ a: ['read_write', me], b: ['read_write', me], bi: ['read_scaling', me] });
    const subject = account({ a: 'read_write', b: 'read_write', bi: 'read_scaling' });
    const result = await smoke(subject, { secrets, ranBefore: { read_write: false, read_scaling: true } });
    expect(world.shutDown).toEqual(['etl_prod read_write']);
    expect(result.connections.map((made) => made.shut_down)).toEqual([false, true, false]);
  });

  it('or by one more connection, if the last one failed', async () => {
    const secrets = held({ a: ['read_write', me], b: ['read_write', { ...me, refused: true }] });
    const result = await smoke(account({ a: 'read_write', b: 'read_write' }), { secrets, ranBefore: ASLEEP });
    expect(world.shutDown).toEqual(['etl_prod read_write']);
    expect(result.connections.map((made) => made.shut_down)).toEqual([true, false]);
  });

  it('keep running if that is unknown, and a failed SHUTDOWN is a warning', async () => {
    const secrets = held({ a: ['read_write', me] });
    await smoke(account({ a: 'read_write' }), { secrets, ranBefore: undefined });
    world.shutdown = 'SHUTDOWN';
    const result = await smoke(account({ a: 'read_write' }), { secrets, ranBefore: ASLEEP });
    expect(world.shutDown).toEqual([]);
    expect(result).toMatchObject({ outcome: 'passed', warnings: [{ message: expect.stringContaining('SHUTDOWN') }] });
  });
});
