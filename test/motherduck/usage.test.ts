import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { type ProbeReport, type ProbeRunner, runProbe } from '../../src/motherduck/probe-process.ts';
import { PRODUCT, readStorage, readUsage } from '../../src/motherduck/usage.ts';
import { sandboxConnector } from '../../src/sandbox/connector.ts';
import { memorySandbox } from '../sandbox/memory.ts';
import { PROBE, PROBE_TIMEOUT_MS } from '../smoke/fake-motherduck.ts';

vi.setConfig({ testTimeout: PROBE_TIMEOUT_MS });

/** Connects on a machine in a time zone; that of the tests' machine unless given. */
const realIn =
  (zone: object = {}): ProbeRunner =>
  (target, request, rest) =>
    runProbe(target, request, { ...rest, env: { ...process.env, ...zone }, probePath: PROBE });
const real = realIn();
const thrown = (reading: Promise<unknown>) =>
  reading.then(
    () => undefined,
    (error: unknown) => error,
  );

function sandbox(options: Parameters<typeof memorySandbox>[0] = {}) {
  const token = new Secret('admin-of-this-test-xxxxxxxx');
  const organization = memorySandbox({ ...options, adminToken: token });
  onTestFinished(() => organization.close());
  return { organization, token, connector: sandboxConnector(organization) };
}

describe('the views of the sandbox', () => {
  const read = ({ connector, token }: Pick<ReturnType<typeof sandbox>, 'connector' | 'token'>, now = 0, probe = real) =>
    readUsage({ connector, probe, token, timeoutMs: PROBE_TIMEOUT_MS }, now);

  it.each(['UTC', 'Asia/Tokyo', 'America/Los_Angeles'])(
    'have the last use of each account by its own programs, and its hours of compute, read in %s',
    async (TZ) => {
      const { organization, token, connector } = sandbox();
      await organization.seed(1, { prefix: 'Tenant_' });
      await organization.seed(1, { prefix: 'quiet_' });
      const secret = await organization.mint({ username: 'Tenant_00001' });
      await organization.connect(secret, 'dbt/1.9');
      const used = organization.now();
      await organization.advance(40 * 86_400);
      for (const _ of [1, 2]) await organization.connect(secret, `${PRODUCT}/0.1.0`);
      await organization.connect(await organization.mint({ username: 'quiet_00001' }), `${PRODUCT}/0.1.0`);

      const { lastQueryAt, compute, storage } = await read({ connector, token }, organization.now(), realIn({ TZ }));
      const usage = lastQueryAt.ok ? lastQueryAt.value : new Map<string, number>();
      expect([...usage.keys()].sort()).toEqual(['sandbox_admin', 'tenant_00001']);
      expect(Math.abs((usage.get('tenant_00001') ?? 0) - used)).toBeLessThan(60_000);
      expect(compute).toMatchObject({ ok: true });
      if (!compute.ok) return;
      expect([...(compute.value.hours.get('tenant_00001')?.values() ?? [])]).toEqual([1]);
      expect(Math.abs((compute.value.since ?? 0) - used)).toBeLessThan(3_600_000);
      expect(storage).toEqual({ ok: true, value: new Map() });
    },
  );

  it('have a row for each of many accounts', async () => {
    const { organization, token, connector } = sandbox();
    await organization.seed(3000);
    const all = organization.inspect().accounts.filter(({ isServiceAccount }) => isServiceAccount);
    for (const { username } of all) {
      await organization.connect(await organization.mint({ username }));
    }
    const { lastQueryAt } = await read({ connector, token });
    expect(lastQueryAt.ok && lastQueryAt.value.size).toBe(3000 + 1);
  });

  it('exist on a Business plan only, and for Admins only', async () => {
    const refused = {
      lastQueryAt: {
        ok: false,
        why: {
          code: 'USAGE_UNREADABLE',
          message: expect.stringContaining('query_history'),
          hint: { text: expect.stringContaining('Business') },
        },
      },
      compute: { ok: false, why: expect.stringContaining('compute_usage') },
      storage: { ok: false, why: expect.stringContaining('storage_info') },
    };
    expect(await read(sandbox({ plan: 'lite' }))).toMatchObject(refused);
    const { organization, connector } = sandbox();
    await organization.seed(1);
    const token = await organization.mint({ username: 'tenant_00001' });
    expect(await read({ connector, token })).toMatchObject(refused);
  });

  it.each([
    ['user_name VARCHAR, tier VARCHAR, usage_hour TIMESTAMP', '', { ok: false, why: /user_name, tier, usage_hour/ }],
    [
      'user_name VARCHAR, duckling_size VARCHAR, hour VARCHAR',
      "('a', 'pulse', 'noon')",
      { ok: false, why: /not understood/ },
    ],
    [
      'user_name VARCHAR, duckling_size VARCHAR, hour TIMESTAMP',
      "('a', 'Jumbo', '2026-01-01'), ('a', 'rs.pulse', '2026-01-01')",
      { ok: false, why: /sizes: rs.pulse/ },
    ],
    [
      'user_name VARCHAR, duckling_size VARCHAR, hour TIMESTAMP',
      "('a', 'Jumbo', '2026-01-01'), (NULL, 'pulse', '2026-01-01')",
      { ok: true, why: /^$/ },
    ],
    ['username VARCHAR, instance_type VARCHAR, start_time TIMESTAMPTZ', '', { ok: true, why: /^$/ }],
  ])('are read by the columns that they have: %s', async (columns, rows, expected) => {
    const { token, connector } = sandbox();
    const other: typeof connector = {
      ...connector,
      target: async (...given) => {
        const target = await connector.target(...given);
        const table = 'md_information_schema.compute_usage';
        const insert = rows === '' ? [] : [`INSERT INTO ${table} VALUES ${rows}`];
        return { ...target, setup: [...target.setup, `CREATE OR REPLACE TABLE ${table} (${columns})`, ...insert] };
      },
    };
    const { compute } = await read({ connector: other, token });
    expect(compute.ok).toBe(expected.ok);
    if (!compute.ok) expect(compute.why).toMatch(expected.why);
  });
});

describe('a connection that fails', () => {
  const report = (step: string, kind: 'sql' | 'aborted', text: string): ProbeReport =>
    new Map([[step, { ms: 1, failure: { kind, text } }]]);

  it('is reported without the token', async () => {
    const { connector } = sandbox();
    const token = new Secret('eyJhbGciOi.eyJzdWIiOiJhZG1pbiJ9aaaaaaaaaaaa.c2lnbmF0dXJlLXRleHQ');
    const probe = async () => report('connect', 'sql', `Request failed for ${token.reveal()}: not authenticated`);
    const error = await thrown(readUsage({ connector, probe, token, timeoutMs: 1000 }, 0));
    expect(error).toMatchObject({ code: 'USAGE_UNREADABLE', message: expect.stringContaining('not authenticated') });
    expect(String(error)).not.toContain('eyJzdWIi');
  });

  it.each([
    ['Jwt is expired', /admin token: Jwt is expired/, /live.*omit --usage/],
    ['UNAVAILABLE: missing selected ALPN property', /proxy/, /motherduck\.com.*omit --usage/],
    ['nobody knows', /nobody knows/, /omit --usage/],
  ])('is explained, without what belongs to the smoke test: %s', async (text, message, hint) => {
    const { connector, token } = sandbox();
    const probe = async () => report('connect', 'sql', text);
    expect(await thrown(readUsage({ connector, probe, token, timeoutMs: 1000 }, 0))).toMatchObject({
      code: 'USAGE_UNREADABLE',
      message: expect.stringMatching(message),
      hint: { text: expect.stringMatching(hint) },
    });
    const error = await thrown(readUsage({ connector, probe, token, timeoutMs: 1000 }, 0));
    expect(JSON.stringify(error)).not.toMatch(/smoke/);
  });

  it('is told from a query that fails, whose statement is not repeated', async () => {
    const { connector, token } = sandbox();
    const text = 'Catalog Error: no query_history\n\nLINE 1: SELECT user_name AS username';
    const failing = (step: string) => async () => report(step, 'sql', text);
    const request = { connector, token, timeoutMs: 1000 };
    const ofConnection = await thrown(readUsage({ ...request, probe: failing('connect') }, 0));
    const { lastQueryAt } = await readUsage({ ...request, probe: failing('usage') }, 0);
    if (lastQueryAt.ok) throw new Error('it was read');
    expect(String(ofConnection).split(':')[1]).not.toBe(String(lastQueryAt.why).split(':')[1]);
    for (const error of [ofConnection, lastQueryAt.why]) expect(String(error)).not.toContain('LINE');
    expect(await readStorage({ ...request, probe: failing('connect') })).toEqual({
      ok: false,
      why: 'Catalog Error: no query_history',
    });
  });

  it('is an interruption if it was interrupted', async () => {
    const { connector, token } = sandbox();
    const probe = async () => report('usage', 'aborted', 'interrupted');
    expect(await thrown(readUsage({ connector, probe, token, timeoutMs: 1000 }, 0))).toMatchObject({
      code: 'INTERRUPTED',
    });
  });
});
