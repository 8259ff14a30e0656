import type { SourceLine } from './action.ts';
import type { AccountLimit } from './desired.ts';
import type { StoreWarning } from './store-warning.ts';
import type { Seconds } from './time.ts';
import type { TokenWarning } from './token-warning.ts';
import type { TokenType } from './tokens.ts';
import type { ErrorCode, Hint } from './user-error.ts';

/** What a user should know, in words. */
export interface Notice {
  readonly account?: string;
  readonly token?: string;
  readonly code?: ErrorCode;
  readonly message: string;
  readonly hint?: Hint;
}

/** What a branch changes in the state. Without an account: of the state itself. */
export interface StateEdit {
  readonly edit: 'added' | 'removed' | 'edited';
  readonly account?: string;
  /** The key of a token. */
  readonly token?: string;
  /** What was edited, in words: `overlap`. */
  readonly fields?: readonly string[];
}

/** A setting that a branch changes, `guardrails.max_deletes`, as the configurations have it; absent: it is not there. */
export interface SettingChange {
  readonly name: string;
  readonly before?: string;
  readonly after?: string;
}

/** What a plan warns of. `wording/notices.ts` says it in English. */
export type PlanWarning =
  /** The branch of a pull request has another state than its target branch. */
  | {
      readonly kind: 'state_edited';
      readonly state: string;
      readonly target: string;
      readonly edits: readonly StateEdit[];
    }
  /** The branch of a pull request has other settings than its target branch: all but what a plan shows by itself. */
  | { readonly kind: 'settings_changed'; readonly target: string; readonly settings: readonly SettingChange[] }
  /** The configuration of a pull request uses environment variables that the one of its target branch does not use. */
  | { readonly kind: 'variables_new'; readonly target: string; readonly variables: readonly string[] }
  /** A pull request cannot be compared with its target branch. */
  | { readonly kind: 'not_compared'; readonly target: string; readonly why: string; readonly hint: Hint }
  | { readonly kind: 'users_unlisted'; readonly why: string; readonly hint: Hint }
  /** The state of another configuration cannot be read. */
  | { readonly kind: 'state_unread'; readonly state: string; readonly why: string }
  /** MotherDuck listed `listed` users and counts `total`; null: it returned no count. */
  | { readonly kind: 'users_incomplete'; readonly listed: number; readonly total: number | null }
  /** Tokens of these accounts were to be rotated as well, and they have none, since they are suspended. */
  | { readonly kind: 'rotation_suspended'; readonly accounts: readonly string[] }
  /** A suspended account has live unmanaged tokens, given by name. */
  | { readonly kind: 'suspended_live'; readonly account: string; readonly tokens: readonly string[] }
  /** All of an account's tokens are replaced within one overlap. */
  | {
      readonly kind: 'turnover';
      readonly account: string;
      readonly tokens: number;
      /** Their rotations are spread already. */
      readonly jitter?: true;
    }
  /** A new account has the same tokens as `before`, which left the configuration. It is no renaming of it. */
  | {
      readonly kind: 'not_renamed';
      readonly account: string;
      readonly before: string;
      readonly tokens: readonly string[];
      /** The plan deletes `before`. */
      readonly deleted?: true;
    }
  /** The plan deletes an account whose setup created a share, and setups of other accounts attach one that is named like it. */
  | {
      readonly kind: 'share_deleted';
      readonly account: string;
      readonly share: string;
      readonly attached: readonly { readonly account: string; readonly location: SourceLine }[];
    }
  | { readonly kind: 'smoke_failed'; readonly account: string }
  /** A retained account whose tokens are not rotated: `name` expires first. */
  | {
      readonly kind: 'not_rotated';
      readonly account: string;
      readonly name: string;
      readonly expires_at: string;
      /** Its protection, or `max_deletes: 0`, refuses its deletion. */
      readonly kept?: true;
    }
  /** Applies were up to `interval` apart, which is longer than `rotate_before` of these tokens: `etl_prod/airflow`. */
  | { readonly kind: 'late_applies'; readonly interval: Seconds; readonly tokens: readonly string[] }
  /** There is no state, so a plan of scheduled work rotates nothing of accounts that exist. */
  | { readonly kind: 'nothing_managed' }
  /** Changes that a plan of scheduled work skips; without actions, a change of deletion protection. */
  | { readonly kind: 'not_scheduled'; readonly account: string; readonly actions: readonly string[] }
  | TokenWarning
  | StoreWarning
  | CeilingExceeded;

/** An account or token that a plan could not decide about. */
export type PlanError =
  | {
      readonly kind: 'unreadable';
      readonly account: string;
      /** The key of a token; absent when it is about the account or its Ducklings. */
      readonly token?: string;
      readonly code: ErrorCode;
      readonly why: string;
      readonly hint: Hint;
    }
  /** The name belongs to a person's user. `managed`: the state has a service account of that name. */
  | { readonly kind: 'person'; readonly account: string; readonly managed: boolean }
  | { readonly kind: 'deprovisioned'; readonly account: string }
  /** The state of another configuration manages it. `managed`: this one has it too. */
  | { readonly kind: 'managed_elsewhere'; readonly account: string; readonly state: string; readonly managed: boolean }
  /** The state of another configuration may manage it, and cannot be read. */
  | { readonly kind: 'not_adopted'; readonly account: string; readonly state: string }
  /** There is no account of that name, and none can be created. */
  | {
      readonly kind: 'not_a_new_name';
      readonly account: string;
      readonly location: SourceLine;
    }
  /**
   * It may be another account of that name, so it is not deleted. `listed`: its id is known, and the state has none.
   * `incomplete`: the list of users is, and lacks it. `recognized`: it has a token of the state, so it is the same account.
   * `destroyed`: with all others, whether the configuration has it or not.
   */
  | {
      readonly kind: 'unidentified';
      readonly account: string;
      readonly listed: boolean;
      readonly incomplete?: true;
      readonly recognized?: true;
      readonly destroyed?: true;
    }
  /** Several live tokens could be adopted. */
  | {
      readonly kind: 'ambiguous';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly type: TokenType;
      readonly ids: readonly string[];
    }
  /** The state's generation is the largest possible. `actual`: the generation of its current token, if that is smaller. */
  | { readonly kind: 'last_generation'; readonly account: string; readonly token: string; readonly actual?: number };

/** A guardrail that a plan breaks. */
export type Violation =
  /** It would delete the account that runs the program, or one with deletion protection. */
  | { readonly kind: 'own_account' | 'protected'; readonly account: string }
  /** `allowed`: the number of accounts that the limit comes to. */
  | {
      readonly kind: 'too_many_deletes' | 'too_many_creates';
      readonly limit: AccountLimit;
      readonly allowed: number;
      readonly accounts: readonly string[];
    }
  | CeilingExceeded
  /** `planned`: accounts of this plan have no known ceiling; else only accounts that `--only` excluded. */
  | {
      readonly kind: 'ceiling_unknown';
      readonly limit: number;
      readonly accounts: readonly string[];
      readonly planned: boolean;
    };

/** The price of an hour of all Ducklings, and the guardrail that it exceeds. */
export interface CeilingExceeded {
  readonly kind: 'ceiling_exceeded';
  readonly ceiling: number;
  readonly limit: number;
  /** As in the configuration: `USD`. */
  readonly currency?: string;
}

/** A warning, an error or a violation of a plan. */
export type PlanNotice = PlanWarning | PlanError | Violation;

/** What a plan warns of about the branch of a pull request. */
export type BranchWarning = Extract<PlanWarning, { kind: BranchKind }>;
type BranchKind = 'state_edited' | 'settings_changed' | 'variables_new' | 'not_compared';

const KINDS: ReadonlySet<PlanWarning['kind']> = new Set<BranchKind>([
  'state_edited',
  'settings_changed',
  'variables_new',
  'not_compared',
]);

/** Whether a warning is about the branch of a pull request. */
export function isOfBranch(warning: PlanWarning): warning is BranchWarning {
  return KINDS.has(warning.kind);
}
