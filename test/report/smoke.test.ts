import { expect, it } from 'vitest';
import type { AccountSmoke, Smoke } from '../../src/model/smoke.ts';
import { smokeText } from '../../src/report/smoke/text.ts';
import { expectGolden } from '../golden/golden.ts';

function failing(account: string, token: string | undefined, message: string, temporary = false): AccountSmoke {
  const hint = { text: 'To apply without the smoke test.', command: ['apply', '--no-smoke'] };
  const checks = [{ name: 'connects' as const, passed: false, ms: 1, message, hint }];
  const named = { ...(token === undefined ? {} : { token }), temporary };
  const connection = { type: 'read_write' as const, ...named, checks, passed: false, shut_down: false };
  return { account, outcome: 'failed', connections: [connection], verified: [], warnings: [], ms: 1 };
}

it('explains once what every account meets', () => {
  const accounts = [
    failing('etl_prod', 'airflow', 'DuckDB cannot be loaded'),
    failing('tenant_acme', undefined, 'DuckDB cannot be loaded', true),
    failing('tenant_globex', undefined, 'DuckDB cannot be loaded'), // not tried, so no token was made
    failing('tenant_other', 'app', 'no such database'),
  ];
  const smoke: Smoke = { at: '2026-11-29T13:00:00.000Z', accounts, warnings: [], passed: false };
  const text = smokeText(smoke);
  expect(text.match(/cannot be loaded/g)).toHaveLength(1);
  expect(text).not.toContain('mdacc smoke');
  expectGolden('reports', 'a smoke test > what every account meets', text);
});

it('shows accounts that were not tested as one line', () => {
  const names = Array.from({ length: 196 }, (_, at) => `tenant_${String(at + 1).padStart(3, '0')}`);
  const accounts = names.map((account) => ({
    ...failing(account, 'app', ''),
    outcome: 'interrupted' as const,
    connections: [],
  }));
  const text = smokeText({ at: '2026-11-29T13:00:00.000Z', accounts, warnings: [], passed: false });
  expect(text.trim().split('\n')).toHaveLength(2);
  expect(text).toContain('tenant_001 ... tenant_196 (196 accounts)');
  expect(text).not.toContain(' ms)');
});
