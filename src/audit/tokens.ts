/** The role of each live token of an account, by the plan that was made from the same readings and by the state. */
import { type Action, type CreateToken, type RevokeToken, type RotateToken, storingActions } from '../model/action.ts';
import type { InventoryToken } from '../model/audit.ts';
import { defined } from '../model/defined.ts';
import type { DesiredAccount, DesiredToken } from '../model/desired.ts';
import { isExpired, type LiveToken } from '../model/live.ts';
import type { PlanWarning } from '../model/notice.ts';
import type { TokenChange } from '../model/planned-token.ts';
import type { StateAccount, TokenRecord } from '../model/state.ts';
import { chooseTokens, managedSeries } from '../model/token-choice.ts';
import { mayBeInSmokeTest, RESERVED_TOKEN_NAMES, seriesOf } from '../model/tokens.ts';
import { isUsername } from '../model/username.ts';
import { canHaveCreated } from '../plan/intents.ts';
import { awaitsRequest } from '../plan/revoke-request.ts';

/**
 * - `current`: current in the state, or adopted for a configured token by the next apply
 * - `obsolete`: replaced or no longer configured; an apply revokes it when its time has come
 * - `orphan`: from an interrupted run, or one whose secret store failed
 * - `smoke_test`: created for a smoke test, which may still run; it expires by itself
 * - `reserved`: created by MotherDuck for itself, under a name that nobody else can use
 * - `newer`: of a managed series, and only a newer state knows it
 */
type TokenRole = InventoryToken['role'];

/** A live token with its role. */
export interface AuditedToken {
  readonly live: LiveToken;
  readonly role: TokenRole;
  /** The key in the configuration or the state. */
  readonly key?: string;
  /** The configuration of a `current` token. */
  readonly desired?: DesiredToken;
  /** The state's record of a `current` token. */
  readonly record?: TokenRecord;
  /** When the overlap of a replaced token ends, in milliseconds since 1970; absent while its replacement is unverified. */
  readonly retireAt?: number;
  /** Somebody asked to revoke it at once, at this time, and what replaced it has not connected since. */
  readonly requestedAt?: number;
  /** Why an apply leaves it alone, although its overlap has ended. */
  readonly held?: HeldToken;
  /** What a plan would do with it; of an orphan that may be stored, what replaces it. */
  readonly planned?: CreateToken | RotateToken | RevokeToken;
  /** Whether `mdacc import` adopts it. */
  readonly isAdoptable: boolean;
}

/** A current token of the state that is not live any more. */
export interface GoneToken {
  readonly key: string;
  readonly record: TokenRecord;
  readonly desired?: DesiredToken;
  readonly cause: 'expired' | 'revoked';
}

/** `in_state`: the state has an account of the name. `unusable_name`: the name is not valid in the configuration. `unconfigured`: there is no configuration. */
export type WhyNotImported = 'in_state' | 'unusable_name' | 'unconfigured';

/** Tokens of one key that only a newer state knows. */
export type NewerTokens = PlanWarning & { readonly kind: 'older_state' };

/** A replaced token that stays, since a store has its secret or cannot be read. */
export type HeldToken = PlanWarning & { readonly kind: 'overlap_held' };

/** What the tokens of an account are joined from. */
interface AccountTokenReadings {
  readonly username: string;
  readonly desired: DesiredAccount | undefined;
  readonly state: StateAccount | undefined;
  readonly whyNotImported: WhyNotImported | undefined;
  readonly live: readonly LiveToken[];
  /** Ids of all tokens that MotherDuck lists, also of those that this version cannot read. */
  readonly listed: ReadonlySet<string>;
  readonly actions: readonly Action[];
  /** What a plan says of tokens that only a newer state knows. */
  readonly newer: readonly NewerTokens[];
  /** What a plan says of replaced tokens that stay, since a store has their secrets. */
  readonly held: readonly HeldToken[];
  /** MotherDuck's time, in milliseconds since 1970. */
  readonly now: number;
}

/** The live tokens with their roles, without expired ones, which give access to nothing. */
export function joinTokens(readings: AccountTokenReadings): AuditedToken[] {
  const { now } = readings;
  const roleOf = roles(readings);
  const tokens = readings.live.filter((token) => !isExpired(token, now)).map((live) => ({ live, ...roleOf(live) }));
  const unmanaged = tokens.filter(({ role }) => role === 'unmanaged').map(({ live }) => live);
  const adoptable = adoptableTokens(readings, unmanaged);
  return tokens.map((token) => ({ ...token, isAdoptable: adoptable.has(token.live.id) }));
}

type Role = Omit<AuditedToken, 'live' | 'isAdoptable'>;

function roles({ desired, state, actions, newer, held, now }: AccountTokenReadings): (token: LiveToken) => Role {
  const series = [...(state?.tokens ?? [])];
  const known = new Map<string, Role>();
  for (const [key, token] of series) {
    const { current, retiring, revoke_old: request } = token;
    for (const { id, name, retire_at: retireAt } of retiring) {
      const staying = held.find((each) => each.token === key && each.name === name);
      known.set(id, {
        role: 'obsolete',
        key,
        ...(retireAt === undefined ? {} : { retireAt: Date.parse(retireAt) }),
        ...(request && awaitsRequest(token, name) ? { requestedAt: Date.parse(request.at) } : {}),
        ...defined({ held: staying }),
      });
    }
    const configured = desired?.tokens.get(key);
    if (current) known.set(current.id, { role: 'current', key, record: current, ...defined({ desired: configured }) });
  }
  const inState = new Set(known.keys());
  for (const action of actions) {
    const token = plannedToken(action, state, desired);
    if (token) known.set(token.id, { ...known.get(token.id), ...token.role });
  }
  const unjudged = new Map(newer.flatMap(({ token, names, removed }) => (removed ? [] : [[token, names] as const])));
  for (const key of unjudged.keys()) {
    const current = state?.tokens.get(key)?.current;
    if (current) known.set(current.id, { role: 'obsolete', key });
  }
  const intended = series.flatMap(([key, { intents }]) => intents.map((intent) => ({ key, intent })));
  return (token) => {
    const newerOf = inState.has(token.id) ? undefined : [...unjudged].find(([, names]) => names.includes(token.name));
    if (newerOf !== undefined) return { role: 'newer', key: newerOf[0] };
    const role = known.get(token.id);
    if (role) return role;
    if (RESERVED_TOKEN_NAMES.includes(token.name)) return { role: 'reserved' };
    if (mayBeInSmokeTest(token, now)) return { role: 'smoke_test' };
    const own = intended.find(({ intent }) => canHaveCreated(intent, token, now));
    if (own === undefined) return { role: 'unmanaged' };
    const by = storingActions(actions).find(({ after }) => after.orphans?.some(({ id }) => id === token.id));
    return { role: 'orphan', key: own.key, ...defined({ planned: by }) };
  };
}

/** The role that a plan gives a token: it would be adopted, replaced, or revoked. */
function plannedToken(
  action: Action,
  state: StateAccount | undefined,
  desired: DesiredAccount | undefined,
): { id: string; role: Role } | undefined {
  if (action.action === 'adopt_token') {
    const token = desired?.tokens.get(action.token);
    const record = action.from === undefined ? undefined : state?.tokens.get(action.from)?.current;
    const known = defined({ desired: token, record });
    return { id: action.after.id, role: { role: 'current', key: action.token, ...known } };
  }
  if (action.action === 'rotate_token') {
    return { id: action.before.id, role: { role: 'current', key: action.token, planned: action } };
  }
  if (action.action !== 'revoke_token') return undefined;
  const { reason, token, before } = action;
  const cause = reason.kind;
  const isCurrent = state?.tokens.get(token)?.current?.id === before.id;
  const replaced = cause === 'requested' && isCurrent ? 'current' : 'obsolete';
  return { id: before.id, role: { role: cause === 'orphan' ? cause : replaced, planned: action, key: token } };
}

/** How a token differs from the configuration, where the next apply replaces it for that. */
export function changeOf({ planned }: Pick<AuditedToken, 'planned'>): TokenChange | undefined {
  if (planned?.action !== 'rotate_token' || planned.reason.kind !== 'changed') return undefined;
  return planned.reason.change;
}

/** Whether the next apply replaces a token because it differs from the configuration. */
export function isToBeReplaced({ planned }: AuditedToken): boolean {
  return planned !== undefined && changeOf({ planned }) !== undefined;
}

/** Current tokens of the state that are not live any more. One that is no longer configured is not reported. */
export function goneTokens({ desired, state, live, listed, newer, now }: AccountTokenReadings): GoneToken[] {
  return [...(state?.tokens ?? [])].flatMap(([key, { current }]): GoneToken[] => {
    const token = desired?.tokens.get(key);
    // A newer run replaced and revoked it.
    if (newer.some((each) => each.token === key)) return [];
    if (current === undefined || (desired !== undefined && token === undefined)) return [];
    const match = live.find(({ id }) => id === current.id);
    // A token that cannot be read is not gone; the audit reports it as not known.
    if (match === undefined ? listed.has(current.id) : !isExpired(match, now)) return [];
    const isOver = match !== undefined || (current.expires_at !== null && Date.parse(current.expires_at) <= now);
    return [{ key, record: current, ...defined({ desired: token }), cause: isOver ? 'expired' : 'revoked' }];
  });
}

/** Tokens that only the configuration has. Where an interrupted run left a live one, that is reported instead. */
export function missingTokens({ desired, state, live, actions, now }: AccountTokenReadings): DesiredToken[] {
  const alive = new Set(live.filter((token) => !isExpired(token, now)).map(({ id }) => id));
  const isLeftOver = (action: Action): action is RevokeToken =>
    action.action === 'revoke_token' && action.reason.kind === 'orphan';
  const leftOver = new Set(
    actions.filter(isLeftOver).flatMap(({ token, before }) => (alive.has(before.id) ? [token] : [])),
  );
  for (const action of actions)
    if (action.action === 'create_token' && action.after.orphans) leftOver.add(action.token);
  return actions.flatMap((action) => {
    if (action.action !== 'create_token' || leftOver.has(action.token)) return [];
    const isInState = state?.tokens.get(action.token)?.current !== undefined;
    const token = isInState ? undefined : desired?.tokens.get(action.token);
    return token ? [token] : [];
  });
}

/** Why import does not adopt an account that is not in the configuration; undefined when it does. */
export function whyNotImported(username: string, state: StateAccount | undefined): WhyNotImported | undefined {
  if (state !== undefined) return 'in_state';
  return isUsername(username) ? undefined : 'unusable_name';
}

/**
 * Ids of the unmanaged tokens that `mdacc import` adopts, by import's own choice, so that no fix names a command that is
 * refused: each by its own name in a configured account, and all at once with a new one.
 */
function adoptableTokens(
  { desired, state, whyNotImported: whyNot, now }: AccountTokenReadings,
  unmanaged: readonly LiveToken[],
): ReadonlySet<string> {
  if (whyNot !== undefined || desired?.suspended) return new Set();
  const about = { managed: managedSeries(desired, state), now };
  const choose = (tokens: readonly LiveToken[], isSelected: (token: LiveToken) => boolean) =>
    chooseTokens({ ...about, tokens, isSelected }).chosen.map(({ token }) => token.id);
  if (desired === undefined) return new Set(choose(unmanaged, () => true));
  const bySeries = new Map<string, LiveToken[]>();
  for (const token of unmanaged) {
    const series = seriesOf(token.name);
    bySeries.set(series, [...(bySeries.get(series) ?? []), token]);
  }
  return new Set(
    [...bySeries.values()].flatMap((tokens) =>
      tokens
        .filter(({ id, name }) => choose(tokens, (other) => other.id === id || other.name === name).includes(id))
        .map(({ id }) => id),
    ),
  );
}
