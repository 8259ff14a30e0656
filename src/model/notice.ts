import type { SourceLine } from './action.ts';
import type { AccountLimit } from './desired.ts';
import type { Seconds } from './time.ts';
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

/** The last run that stored secrets, as far as a shared state tells. */
export interface LastWriter {
  /** The user, or the URL of the job. */
  readonly who?: string;
  readonly at?: string;
}

/** What a plan warns of. `noticeText` of `plan` words it. */
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
  /** Token `name` was stored but not verified, so `replaced`, which it replaces, is not revoked. */
  | {
      readonly kind: 'unverified';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly replaced: string;
      /** Token `name` was adopted, so its secret is unknown and no test can verify it. */
      readonly adopted?: true;
      /** Its account left the configuration. */
      readonly retained?: true;
      /** This plan replaces it, and the one that it replaced ends with it. */
      readonly rotated?: true;
      /** The one that it replaced was to be revoked at once. */
      readonly requested?: true;
      /** An apply without a smoke test accepted it, so the overlap of the one that it replaced ends then. */
      readonly retire_at?: string;
    }
  /** Live tokens that the state does not know, of its series and newer than its own live ones: it is not the newest state. */
  | {
      readonly kind: 'older_state';
      readonly account: string;
      readonly token: string;
      readonly names: readonly string[];
      /** The state may well be the newest: the account was deleted and created again, by its user id; `possible` where that is not known. */
      readonly recreated?: 'certain' | 'possible';
      /** The configuration does not have the token any more. */
      readonly removed?: true;
      /** Its account left the configuration. */
      readonly retained?: true;
    }
  /** The state has token `name` as one of `token`, but it is named after another, so it is not revoked. */
  | {
      readonly kind: 'other_series';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly id: string;
    }
  /** The state has token `name` as replaced, and no live token of a later generation replaced it. It is left alone. */
  | {
      readonly kind: 'not_replaced';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly id: string;
    }
  /** The overlap of replaced token `name` has ended, but a store has its secret where that of its replacement must be, or may have it. */
  | {
      readonly kind: 'overlap_held';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      /** The store cannot be read. */
      readonly unreadable?: true;
      /** Its account left the configuration. */
      readonly retained?: true;
    }
  /** Replaced token `name` lives longer than an overlap of the policy lasts; without `overlap`, of an account that left the configuration. */
  | {
      readonly kind: 'long_overlap';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly id: string;
      readonly retire_at: string;
      /** In seconds. */
      readonly overlap?: Seconds;
    }
  /** Tokens of these accounts were to be rotated as well, and they have none, since they are suspended. */
  | { readonly kind: 'rotation_suspended'; readonly accounts: readonly string[] }
  /** Token `name` is replaced by one of another name, so it is no longer of the series and is not revoked. */
  | {
      readonly kind: 'left_live';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly id: string;
      readonly by: string;
    }
  /** Live token `name`, which the state does not know, has the generation of its live token `current`. It is left alone. */
  | {
      readonly kind: 'rival';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly id: string;
      readonly current: string;
      /** The key left the configuration. */
      readonly removed?: true;
    }
  /** MotherDuck gave token `name` less life than asked, in seconds; null: until revoked. */
  | {
      readonly kind: 'shorter_life';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly asked: Seconds | null;
      readonly given: Seconds;
      /** The token itself sets `ttl`, and not its policy. */
      readonly own_ttl?: true;
      /** What the configuration has, where a `ttl` of what was given is not more than that. `jitter` is on top of `rotate_before`. */
      readonly rotate_before?: Seconds;
      readonly jitter?: Seconds;
      readonly overlap?: Seconds;
    }
  /** Token `name` of an interrupted run may be stored and in use, and nothing replaces it. `retained`: with its account. */
  | {
      readonly kind: 'orphan';
      readonly account: string;
      readonly token: string;
      readonly name: string;
      readonly retained: boolean;
    }
  /** In the sandbox, the programs of these stores are not run: their secrets go to folders. */
  | {
      readonly kind: 'stores_rehearsed';
      readonly stores: readonly { readonly store: string; readonly folder: string }[];
    }
  /** The store cannot be read, so nothing is known of the secrets that it should have. */
  | { readonly kind: 'store_unreadable'; readonly store: string; readonly why: string; readonly hint: Hint }
  /** Apply refuses: the plan has secrets for the store, and they cannot be stored there, or are not safe there. */
  | {
      readonly kind: 'store_unusable';
      readonly store: string;
      readonly why: string;
      readonly hint: Hint;
      /** In a sandbox, where an apply runs no program. */
      readonly rehearsed?: true;
    }
  /** The store has another name in the configuration than in the state, and the same place: apply records the name, and nothing else. */
  | {
      readonly kind: 'store_renamed';
      /** Its name in the state. */
      readonly before: string;
      readonly store: string;
      readonly tokens: readonly string[];
    }
  /** The store does not have the secrets of these tokens, which it should have: `etl_prod/airflow`. */
  | {
      readonly kind: 'secret_lost';
      readonly store: string;
      readonly tokens: readonly string[];
      /** The state is shared, and the store is a file of one machine: that of another machine may have them. */
      readonly shared?: LastWriter;
      /** Their accounts left the configuration. */
      readonly retained?: true;
    }
  /**
   * The store has values of others where the first secrets of these tokens would go: `secret_foreign` of this plan, and
   * `secret_unknown` of a later one, for tokens that were adopted.
   */
  | {
      readonly kind: 'secret_foreign' | 'secret_unknown';
      readonly store: string;
      readonly tokens: readonly string[];
      /** Their secret paths. */
      readonly secret_paths: readonly string[];
    }
  /** The secrets of these tokens would go where those of `holders` are, which are other tokens of this state. */
  | {
      readonly kind: 'secret_taken';
      readonly store: string;
      readonly tokens: readonly string[];
      readonly holders: readonly string[];
    }
  /** The store's command is another than that which stored the secrets of these tokens. */
  | {
      readonly kind: 'command_changed';
      readonly store: string;
      readonly tokens: readonly string[];
      /** In a sandbox: the program itself stored secrets, not a rehearsal. */
      readonly real?: true;
    }
  /** The state does not have which command of the store stored the secrets of these tokens. */
  | {
      readonly kind: 'command_unknown';
      readonly store: string;
      readonly tokens: readonly string[];
      readonly real?: true;
    }
  /** These tokens are revoked, and their secrets stay in the store, which removes none. */
  | {
      readonly kind: 'secret_stays';
      readonly store: string;
      readonly tokens: readonly string[];
      /** It has a `remove` command, which could remove the secrets in use: they may be at the same places. */
      readonly near?: true;
      /** It has one, which would remove secrets in use as well. */
      readonly shared?: true;
      /** Its command has the generation in its words, and may put each secret of a token at a place of its own. */
      readonly generations?: true;
    }
  /** The same, and the configuration no longer has the store. */
  | {
      readonly kind: 'secret_left';
      readonly store: string;
      readonly tokens: readonly string[];
      readonly secret_paths: readonly string[];
      /** The configuration has the store, but it was another kind, file or command when it stored them. */
      readonly changed?: true;
      /** Those in use may be at the same places. */
      readonly near?: true;
    }
  /** The secret paths of revoked tokens have values which the state did not write, so they stay. */
  | {
      readonly kind: 'secret_not_removed';
      readonly store: string;
      readonly tokens: readonly string[];
      readonly secret_paths: readonly string[];
      /** The store is rehearsed, and its program stored them. */
      readonly rehearsed?: true;
    }
  /**
   * The policy of a token has a shorter overlap, or rotates it earlier, than when somebody applied it last. In seconds;
   * `rotate_before` with the token's share of the jitter.
   */
  | {
      readonly kind: 'policy_hastened';
      readonly account: string;
      readonly token: string;
      readonly before: { readonly overlap: Seconds; readonly rotate_before: Seconds };
      readonly after: { readonly overlap: Seconds; readonly rotate_before: Seconds };
    }
  /** As `last_generation`, of a token that is not due yet. */
  | { readonly kind: 'no_next_generation'; readonly account: string; readonly token: string; readonly actual?: number }
  /** Token `name` does not expire, and replaces one that does. */
  | { readonly kind: 'never_expires'; readonly account: string; readonly token: string; readonly name: string }
  /** A suspended account has live tokens that nobody manages; by their names. */
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
      readonly attached: readonly { readonly account: string; readonly at: SourceLine }[];
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
  /** Something of a token is due, and a plan of scheduled work leaves the token alone. `expires_at`: of its current token in the state. */
  | { readonly kind: 'due_left'; readonly account: string; readonly token: string; readonly expires_at: string | null }
  /** There is no state, so a plan of scheduled work rotates nothing of accounts that exist. */
  | { readonly kind: 'nothing_managed' }
  /** Changes that a plan of scheduled work leaves alone; none: of deletion protection. */
  | { readonly kind: 'not_scheduled'; readonly account: string; readonly actions: readonly string[] }
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
      readonly at: { readonly file?: string; readonly line: number };
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
  /** The state's generation is the last one that it can hold. `actual`: that of its current token, where it has an earlier one. */
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

/** A store whose secrets are where they were, under another name. */
export type RenamedStore = Omit<Extract<PlanWarning, { kind: 'store_renamed' }>, 'kind'>;
