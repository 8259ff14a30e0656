import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import type { Connector } from '../../src/motherduck/connector.ts';
import type { ProbeReport, ProbeRunner, ProbeStep } from '../../src/motherduck/probe-process.ts';
import type { Expected } from '../../src/smoke/checks.ts';
import { type ConnectingToken, type ConnectionOptions, connect } from '../../src/smoke/connection.ts';

const TOKEN = { key: 'airflow', secret: new Secret('opaque') };
const EXPECTED: Expected = { account: 'etl_prod', type: 'read_write', ranBefore: false };
const UNAVAILABLE = { ms: 1, failure: { kind: 'sql', text: 'IO Error: UNAVAILABLE: connection reset' } } as const;
const LATE = { ms: 1, failure: { kind: 'time_limit', text: 'no answer' } } as const;
const USER = { ms: 1, answer: { rows: 1, row: { username: 'etl_prod' } } };
const ORGANIZATION = { ms: 1, answer: { rows: 1, row: { org_id: 'o1', org_name: 'acme' } } };

function answering(more: Record<string, ProbeStep> = {}): ProbeReport {
  return new Map(Object.entries({ connect: { ms: 1 }, user: USER, organization: ORGANIZATION, ...more }));
}

/** Connects, and is answered with one report after the other; the last one again and again. */
async function connecting(
  reports: readonly ProbeReport[],
  options: Partial<ConnectionOptions> = {},
  more: Partial<Expected> = {},
  token: ConnectingToken = TOKEN,
) {
  const limits: number[] = [];
  const probe: ProbeRunner = async (_target, _request, { timeoutMs }) => {
    limits.push(timeoutMs);
    return reports[Math.min(limits.length, reports.length) - 1] ?? new Map();
  };
  const seconds: (number | undefined)[] = [];
  const connector: Connector = {
    target: async (_token, _database, limit) => {
      seconds.push(limit);
      return { path: ':memory:', options: {}, setup: [], confine: [], shutdown: 'SELECT 1' };
    },
    sessionTarget: () => Promise.reject(new Error('no state is kept here')),
    noteShutdown: async () => {},
  };
  const made = await connect({ connector, probe, ...options }, token, { ...EXPECTED, ...more }, false, () => {});
  const failed = made.smoke.checks.filter(({ passed }) => !passed);
  return { made, limits, seconds, failed, checks: made.smoke.checks.map(({ name }) => name) };
}

describe('a momentary failure', () => {
  it('is tried again by a new process, within what is left of the time', async () => {
    const { made, limits, seconds } = await connecting([new Map([['connect', UNAVAILABLE]]), answering()]);
    expect(made.smoke.passed).toBe(true);
    expect(limits).toHaveLength(2);
    expect(limits[1]).toBeLessThan((limits[0] ?? 0) - 400);
    expect(seconds[1]).toBe((limits[1] ?? 0) / 1000);
    expect(made.smoke.checks[0]?.ms).toBeGreaterThan(400);
  });

  it('after it connected, too', async () => {
    const { made, limits } = await connecting([answering({ user: UNAVAILABLE }), answering()]);
    expect([made.verified, limits.length]).toEqual([true, 2]);
  });

  it('not once the query of the account was sent, which may have had an effect', async () => {
    const { limits } = await connecting([answering({ query: UNAVAILABLE })], {}, { query: 'INSERT INTO t VALUES (1)' });
    expect(limits).toHaveLength(1);
  });

  it('not for what is left out of the test where it fails', async () => {
    const { made, limits } = await connecting([answering({ duckling: UNAVAILABLE })]);
    expect([made.smoke.passed, limits.length]).toEqual([true, 1]);
  });

  it('until the time is up, and it says how often', async () => {
    const { limits, failed } = await connecting([new Map([['connect', UNAVAILABLE]])], { timeout: 2 });
    expect(limits).toHaveLength(2);
    expect(failed[0]?.message).toMatch(/UNAVAILABLE.*\(tried 2 times within 2 s \(--timeout\)\)$/);
  });

  it('is why the time was up', async () => {
    const { failed } = await connecting([new Map([['connect', UNAVAILABLE]]), new Map([['connect', LATE]])], {
      timeout: 5,
    });
    expect(failed[0]?.message).toMatch(/UNAVAILABLE.*tried 2 times/);
  });

  it('is not waited for when interrupted', async () => {
    const stopping = new AbortController();
    setTimeout(() => stopping.abort(), 50);
    const { limits } = await connecting([new Map([['connect', UNAVAILABLE]])], { signal: stopping.signal });
    expect(limits).toHaveLength(1);
  });

  it('any other is not tried again, nor is it taken for a missing database', async () => {
    const refused = {
      ms: 1,
      failure: { kind: 'sql', text: 'Your request is not authenticated. (Jwt is expired)' },
    } as const;
    expect((await connecting([new Map([['connect', refused]])], {}, { database: 'sales' })).limits).toHaveLength(1);
    const late = await connecting([new Map([['connect', UNAVAILABLE]])], { timeout: 1 }, { database: 'sales' });
    expect(late.limits).toHaveLength(1);
  });
});

describe('the time limit', () => {
  it.each([
    [undefined, undefined, 60],
    [undefined, 'pulse', 60],
    [undefined, 'jumbo', 60],
    [undefined, 'mega', 240],
    [undefined, 'giga', 240],
    [5, 'giga', 5],
  ] as const)('given %s, size %s: %s s', async (timeout, size, seconds) => {
    const answer = answering({ size: { ms: 1, answer: { rows: 1, row: { type: size ?? '' } } } });
    const options = timeout === undefined ? {} : { timeout };
    const { limits } = await connecting([answer], options, size ? { size } : {});
    expect(Math.round((limits[0] ?? 0) / 1000)).toBe(seconds);
  });
});

describe('a database that cannot be opened', () => {
  const missing: ProbeReport = new Map([
    ['connect', { ms: 30, failure: { kind: 'sql', text: 'Catalog Error: database "sales" does not exist' } }],
  ]);

  /** Connects with probes of 30 ms. */
  async function connectingTo(database: string, reports: readonly ProbeReport[], timeout: number) {
    const limits: number[] = [];
    const probe: ProbeRunner = async (_target, _request, { timeoutMs }) => {
      limits.push(timeoutMs);
      await sleep(30);
      return reports[limits.length - 1] ?? new Map();
    };
    return { ...(await connecting([], { probe, timeout }, { database })), limits };
  }

  it('leaves what is left of the time to the connection without it', async () => {
    const { made, limits, failed } = await connectingTo('sales', [missing, answering()], 60);
    expect(limits).toHaveLength(2);
    expect(limits[1]).toBeLessThan((limits[0] ?? 0) - 25);
    expect([made.verified, failed.map(({ name }) => name)]).toEqual([true, ['database']]);
  });

  it('is the failure where that has no time left', async () => {
    const { failed } = await connectingTo('sales', [missing, new Map([['connect', LATE]])], 60);
    expect(failed).toMatchObject([{ name: 'connects', message: expect.stringContaining('"sales"') }]);
    expect((await connectingTo('sales', [missing, answering()], 1)).limits).toHaveLength(1);
  });
});

describe('the kind of the Duckling', () => {
  const duckling = (row: Record<string, string | null>) => answering({ duckling: { ms: 1, answer: { rows: 1, row } } });

  it.each([
    ['read_write', { id: 'a.b.rw' }],
    ['read_scaling', { id: 'a.b.rs.12' }],
    ['read_scaling', { other: 'x', id: 'rs.0' }],
  ] as const)('is that of a %s token: %j', async (type, row) => {
    const { made, checks } = await connecting([duckling(row)], {}, { type });
    expect([made.smoke.passed, checks.includes('duckling')]).toEqual([true, true]);
  });

  it('is not: the token is to be replaced', async () => {
    const { made, failed } = await connecting([duckling({ id: 'a.rw' })], {}, { type: 'read_scaling' });
    expect(made.verified).toBe(false); // so what it replaces stays live
    expect(failed).toMatchObject([
      {
        name: 'duckling',
        found: 'rw',
        expected: 'rs.<n>',
        message: 'a read scaling token reached the read/write Duckling (rw)',
        hint: { command: ['rotate', 'etl_prod/airflow'] },
      },
    ]);
  });

  it('is not, of a temporary token: nothing is to be replaced', async () => {
    const temporary = { secret: TOKEN.secret };
    const { failed } = await connecting([duckling({ id: 'a.rs.0' })], {}, {}, temporary);
    expect(failed).toMatchObject([{ name: 'duckling', hint: { command: ['smoke', '--only', 'etl_prod'] } }]);
  });

  it.each([
    answering({
      duckling: { ms: 1, failure: { kind: 'sql', text: 'Table Function with name __md_duckling_id does not exist!' } },
    }),
    duckling({ id: 'something else' }),
    duckling({ id: null }),
  ])('is left out where MotherDuck does not say it', async (report) => {
    const { made, checks } = await connecting([report]);
    expect([made.smoke.passed, checks]).toEqual([true, ['connects', 'user', 'organization']]);
  });
});
