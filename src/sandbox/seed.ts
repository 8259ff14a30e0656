import { randomBytes, randomUUID } from 'node:crypto';
import { TOKEN_TYPES } from '../model/tokens.ts';
import type { WireDucklings } from '../model/wire.ts';
import type { SandboxEvent } from './events.ts';
import type { Decision } from './log.ts';
import type { OrganizationState } from './organization-state.ts';

export interface SeedOptions {
  /** What usernames begin with; `tenant_` gives `tenant_00001`. */
  readonly prefix?: string;
  /** Life of the tokens in seconds; null: until revoked. 90 days unless given. */
  readonly ttl?: number | null;
  /** Names of the read/write and the read scaling token. */
  readonly tokens?: { readonly read_write: string; readonly read_scaling: string };
  readonly ducklings?: WireDucklings;
}

const NINETY_DAYS = 90 * 86_400;

/** The events of a large organization, for one write. Nobody gets the secrets: each hash is of nothing that anyone knows. */
export function seedEvents(
  state: OrganizationState,
  at: number,
  count: number,
  options: SeedOptions,
): Decision<number> {
  const { prefix = 'tenant_', ttl = NINETY_DAYS, tokens = { read_write: 'etl', read_scaling: 'app' } } = options;
  const expires = ttl === null ? {} : { expires: at + ttl * 1000 };
  const ducklings = options.ducklings === undefined ? {} : { ducklings: options.ducklings };
  const events: SandboxEvent[] = [];
  let added = 0;
  for (let number = 1; number <= count; number += 1) {
    const account = `${prefix}${String(number).padStart(5, '0')}`;
    if (state.account(account) !== undefined) continue;
    added += 1;
    events.push({ at, event: 'account_created', account, id: randomUUID(), ...ducklings });
    for (const type of TOKEN_TYPES) {
      const hash = randomBytes(32).toString('base64url');
      events.push({
        at,
        event: 'token_created',
        account,
        id: randomUUID(),
        name: tokens[type],
        type,
        hash,
        ...expires,
      });
    }
  }
  return { events, result: added };
}
