import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { parseAddress } from '../../src/motherduck/address.ts';
import { createApi } from '../../src/motherduck/api.ts';
import { type ProbeRunner, runProbe } from '../../src/motherduck/probe-process.ts';
import { createRestClient } from '../../src/motherduck/rest-client.ts';
import { embeddedSandbox } from '../../src/sandbox/sandbox-transport.ts';
import type { SmokeSubject } from '../../src/smoke/account.ts';
import { smokeAccounts } from '../../src/smoke/session.ts';
import { PROBE, PROBE_TIMEOUT_MS } from './fake-motherduck.ts';

vi.setConfig({ testTimeout: PROBE_TIMEOUT_MS });

const folder = mkdtempSync(join(tmpdir(), 'mdacc-smoke-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('tests the accounts of a sandbox like those of MotherDuck', async () => {
  const { organization, transport, token, connector } = await embeddedSandbox(folder);
  const http = createRestClient({
    address: parseAddress('http://localhost'),
    token,
    transport,
    parallelism: 4,
    userAgent: 'test',
  });
  const api = createApi(http);
  try {
    for (const name of ['etl_prod', 'tenant_acme', 'broken']) await api.createUser(name);
    const app = await api.createToken('tenant_acme', { name: 'app', token_type: 'read_scaling' });

    const ducklings = { read_write: { size: 'standard' }, read_scaling: { size: 'standard' } } as const;
    const etl: SmokeSubject = { username: 'ETL_PROD', ducklings, tokens: new Map(), smoke: { query: 'SELECT 41 + 1' } };
    const tenant: SmokeSubject = {
      username: 'tenant_acme',
      tokens: new Map([['app', { type: 'read_scaling' }]]),
      smoke: {},
    };
    const broken: SmokeSubject = {
      username: 'broken',
      tokens: new Map(),
      smoke: { database: 'sales', query: 'SELECT 1' },
    };
    const probe: ProbeRunner = (target, request, rest) =>
      runProbe(target, request, { ...rest, env: process.env, probePath: PROBE });
    const result = await smokeAccounts({
      accounts: [
        { account: etl },
        { account: tenant, secrets: new Map([['app', { secret: app.secret, type: 'read_scaling' as const }]]) },
        { account: broken },
      ],
      api,
      connector,
      probe,
      timeout: PROBE_TIMEOUT_MS / 1000,
      parallelism: 4,
    });

    expect(result.accounts.map(({ account, outcome }) => `${account} ${outcome}`)).toEqual([
      'ETL_PROD passed',
      'tenant_acme passed',
      'broken failed',
    ]);
    expect(result.organization?.name).toBe('sandbox');
    expect(result.accounts[1]?.verified).toEqual(['app']);
    const kinds = result.accounts[1]?.connections.map(({ type, checks }) => [
      type,
      checks.find(({ name }) => name === 'duckling')?.found,
    ]);
    expect(kinds).toEqual([
      ['read_write', 'rw'],
      ['read_scaling', 'rs.0'],
    ]);
    expect(result.accounts[2]?.connections[0]?.checks.at(-1)).toMatchObject({
      name: 'database',
      passed: false,
      hint: { text: expect.stringContaining('broken') },
    });
    // started Ducklings were shut down, and only the account's own token is left
    expect(await api.activeAccounts()).toEqual([]);
    const left = await Promise.all(['etl_prod', 'tenant_acme', 'broken'].map((name) => api.listTokens(name)));
    expect(left.flat().map(({ name }) => name)).toEqual(['app']);
  } finally {
    await api.close();
    organization.close();
  }
});
