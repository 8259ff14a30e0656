/** One account as rules look at it: how it stands, what is live of it, and what each of its tokens is. */
import type { DesiredAccount, DesiredToken } from '../model/desired.ts';
import type { Ducklings } from '../model/ducklings.ts';
import type { LiveAccount, Presence } from '../model/live.ts';
import type { Action, Plan } from '../model/plan.ts';
import type { StateAccount } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { WireActiveAccounts } from '../model/wire.ts';
import { mergeDucklings } from '../plan/ducklings.ts';
import { type WhyNotImported, whyNotImported } from './adoptable.ts';
import { type AuditedToken, joinTokens, type LostToken, lostTokens, missingTokens } from './tokens.ts';

export interface AuditedAccount {
  /** As the configuration or the state spells it. */
  readonly username: string;
  /** Its `accountKey`. */
  readonly key: string;
  /** `removed`: the state holds it, and it left the configuration. */
  readonly standing: 'configured' | 'removed' | 'unmanaged';
  readonly want?: DesiredAccount;
  readonly held?: StateAccount;
  /** Absent where `obstacle` says why there is nothing to look at. */
  readonly live?: LiveAccount;
  readonly obstacle?: Obstacle;
  /** Why `mdacc import` does not take an unmanaged one. */
  readonly whyNotImported?: WhyNotImported;
  /** The state's deletion protection, where the configuration has another. */
  readonly protection?: Protection;
  /** Live ones, expired ones left out. */
  readonly tokens: readonly AuditedToken[];
  /** What the state takes for in use, and what does not live any more. */
  readonly lost: readonly LostToken[];
  /** Configured, and neither in the state nor live. */
  readonly missing: readonly DesiredToken[];
  readonly ducklings?: {
    readonly live: Ducklings;
    /** As the next apply leaves them. */
    readonly wanted: Ducklings;
  };
  /** Ducklings that are awake; none is known where that could not be read. */
  readonly running: Running;
}

type Protection = Pick<Plan['protection'][number], 'before' | 'after'>;

/** Why there is no service account to look at under a name. */
export type Obstacle =
  | { readonly is: 'absent' | 'person' | 'deprovisioned' }
  | { readonly is: 'unreadable'; readonly why: UserError };

type Running = WireActiveAccounts['accounts'][number]['ducklings'];

export interface AccountReadings {
  readonly username: string;
  readonly want: DesiredAccount | undefined;
  readonly held: StateAccount | undefined;
  readonly presence: Presence<LiveAccount> | undefined;
  readonly now: number;
  /** What a plan would do to the account. */
  readonly actions: readonly Action[];
  /** How a plan would change the deletion protection. */
  readonly protection: Protection | undefined;
  readonly running: Running;
}

/** Joins what was read of one account. */
export function joinAccount(readings: AccountReadings): AuditedAccount {
  const { username, want, now, running } = readings;
  const presence = readings.presence ?? notRead(username);
  const whyNot = want ? undefined : whyNotImported(username, readings.held);
  const held = isSame(readings.held, presence) || want !== undefined ? readings.held : undefined;
  const about = {
    username,
    key: accountKey(username),
    standing: want ? ('configured' as const) : held ? ('removed' as const) : ('unmanaged' as const),
    ...(want ? { want } : {}),
    ...(held ? { held } : {}),
    ...(whyNot ? { whyNotImported: whyNot } : {}),
    ...(readings.protection ? { protection: readings.protection } : {}),
  };
  const found = look(presence);
  if ('is' in found) return { ...about, obstacle: found, tokens: [], lost: [], missing: [], running: [] };
  const parts = { username, want, held, whyNotImported: whyNot, live: found.tokens, actions: readings.actions, now };
  return {
    ...about,
    live: found,
    tokens: joinTokens(parts),
    lost: lostTokens(parts),
    missing: missingTokens(parts),
    ...joinDucklings(want, found),
    running,
  };
}

function look(presence: Presence<LiveAccount>): LiveAccount | Obstacle {
  if (presence.presence === 'unknown') return { is: 'unreadable', why: presence.error };
  if (presence.presence === 'absent') return { is: 'absent' };
  const { user } = presence.value;
  if (user?.isServiceAccount === false) return { is: 'person' };
  return user?.isDeprovisioned ? { is: 'deprovisioned' } : presence.value;
}

/** What has the name of an account that the state holds may be another one by now; a plan forgets the old one then. */
function isSame(held: StateAccount | undefined, presence: Presence<LiveAccount>): boolean {
  const user = presence.presence === 'present' ? presence.value.user : undefined;
  return user === undefined || !user.isServiceAccount || held?.id === undefined || held.id === user.id;
}

function joinDucklings(want: DesiredAccount | undefined, { ducklings: live }: LiveAccount) {
  if (live === undefined) return {};
  return { ducklings: { live, wanted: want?.ducklings ? mergeDucklings(want.ducklings, live) : live } };
}

function notRead(username: string): Presence<LiveAccount> {
  const error = new UserError('ACCOUNT_UNREADABLE', `${username} was not read`, 'Run the audit again.');
  return { presence: 'unknown', error };
}
