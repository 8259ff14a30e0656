/** What each live token of an account is, by the plan that was made of the same readings and by the state. */
import type { DesiredAccount, DesiredToken } from '../model/desired.ts';
import type { LiveToken } from '../model/live.ts';
import type { Action } from '../model/plan.ts';
import type { StateAccount, TokenRecord } from '../model/state.ts';
import { SMOKE_TOKEN_NAME } from '../model/tokens.ts';
import { isExpired } from '../plan/series.ts';

/**
 * - `current`: what the state takes for in use, or what the next apply adopts for a configured token
 * - `leaving`: replaced or no longer configured; an apply revokes it when its time has come
 * - `orphan`, `never_stored`: an interrupted run, or one whose store failed, left it
 * - `smoke_test`: made for a smoke test
 */
export type TokenRole = 'current' | 'leaving' | 'orphan' | 'never_stored' | 'smoke_test' | 'unmanaged';

export interface AuditedToken {
  readonly live: LiveToken;
  readonly role: TokenRole;
  /** The key in the configuration or the state. */
  readonly key?: string;
  /** What the configuration wants of a `current` one. */
  readonly want?: DesiredToken;
  /** What the state knows of a `current` one. */
  readonly record?: TokenRecord;
}

export interface LostToken {
  readonly key: string;
  readonly record: TokenRecord;
  readonly want?: DesiredToken;
  readonly how: 'expired' | 'revoked';
}

export interface TokenReadings {
  readonly want: DesiredAccount | undefined;
  readonly held: StateAccount | undefined;
  readonly live: readonly LiveToken[];
  readonly actions: readonly Action[];
  readonly now: number;
}

/** The live tokens with what they are. Expired ones are left out: they open nothing any more. */
export function joinTokens(readings: TokenReadings): AuditedToken[] {
  const roleOf = roles(readings);
  return readings.live.filter((token) => !isExpired(token, readings.now)).map((live) => ({ live, ...roleOf(live) }));
}

type Role = Omit<AuditedToken, 'live'>;

function roles({ want, held, actions }: TokenReadings): (token: LiveToken) => Role {
  const series = [...(held?.tokens ?? [])];
  const known = new Map<string, Role>();
  for (const [key, { current, retiring }] of series) {
    for (const { id, why } of retiring) known.set(id, { role: why === 'never_stored' ? why : 'leaving', key });
    const wanted = want?.tokens.get(key);
    if (current) known.set(current.id, { role: 'current', key, record: current, ...(wanted ? { want: wanted } : {}) });
  }
  for (const action of actions) {
    const token = plannedToken(action, held, want);
    if (token) known.set(token.id, token.role);
  }
  const tried = new Map(series.flatMap(([key, { intents }]) => intents.map(({ name }) => [name, key])));
  return ({ id, name }) => {
    const role = known.get(id);
    if (role) return role;
    if (name === SMOKE_TOKEN_NAME) return { role: 'smoke_test' };
    // A plan leaves the orphans of an account that left the configuration alone, and does not speak of them.
    const key = tried.get(name);
    return key === undefined ? { role: 'unmanaged' } : { role: 'orphan', key };
  };
}

/** What a plan says that a token is: it would be adopted, or revoked for what it is. */
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
  if (action.action !== 'revoke_token') return undefined;
  const { cause, token, before } = action;
  const role = cause === 'overlap_ended' || cause === 'removed' ? 'leaving' : cause;
  return { id: before.id, role: { role, ...(token === undefined ? {} : { key: token }) } };
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

/** Tokens that only the configuration has. Where a run came to grief over one, what it left is found instead. */
export function missingTokens({ want, held, actions }: TokenReadings): DesiredToken[] {
  const isLeft = (action: Action) =>
    action.action === 'revoke_token' && (action.cause === 'orphan' || action.cause === 'never_stored');
  const left = new Set(actions.filter(isLeft).map((action) => 'token' in action && action.token));
  return actions.flatMap((action) => {
    if (action.action !== 'create_token' || left.has(action.token)) return [];
    const token = held?.tokens.get(action.token)?.current === undefined ? want?.tokens.get(action.token) : undefined;
    return token ? [token] : [];
  });
}
