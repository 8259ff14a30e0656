/** What each live token of an account is, by the plan that was made of the same readings and by the state. */
import type { DesiredAccount, DesiredToken } from '../model/desired.ts';
import type { LiveToken } from '../model/live.ts';
import type { Action, RevokeToken, RotateToken } from '../model/plan.ts';
import type { StateAccount, TokenRecord } from '../model/state.ts';
import { isSmokeToken, RESERVED_TOKEN_NAMES } from '../model/tokens.ts';
import { isExpired } from '../plan/series.ts';
import { adoptableTokens, type WhyNotImported } from './adoptable.ts';

/**
 * - `current`: what the state takes for in use, or what the next apply adopts for a configured token
 * - `leaving`: replaced or no longer configured; an apply revokes it when its time has come
 * - `orphan`, `never_stored`: an interrupted run, or one whose store failed, left it
 * - `smoke_test`: made for a smoke test
 * - `reserved`: MotherDuck made it for itself, under a name that nobody else can give
 */
export type TokenRole = 'current' | 'leaving' | 'orphan' | 'never_stored' | 'smoke_test' | 'reserved' | 'unmanaged';

export interface AuditedToken {
  readonly live: LiveToken;
  readonly role: TokenRole;
  /** The key in the configuration or the state. */
  readonly key?: string;
  /** What the configuration wants of a `current` one. */
  readonly want?: DesiredToken;
  /** What the state knows of a `current` one. */
  readonly record?: TokenRecord;
  /** When the overlap of a replaced one ends, in milliseconds since 1970; absent while its replacement is not proved. */
  readonly retireAt?: number;
  /** What a plan would do with it. */
  readonly planned?: RotateToken | RevokeToken;
  /** Whether `mdacc import` takes it. */
  readonly isAdoptable: boolean;
}

export interface LostToken {
  readonly key: string;
  readonly record: TokenRecord;
  readonly want?: DesiredToken;
  readonly how: 'expired' | 'revoked';
}

export interface TokenReadings {
  readonly username: string;
  readonly want: DesiredAccount | undefined;
  readonly held: StateAccount | undefined;
  readonly whyNotImported: WhyNotImported | undefined;
  readonly live: readonly LiveToken[];
  readonly actions: readonly Action[];
  readonly now: number;
}

/** The live tokens with what they are. Expired ones are left out: they open nothing any more. */
export function joinTokens(readings: TokenReadings): AuditedToken[] {
  const { username, want, held, whyNotImported: why, now } = readings;
  const roleOf = roles(readings);
  const tokens = readings.live.filter((token) => !isExpired(token, now)).map((live) => ({ live, ...roleOf(live) }));
  const unmanaged = tokens.filter(({ role }) => role === 'unmanaged').map(({ live }) => live);
  const adoptable = adoptableTokens({ username, want, held, why, unmanaged, now });
  return tokens.map((token) => ({ ...token, isAdoptable: adoptable.has(token.live.id) }));
}

type Role = Omit<AuditedToken, 'live' | 'isAdoptable'>;

function roles({ want, held, actions }: TokenReadings): (token: LiveToken) => Role {
  const series = [...(held?.tokens ?? [])];
  const known = new Map<string, Role>();
  for (const [key, { current, retiring }] of series) {
    for (const { id, why, retireAt } of retiring) {
      const role = why === 'never_stored' ? why : 'leaving';
      known.set(id, { role, key, ...(retireAt === undefined ? {} : { retireAt: Date.parse(retireAt) }) });
    }
    const wanted = want?.tokens.get(key);
    if (current) known.set(current.id, { role: 'current', key, record: current, ...(wanted ? { want: wanted } : {}) });
  }
  for (const action of actions) {
    const token = plannedToken(action, held, want);
    if (token) known.set(token.id, { ...known.get(token.id), ...token.role });
  }
  const tried = new Map(series.flatMap(([key, { intents }]) => intents.map(({ name }) => [name, key])));
  return (token) => {
    const role = known.get(token.id);
    if (role) return role;
    if (RESERVED_TOKEN_NAMES.includes(token.name)) return { role: 'reserved' };
    // A plan leaves what runs left on an account that is not in the configuration alone, and does not speak of it.
    if (isSmokeToken(token)) return { role: 'smoke_test' };
    const key = tried.get(token.name);
    return key === undefined ? { role: 'unmanaged' } : { role: 'orphan', key };
  };
}

/** What a plan says that a token is: it would be adopted, replaced, or revoked for what it is. */
function plannedToken(
  action: Action,
  held: StateAccount | undefined,
  want: DesiredAccount | undefined,
): { id: string; role: Role } | undefined {
  if (action.action === 'adopt_token') {
    const wanted = want?.tokens.get(action.token);
    const record = action.from === undefined ? undefined : held?.tokens.get(action.from)?.current;
    const known = { ...(wanted ? { want: wanted } : {}), ...(record ? { record } : {}) };
    return { id: action.after.id, role: { role: 'current', key: action.token, ...known } };
  }
  if (action.action === 'rotate_token') {
    return { id: action.before.id, role: { role: 'current', key: action.token, planned: action } };
  }
  if (action.action !== 'revoke_token') return undefined;
  const { cause, token, before } = action;
  const role = cause === 'overlap_ended' || cause === 'removed' ? 'leaving' : cause;
  return { id: before.id, role: { role, planned: action, ...(token === undefined ? {} : { key: token }) } };
}

/** Tokens that the state takes for in use and that do not live any more. One that nobody wants any more is no loss. */
export function lostTokens({ want, held, live, now }: TokenReadings): LostToken[] {
  return [...(held?.tokens ?? [])].flatMap(([key, { current }]): LostToken[] => {
    const wanted = want?.tokens.get(key);
    if (current === undefined || (want !== undefined && wanted === undefined)) return [];
    const found = live.find((token) => token.id === current.id);
    if (found !== undefined && !isExpired(found, now)) return [];
    const isOver = found !== undefined || (current.expiresAt !== null && Date.parse(current.expiresAt) <= now);
    return [{ key, record: current, ...(wanted ? { want: wanted } : {}), how: isOver ? 'expired' : 'revoked' }];
  });
}

/** Tokens that only the configuration has. Where a run came to grief over one, what it left is found instead, while it lives. */
export function missingTokens({ want, held, live, actions, now }: TokenReadings): DesiredToken[] {
  const living = new Set(live.filter((token) => !isExpired(token, now)).map(({ id }) => id));
  const isLeft = (action: Action): action is RevokeToken =>
    action.action === 'revoke_token' && (action.cause === 'orphan' || action.cause === 'never_stored');
  const left = new Set(actions.filter(isLeft).flatMap(({ token, before }) => (living.has(before.id) ? [token] : [])));
  return actions.flatMap((action) => {
    if (action.action !== 'create_token' || left.has(action.token)) return [];
    const token = held?.tokens.get(action.token)?.current === undefined ? want?.tokens.get(action.token) : undefined;
    return token ? [token] : [];
  });
}
