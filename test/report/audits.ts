/** Audits as the formats get them. */
import type { Audit, Finding, Inventory, InventoryAccount } from '../../src/model/audit.ts';

const FILE = 'motherduck.accounts.yaml';

export const NAUGHTY = '"><script>alert(1)</script>';

const INVENTORY: Inventory = {
  currency: 'USD',
  accounts: [
    {
      account: 'etl_prod',
      standing: 'configured',
      ducklings: {
        read_write: { size: 'standard', cooldown: 60 },
        read_scaling: { size: 'pulse', pool_size: 4 },
      },
      ceiling: 2.4,
      last_verified: '2026-11-20T08:00:00.000Z',
      last_query: '2026-11-24T20:00:00.000Z',
      tokens: [
        {
          name: 'airflow.g1',
          key: 'airflow',
          type: 'read_write',
          role: 'current',
          expires_at: '2027-02-22T08:00:00.000Z',
          next: { change: 'rotates', at: '2027-02-08T08:00:00.000Z' },
        },
        {
          name: 'airflow.g0',
          key: 'airflow',
          type: 'read_write',
          role: 'obsolete',
          expires_at: null,
          next: { change: 'is revoked', at: '2026-11-24T10:00:00.000Z' },
        },
      ],
    },
    {
      account: 'marketing_bot',
      standing: 'unmanaged',
      ducklings: null,
      ceiling: null,
      last_verified: null,
      last_query: null,
      tokens: [
        {
          name: NAUGHTY,
          type: 'read_write',
          role: 'unmanaged',
          expires_at: '2026-12-24T08:00:00.000Z',
          next: { change: 'expires', at: '2026-12-24T08:00:00.000Z' },
        },
        { name: 'forever', type: 'read_write', role: 'unmanaged', expires_at: null, next: null },
      ],
    },
  ],
};

/** Some findings of each severity, and a rule that found nothing. */
export const FOUND: Audit = {
  organization: 'acme',
  sandbox: true,
  at: '2026-11-24T22:53:00.000Z',
  file: FILE,
  checked: { accounts: 4, tokens: 5 },
  ignored: ['legacy_etl'],
  rules: [
    {
      id: 'MDA001',
      name: 'unmanaged-account',
      severity: 'warning',
      title: 'A service account is not in the configuration.',
      help: 'Nobody reviews its compute, and nothing rotates its tokens.',
    },
    {
      id: 'MDA002',
      name: 'unmanaged-token',
      severity: 'warning',
      title: 'A managed account has a token that is not in the configuration.',
      help: 'Nothing rotates it.',
    },
    {
      id: 'MDA006',
      name: 'token-expired',
      severity: 'error',
      title: 'A token expired and nothing replaced it.',
      help: 'Programs that use it cannot connect.',
    },
    {
      id: 'MDA015',
      name: 'account-deprovisioned',
      severity: 'error',
      title: 'A managed account is deprovisioned.',
      help: 'Its tokens open nothing any more.',
    },
    {
      id: 'MDA017',
      name: 'never-smoke-tested',
      severity: 'note',
      title: 'An account was never smoke-tested.',
      help: 'Whether its tokens work is not known.',
    },
    {
      id: 'MDA024',
      name: 'unreadable',
      severity: 'error',
      title: 'Something could not be read.',
      help: 'What is there is not known.',
    },
  ],
  accepted: [],
  inventory: INVENTORY,
  findings: [
    {
      rule: 'MDA024',
      severity: 'error',
      message: 'the users cannot be listed',
      fix: { text: 'Use a token of an Admin.' },
    },
    {
      rule: 'MDA006',
      severity: 'error',
      account: 'etl_prod',
      token: 'airflow',
      message: 'expired 2026-11-20',
      fix: { text: 'Apply the configuration.', command: ['apply', '--only', 'etl_prod'] },
      location: { file: FILE, line: 31, column: 7 },
    },
    {
      rule: 'MDA001',
      severity: 'warning',
      account: 'marketing_bot',
      message: 'not in the configuration: 2 tokens',
      fix: { text: 'Delete at MotherDuck, or adopt.', command: ['import', 'marketing_bot'] },
    },
    ...[1, 2].map(
      (number): Finding => ({
        rule: 'MDA002',
        severity: 'warning',
        account: 'etl_prod',
        token: NAUGHTY,
        message: `not in the configuration, number ${number}`,
        fix: { text: 'Revoke it at MotherDuck.' },
        location: { file: 'teams/data platform.yaml', line: 28, column: 3 },
      }),
    ),
    {
      rule: 'MDA017',
      severity: 'note',
      account: 'etl_prod',
      message: 'never smoke-tested',
      fix: { text: 'Run the smoke test.', command: ['smoke', '--only', 'etl_prod'] },
      location: { file: FILE, line: 28, column: 3 },
    },
  ],
};

export const CLEAN: Audit = { ...FOUND, ignored: [], findings: [] };

/** An audit of so many accounts, each with one finding. */
export function large(accounts: number): Audit {
  const findings = Array.from(
    { length: accounts },
    (_, index): Finding => ({
      rule: 'MDA001',
      severity: index < accounts / 2 ? 'error' : 'note',
      account: `tenant_${index}`,
      message: 'not in the configuration: 2 tokens',
      fix: { text: 'Delete at MotherDuck, or adopt.', command: ['import', `tenant_${index}`] },
    }),
  );
  const inventory = Array.from(
    { length: accounts },
    (_, index): InventoryAccount => ({ ...(INVENTORY.accounts[0] as InventoryAccount), account: `tenant_${index}` }),
  );
  return {
    ...FOUND,
    checked: { accounts, tokens: 2 * accounts },
    findings,
    inventory: { ...INVENTORY, accounts: inventory },
  };
}

/** The same audit with a text put at the end of every text in it that somebody could choose. */
export function renamed(audit: Audit, suffix: string): Audit {
  const texts = ['organization', 'account', 'token', 'message', 'text', 'file', 'currency'];
  return JSON.parse(JSON.stringify({ ...audit, ignored: [suffix] }), (key, value: unknown) =>
    typeof value === 'string' && texts.includes(key) ? value + suffix : value,
  ) as Audit;
}
