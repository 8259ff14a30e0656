/** One account as rules see it: whether it is configured, its live Ducklings, and the role of each of its tokens. */
import type { Action } from '../model/action.ts';
import { defined } from '../model/defined.ts';
import type { DesiredAccount, DesiredToken } from '../model/desired.ts';
import type { Ducklings } from '../model/ducklings.ts';
import { type LiveAccount, listedTokens, type Presence, type UnreadableToken } from '../model/live.ts';
import type { Plan } from '../model/plan.ts';
import type { StateAccount } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { WireActiveAccounts } from '../model/wire.ts';
import { mergeDucklings } from '../plan/ducklings.ts';
import {
  type AuditedToken,
  type GoneToken,
  goneTokens,
  type HeldToken,
  isToBeReplaced,
  joinTokens,
  missingTokens,
  type NewerTokens,
  type WhyNotImported,
  whyNotImported,
} from './tokens.ts';

/** An account with all that was read of it. */
export interface AuditedAccount {
  /** As the configuration or the state spells it. */
  readonly username: string;
  /** Its `accountKey`. */
  readonly key: string;
  /** `retained`: in the state and no longer in the configuration. */
  readonly standing: 'configured' | 'retained' | 'unmanaged';
  readonly desired?: DesiredAccount;
  readonly state?: StateAccount;
  /** Absent where there is an `obstacle`. */
  readonly live?: LiveAccount;
  /** Why there is no service account to look at. */
  readonly obstacle?: Obstacle;
  /** Why `mdacc import` does not adopt an unmanaged account. */
  readonly whyNotImported?: WhyNotImported;
  /** The deletion protection in the state, where the configuration has another. */
  readonly protection?: Protection;
  /** Live tokens, without expired ones and those of smoke tests. */
  readonly tokens: readonly AuditedToken[];
  /** Live tokens of smoke tests, which may run elsewhere: they expire by themselves, so no rule judges them. */
  readonly smokeTokens: readonly AuditedToken[];
  /** Current tokens of the state that are not live any more. */
  readonly gone: readonly GoneToken[];
  /** What a plan says of tokens that only a newer state knows. */
  readonly newer: readonly NewerTokens[];
  /** Configured tokens that are neither in the state nor live. */
  readonly missing: readonly DesiredToken[];
  readonly ducklings?: {
    readonly live: Ducklings;
    /** As the next apply leaves them. */
    readonly desired: Ducklings;
  };
  /** Ducklings that are awake; empty where that could not be read. */
  readonly running: Running;
}

type Protection = Pick<Plan['protection'][number], 'before' | 'after'>;

/** Why there is no service account to look at under a name. */
type Obstacle =
  | { readonly is: 'absent' | 'person' | 'deprovisioned' }
  | { readonly is: 'unreadable'; readonly why: UserError };

type Running = WireActiveAccounts['accounts'][number]['ducklings'];

/** What was read of one account. */
interface AccountReadings {
  readonly username: string;
  readonly desired: DesiredAccount | undefined;
  readonly state: StateAccount | undefined;
  readonly presence: Presence<LiveAccount> | undefined;
  readonly unconfigured: boolean;
  /** MotherDuck's time, in milliseconds since 1970. */
  readonly now: number;
  /** What a plan would do to the account. */
  readonly actions: readonly Action[];
  /** What a plan says of tokens that only a newer state knows. */
  readonly newer: readonly NewerTokens[];
  /** What a plan says of replaced tokens that stay, since a store has their secrets. */
  readonly held: readonly HeldToken[];
  /** How a plan would change the deletion protection. */
  readonly protection: Protection | undefined;
  readonly running: Running;
}

/** Joins what was read of one account. */
export function joinAccount(readings: AccountReadings): AuditedAccount {
  const { username, desired, now, running, newer, held } = readings;
  const presence = readings.presence ?? notRead(username);
  const whyNot = readings.unconfigured
    ? 'unconfigured'
    : desired
      ? undefined
      : whyNotImported(username, readings.state);
  const state = isSame(readings.state, presence) || desired !== undefined ? readings.state : undefined;
  const about = {
    username,
    key: accountKey(username),
    standing: desired ? ('configured' as const) : state ? ('retained' as const) : ('unmanaged' as const),
    ...defined({ desired, state, whyNotImported: whyNot, protection: readings.protection }),
  };
  const live = liveOrObstacle(presence);
  if ('is' in live) {
    return { ...about, obstacle: live, tokens: [], smokeTokens: [], gone: [], missing: [], newer: [], running: [] };
  }
  const parts = {
    username,
    desired,
    state,
    whyNotImported: whyNot,
    live: live.tokens,
    listed: listedTokens(live).ids,
    actions: readings.actions,
    newer,
    held,
    now,
  };
  const tokens = joinTokens(parts);
  return {
    ...about,
    live,
    tokens: tokens.filter(({ role }) => role !== 'smoke_test'),
    smokeTokens: tokens.filter(({ role }) => role === 'smoke_test'),
    gone: goneTokens(parts),
    missing: missingTokens(parts),
    newer,
    ...joinDucklings(desired, live),
    running,
  };
}

function liveOrObstacle(presence: Presence<LiveAccount>): LiveAccount | Obstacle {
  if (presence.presence === 'unknown') return { is: 'unreadable', why: presence.error };
  if (presence.presence === 'absent') return { is: 'absent' };
  const { user } = presence.value;
  if (user?.isServiceAccount === false) return { is: 'person' };
  return user?.isDeprovisioned ? { is: 'deprovisioned' } : presence.value;
}

/** A live account with the name of one in the state may be another account; a plan then forgets the old one. */
function isSame(state: StateAccount | undefined, presence: Presence<LiveAccount>): boolean {
  const user = presence.presence === 'present' ? presence.value.user : undefined;
  return user === undefined || !user.isServiceAccount || state?.id === undefined || state.id === user.id;
}

function joinDucklings(account: DesiredAccount | undefined, { ducklings: live }: LiveAccount) {
  if (live === undefined) return {};
  return { ducklings: { live, desired: account?.ducklings ? mergeDucklings(account.ducklings, live) : live } };
}

/** Managed tokens that are live, and that this version cannot read. */
export function unreadTokens({ state, live }: AuditedAccount): readonly UnreadableToken[] {
  const records = [...(state?.tokens.values() ?? [])].flatMap(({ current, retiring }) => [current, ...retiring]);
  const ids = new Set(records.map((record) => record?.id));
  return live?.unreadableTokens?.filter(({ id }) => ids.has(id)) ?? [];
}

/** The earliest time at which the account is known to exist, in milliseconds since 1970. */
export function firstSeen({ state, tokens }: AuditedAccount): number | undefined {
  const times = tokens.map(({ live }) => live.createdAt);
  if (state) times.push(Date.parse(state.since));
  return times.length === 0 ? undefined : Math.min(...times);
}

function notRead(username: string): Presence<LiveAccount> {
  const error = new UserError('ACCOUNT_UNREADABLE', `${username} was not read`, {
    text: 'Run it again.',
    command: ['audit'],
  });
  return { presence: 'unknown', error };
}

/**
 * The tokens that stay as they are until somebody acts, whose lifetime is therefore judged. Excluded are tokens that an apply
 * revokes, or replaces because they differ from the configuration, and MotherDuck's own.
 */
export function* keptTokens(accounts: readonly AuditedAccount[]): Iterable<[AuditedAccount, AuditedToken]> {
  for (const account of accounts) {
    for (const token of account.tokens) {
      if ((token.role === 'current' || token.role === 'unmanaged') && !isToBeReplaced(token)) yield [account, token];
    }
  }
}

/** The current tokens of the state that are not live any more, for one of the two causes. */
export function* tokensGoneBy(
  cause: GoneToken['cause'],
  accounts: readonly AuditedAccount[],
): Iterable<[AuditedAccount, GoneToken]> {
  for (const account of accounts) {
    for (const token of account.gone) if (token.cause === cause) yield [account, token];
  }
}
