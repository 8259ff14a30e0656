import type { TokenType } from '../model/tokens.ts';
import type { WireDucklings } from '../model/wire.ts';

/**
 * What happened in a sandbox organization, a line of the log each. `at` is the sandbox's time in milliseconds since
 * 1970, `account` a username. Nothing here can hold a secret: of a token there is only its SHA-256.
 */
export type SandboxEvent = { readonly at: number } & (
  | {
      readonly event: 'account_created';
      readonly account: string;
      readonly id: string;
      /** Left out: a new account's Ducklings are what MotherDuck gives. */
      readonly ducklings?: WireDucklings;
      /** Left out: a service account. */
      readonly human?: Human;
    }
  | { readonly event: 'account_deleted'; readonly account: string }
  | { readonly event: 'account_deprovisioned'; readonly account: string }
  | { readonly event: 'roles_set'; readonly account: string; readonly roles: readonly string[] }
  | { readonly event: 'ducklings_set'; readonly account: string; readonly ducklings: WireDucklings }
  | {
      readonly event: 'token_created';
      readonly account: string;
      readonly id: string;
      readonly name: string;
      readonly type: TokenType;
      /** SHA-256 of the secret, base64url. */
      readonly hash: string;
      /** Milliseconds since 1970; left out: until revoked. */
      readonly expires?: number;
      readonly description?: string;
    }
  | { readonly event: 'token_deleted'; readonly account: string; readonly id: string }
  | { readonly event: 'clock_advanced'; readonly seconds: number }
  | {
      readonly event: 'connected';
      readonly account: string;
      readonly type: TokenType;
      /** What the client calls itself; left out: DuckDB alone. */
      readonly agent?: string;
    }
  | { readonly event: 'slept'; readonly account: string; readonly type: TokenType }
);

export interface Human {
  readonly email: string;
  readonly roles: readonly string[];
}

type Fields = Readonly<Record<string, 'string' | 'number' | 'object'>>;

/** What every event of a kind has, beside `at`; enough to tell a damaged line from a good one. */
const FIELDS: Readonly<Record<string, Fields>> = {
  account_created: { account: 'string', id: 'string' },
  account_deleted: { account: 'string' },
  account_deprovisioned: { account: 'string' },
  roles_set: { account: 'string', roles: 'object' },
  ducklings_set: { account: 'string', ducklings: 'object' },
  token_created: { account: 'string', id: 'string', name: 'string', type: 'string', hash: 'string' },
  token_deleted: { account: 'string', id: 'string' },
  clock_advanced: { seconds: 'number' },
  connected: { account: 'string', type: 'string' },
  slept: { account: 'string', type: 'string' },
} satisfies Record<SandboxEvent['event'], Fields>;

/** Reads one line of the log; undefined when it is damaged. */
export function readEvent(line: string): SandboxEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isEvent(value) ? value : undefined;
}

function isEvent(value: unknown): value is SandboxEvent {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  if (typeof record.at !== 'number' || typeof record.event !== 'string') return false;
  if (!Object.hasOwn(FIELDS, record.event)) return false;
  for (const [field, type] of Object.entries(FIELDS[record.event] ?? {})) {
    if (typeof record[field] !== type || record[field] === null) return false;
  }
  return true;
}
