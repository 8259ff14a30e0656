import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CONNECT_SECONDS, SETUP_SECONDS } from '../../src/model/defaults.ts';
import type { AccountSmoke } from '../../src/model/smoke.ts';
import type { ProbeRunner } from '../../src/motherduck/probe-process.ts';
import type { SmokeSubject } from '../../src/smoke/account.ts';
import { SmokeSession, smokeAccounts } from '../../src/smoke/session.ts';
import { FakeMotherDuck, type Identity, PROBE_TIMEOUT_MS } from './fake-motherduck.ts';

vi.setConfig({ testTimeout: PROBE_TIMEOUT_MS });

let world: FakeMotherDuck;
beforeEach(() => {
  world = new FakeMotherDuck();
});

function subject(username: string, smoke: SmokeSubject['smoke'] = {}): SmokeSubject {
  return { username, tokens: new Map([['app', { type: 'read_write' }]]), smoke };
}

function entry(username: string, identity: Partial<Identity> = {}) {
  const secret = world.secret({ user: username, ...identity });
  return { account: subject(username), secrets: new Map([['app', { secret, type: 'read_write' as const }]]) };
}

function run(
  accounts: Parameters<typeof smokeAccounts>[0]['accounts'],
  more: Partial<Parameters<typeof smokeAccounts>[0]> = {},
) {
  const { api, connector, probe } = world;
  return smokeAccounts({ accounts, api, connector, probe, timeout: PROBE_TIMEOUT_MS / 1000, parallelism: 10, ...more });
}

describe('smokeAccounts', () => {
  it('tests all in the given order, even if one fails; reads once which Ducklings ran before', async () => {
    world.active = [{ username: 'ONE', ducklings: [{ id: 'rw', type: 'read_write', status: 'cooldown' }] }];
    const seen: string[] = [];
    const accounts = [
      entry('one'),
      entry('two', { refused: true }),
      { account: subject('three', false) },
      entry('four'),
    ];
    const result = await run(accounts, {
      onDone: ({ account }, { done, total }) => seen.push(`${account} ${done <= total && total === 4}`),
    });
    expect(result.accounts.map(({ account, outcome }) => `${account} ${outcome}`)).toEqual([
      'one passed',
      'two failed',
      'three skipped',
      'four passed',
    ]);
    expect(result).toMatchObject({ passed: false, organization: { name: 'acme' }, warnings: [] });
    expect(result.at).toBe('2026-11-24T00:00:00.000Z');
    expect(seen.toSorted()).toEqual(['four true', 'one true', 'three true', 'two true']);
    expect(world.shutDown).toEqual(['four read_write']); // "one" ran before (in its cooldown), so it is not shut down
  });

  it('throws a bug in reading which Ducklings ran before', async () => {
    const api = { ...world.api, activeAccounts: () => Promise.reject(new TypeError('a bug')) };
    await expect(run([entry('one')], { api })).rejects.toThrow(TypeError);
  });

  it('shuts nothing down if it is unknown which Ducklings ran before', async () => {
    world.fail = [{ on: 'activeAccounts', failure: 'forbidden', effect: 'none' }];
    const result = await run([entry('one')]);
    expect(result).toMatchObject({ passed: true, warnings: [{ message: expect.stringContaining('forbidden') }] });
    expect(world.shutDown).toEqual([]);
  });

  it('detects an account of another organization', async () => {
    const result = await run([entry('lost', { organization: 'other' }), entry('one'), entry('two')]);
    expect(result.accounts.map(({ outcome }) => outcome)).toEqual(['failed', 'passed', 'passed']);
    expect(result.organization?.name).toBe('acme');
  });

  it('verifies no token of an account in another organization than the state’s, as soon as it is tested', async () => {
    const { api, connector, probe } = world;
    const options = { api, connector, probe, timeout: PROBE_TIMEOUT_MS / 1000, parallelism: 10 };
    const session = new SmokeSession({ ...options, organization: 'id-acme' });
    const [lost, own] = [entry('lost', { organization: 'other' }), entry('own')];
    expect(await session.test(lost.account, lost.secrets)).toMatchObject({ outcome: 'failed', verified: [] });
    expect(await session.test(own.account, own.secrets)).toMatchObject({ outcome: 'passed', verified: ['app'] });
  });

  it('stops connecting and creates no tokens after a failure of this machine', async () => {
    const message =
      'IO Error: Failed to download extension "motherduck" at URL "http://extensions.example/v1.5.6/linux_arm64/motherduck.duckdb_extension.gz"';
    let tried = 0;
    const broken = async () => {
      tried += 1;
      return new Map([['connect', { ms: 1, failure: { kind: 'sql' as const, text: message } }]]);
    };
    const accounts = [entry('one'), { account: subject('two') }, entry('three')];
    const result = await run(accounts, { probe: broken, parallelism: 1 });
    expect(tried).toBe(1);
    expect(world.calls).toEqual([]);
    for (const { outcome, connections } of result.accounts) {
      expect(outcome).toBe('failed');
      expect(connections[0]?.checks[0]).toMatchObject({
        name: 'connects',
        message: expect.stringMatching(/ http:\/\/extensions\.example for DuckDB 1\.5\.6 on linux_arm64$/),
        hint: {
          text: expect.stringMatching(/HTTP_PROXY.*v1\.5\.6\/linux_arm64.*MOTHERDUCK_EXT_VERSION/),
          command: ['apply', '--no-smoke'],
        },
      });
    }
  });

  it.each([
    ['no answer', { kind: 'time_limit' as const, text: 'no answer within 1 s' }],
    [
      'a service that is down',
      { kind: 'sql' as const, text: 'Could not connect to MotherDuck. Please try again later' },
    ],
  ])('stops after %s to five accounts in a row', async (_, failure) => {
    let tried = 0;
    const silent = async () => {
      tried += 1;
      return new Map([['connect', { ms: 1, failure }]]);
    };
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const result = await run(
      names.map((name) => entry(name)),
      { probe: silent, parallelism: 1, timeout: 1 },
    );
    expect(tried).toBe(5);
    const messages = result.accounts.map(({ connections }) => connections[0]?.checks[0]?.message ?? '');
    expect(messages.map((message) => message.startsWith('not tried'))).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  it('goes on when an account between them connects', async () => {
    let tried = 0;
    const flaky = async () => {
      tried += 1;
      const failure = { kind: 'time_limit' as const, text: 'no answer within 1 s' };
      return new Map([['connect', { ms: 1, ...(tried % 4 === 0 ? {} : { failure }) }]]);
    };
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
    const { accounts } = await run(
      names.map((name) => entry(name)),
      { probe: flaky, parallelism: 1, timeout: 1 },
    );
    expect(JSON.stringify(accounts)).not.toContain('not tried');
  });

  it('connects as at most as many accounts at once as allowed', async () => {
    let running = 0;
    let most = 0;
    const counting = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return new Map([['connect', { ms: 1 }]]);
    };
    const result = await run(
      ['a', 'b', 'c', 'd', 'e'].map((name) => entry(name)),
      { probe: counting, parallelism: 2 },
    );
    expect(most).toBe(2);
    expect(result.accounts.map(({ account }) => account).join('')).toBe('abcde');
  });

  it('returns a result for every account when interrupted before it started', async () => {
    const result = await run([entry('one'), entry('two')], { signal: AbortSignal.abort() });
    expect(result.accounts.map(({ outcome }) => outcome)).toEqual(['interrupted', 'interrupted']);
    expect(result.passed).toBe(false);
  });

  it('returns an empty result for no accounts', async () => {
    expect(await run([])).toMatchObject({ accounts: [], passed: true });
  });
});

describe('the organization of the accounts', () => {
  function judge(accounts: readonly AccountSmoke[], organization?: string) {
    const { api, connector } = world;
    const known = organization === undefined ? {} : { organization };
    return new SmokeSession({ api, connector, probe: async () => new Map(), parallelism: 1, ...known }).result(
      accounts,
    );
  }

  function named(account: string, id: string): AccountSmoke {
    const organization = { id, name: id.toUpperCase() };
    const checks = [{ name: 'organization', passed: true, ms: 1, found: id }] as const;
    const made = {
      type: 'read_write',
      token: 'a',
      temporary: false,
      checks,
      passed: true,
      shut_down: false,
      organization,
    } as const;
    return { account, outcome: 'passed', connections: [made], verified: ['a'], warnings: [], ms: 1 };
  }

  it('chooses the most frequent one, the first if there is a tie', () => {
    const three = judge([named('x', 'b'), named('y', 'a'), named('z', 'a')]);
    expect(three.organization?.id).toBe('a');
    expect(three.accounts.map(({ outcome }) => outcome)).toEqual(['failed', 'passed', 'passed']);
    expect(three.accounts[0]?.connections[0]?.checks[0]).toMatchObject({
      found: 'B (b)',
      expected: 'A (a)',
      passed: false,
    });
    expect(judge([named('x', 'b'), named('y', 'a')]).organization?.id).toBe('b');
    expect(judge([]).organization).toBeUndefined();
  });

  it('is the one that is known, whatever most accounts say', () => {
    const { accounts } = judge([named('x', 'b'), named('y', 'a'), named('z', 'a')], 'b');
    expect(accounts.map(({ outcome }) => outcome)).toEqual(['passed', 'failed', 'failed']);
    expect(accounts[1]?.connections[0]?.checks[0]).toMatchObject({ found: 'A (a)', expected: 'b', passed: false });
  });
});

it('runs a setup with a temporary token that lives longer than the setup may take', async () => {
  const { api, connector, calls } = world;
  const probe: ProbeRunner = async () => new Map([['setup 1', { ms: 1 }]]);
  const location = { file: 'a.yaml', line: 1, column: 1 };
  const setup = [{ sql: 'SELECT 1', hash: 'h', location }];
  const account = { username: 'one', location, tokens: new Map(), deletionProtection: true, smoke: {}, setup };
  const session = new SmokeSession({ api, connector, probe, parallelism: 1 });
  expect(await session.setUp(account, new Map(), false)).toEqual({ done: 1 });
  expect(Number(calls[0]?.split(' ').at(-1))).toBeGreaterThan(SETUP_SECONDS + CONNECT_SECONDS);
});
