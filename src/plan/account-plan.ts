/** The input and the result of planning one account. */

import type { Action, ComputeCeiling, SourceLine } from '../model/action.ts';
import type { Desired, DesiredToken } from '../model/desired.ts';
import { isExpired, type LiveAccount, type LiveToken } from '../model/live.ts';
import type { PlanError, PlanWarning } from '../model/notice.ts';
import type { NextChange, PolicyToRecord, Unmanaged } from '../model/plan.ts';
import type { RevokesOld } from '../model/planned-token.ts';
import { mayBeInSmokeTest } from '../model/tokens.ts';
import type { Location } from '../model/user-error.ts';
import type { HeldBy } from './store-facts.ts';

/** The facts by which an account is planned. `now` in milliseconds since 1970. */
export interface AccountContext {
  readonly desired: Desired;
  readonly now: number;
  readonly prune: boolean;
  /** Why an account is not desired. */
  readonly because: 'removed' | 'destroyed';
  /** The state of another configuration that manages an account. */
  managedBy(account: string, id: string | undefined): string | undefined;
  /** A state of another configuration that cannot be read. */
  readonly unreadState: string | undefined;
  /** Some users were listed, perhaps not all. */
  readonly areUsersListed: boolean;
  isRotatedNow(account: string, token: string): boolean;
  /** When the earlier tokens of those that are rotated now are revoked, if not after their overlap. */
  readonly revokeOld: RevokesOld | undefined;
  secretPath(account: string, token: DesiredToken, store: string): string | undefined;
  /** Another command than the present one of its store stored the token's secret. */
  isCommandChanged(account: string, token: string, store: string): boolean;
  /** A store has the secret of a replaced token where that of its replacement must be. */
  readonly heldBy: HeldBy;
  /** Whether the token's store certainly has no secret of an interrupted creation; false where the store was not read. */
  isUnstored(account: string, token: string): boolean;
}

/** The plan of one account. */
export interface AccountPlan {
  readonly actions: readonly Action[];
  readonly warnings: readonly PlanWarning[];
  readonly errors: readonly PlanError[];
  readonly next: readonly NextChange[];
  readonly unmanagedTokens: Unmanaged['tokens'];
  /** It is managed, left the configuration, and stays. */
  readonly retained: boolean;
  /** Its last smoke test failed, so apply tests it again. */
  readonly retest: boolean;
  /** Keys of tokens that were stored and not seen to connect. */
  readonly unverified: readonly string[];
  readonly protection?: { readonly before: boolean; readonly after: boolean };
  /** What an apply records of its tokens' policies. */
  readonly policies: readonly PolicyToRecord[];
  /** What the account can cost an hour; absent without rates. */
  readonly compute?: ComputeCeiling;
}

/** The plan of an account, with its name as the configuration or the state spells it. */
export interface PlannedAccount {
  readonly username: string;
  readonly plan: AccountPlan;
}

/** The plan of an account to which nothing is done. */
export const EMPTY_ACCOUNT_PLAN: AccountPlan = {
  actions: [],
  warnings: [],
  errors: [],
  next: [],
  unmanagedTokens: [],
  retained: false,
  retest: false,
  unverified: [],
  policies: [],
};

/** The line of a location; without `file` when it is in the main file. */
export function sourceLine({ file, line }: Location, mainFile: string): SourceLine {
  return file === mainFile ? { line } : { file, line };
}

/** Live tokens of a managed account that are not managed. After a leak, one that has the name of a smoke test's is named as well. */
export function unmanagedTokens(
  account: string,
  live: LiveAccount | undefined,
  known: ReadonlySet<string>,
  { now, revokeOld }: Pick<AccountContext, 'now' | 'revokeOld'>,
): Unmanaged['tokens'] {
  const isOfTest = (token: LiveToken) => revokeOld === undefined && mayBeInSmokeTest(token, now);
  const others =
    live?.tokens.filter((token) => !known.has(token.id) && !isOfTest(token) && !isExpired(token, now)) ?? [];
  const unreadable = live?.unreadableTokens?.filter(({ id }) => !known.has(id)) ?? [];
  return [...others, ...unreadable].map((token) => ({ account, name: token.name, id: token.id }));
}
