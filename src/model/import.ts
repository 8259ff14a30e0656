import type { Action } from './action.ts';
import type { PlanNotice } from './notice.ts';
import type { Seconds } from './time.ts';
import type { TokenType } from './tokens.ts';
import type { Hint } from './user-error.ts';

/** An Import: which live accounts and tokens go into the configuration, and which do not. Data only, never a secret. */
export interface Import {
  /** The number of accounts that are written, and of tokens of these and of other accounts. */
  readonly accounts: number;
  readonly tokens: number;
  /** Selected, and not imported. */
  readonly skipped: readonly Skipped[];
  /** Imported tokens and Ducklings that differ from what a user may expect. */
  readonly notices: readonly ImportNotice[];
  /** The new texts of the files that change; a file that others depend on comes first. */
  readonly texts: ReadonlyMap<string, string>;
  /** What the next plan must adopt, and nothing else: usernames, and ids of tokens by `account/key`. */
  readonly adopts: { readonly accounts: ReadonlySet<string>; readonly tokens: ReadonlyMap<string, string> };
  /** A secret store was added because there was none: git must ignore its file. */
  readonly addsStore: boolean;
}

/** What a user may not expect of an import, with the names that it concerns: accounts, or tokens as `account/key`. */
export type ImportNotice =
  /** Guardrails or rates forbid their Ducklings: by size, for want of a rate, or by the total size of all pools. */
  | { readonly kind: 'size_not_allowed' | 'size_without_rate'; readonly names: readonly string[] }
  | { readonly kind: 'pools_too_large'; readonly limit: number; readonly names: readonly string[] }
  /** They never expire or live longer than `max_token_ttl`, and their replacements do not. */
  | { readonly kind: 'never_expires' | 'long_lived'; readonly names: readonly string[] }
  /** They would be due now, so they are rotated later than their policy says. */
  | { readonly kind: 'rotation_postponed'; readonly names: readonly string[] }
  /** They join a policy without a jitter, of which so many tokens then expire on one day. `jitter`: one that fits. */
  | {
      readonly kind: 'same_day';
      readonly policy: string;
      readonly count: number;
      readonly jitter: Seconds;
      readonly names: readonly string[];
    };

/** An account, or one of its tokens, that is not imported. */
export interface Skipped {
  readonly account: string;
  readonly token?: { readonly name: string; readonly id: string };
  readonly reason: SkipReason;
}

/** Why an import writes nothing: a named account or token cannot be imported, or the next plan would do more than adopt. */
export type ImportRefusal = { readonly skipped: Skipped } | { readonly obstacles: readonly ImportObstacle[] };

/** Why an account or a token is not imported. */
export type SkipReason = AccountSkipReason | TokenSkipReason;

/** Why an account is not imported. */
export type AccountSkipReason =
  /** It could not be read; another run may import it. */
  | { readonly kind: 'unreadable'; readonly message: string; readonly hint: Hint }
  /** MotherDuck returned Ducklings that the configuration cannot say. */
  | { readonly kind: 'outside_limits'; readonly what: string }
  /** In the state, and no longer in the configuration. */
  | { readonly kind: 'removed' }
  /** Its tokens would be revoked. */
  | { readonly kind: 'suspended' }
  /** The state of another configuration manages it. */
  | { readonly kind: 'managed_elsewhere'; readonly state: string }
  /** The state of another configuration cannot be read, and may manage it. */
  | { readonly kind: 'state_unread'; readonly state: string }
  /** The configuration does not allow its name. */
  | { readonly kind: 'invalid_username' }
  /** Somebody named it by a secret; the id of its user. */
  | { readonly kind: 'secret_username'; readonly id: string }
  /** The token of this run belongs to it. */
  | { readonly kind: 'own_account' }
  | { readonly kind: 'admin' }
  /** Terraform has it, and MotherDuck does not. */
  | { readonly kind: 'absent' }
  /** Terraform has it, and it is no service account in use. */
  | { readonly kind: 'unusable'; readonly what: string }
  | TerraformSkipReason;

/** What an instance of a Terraform resource is. */
export type TerraformKind = 'account' | 'token' | 'ducklings';

/** Why an instance of a Terraform resource is not imported. */
type TerraformSkipReason =
  /** Terraform would replace it, or delete what is left of a replaced one. */
  | {
      readonly kind: 'tainted' | 'deposed';
      readonly address: string;
      readonly of: TerraformKind;
      /** The addresses of what is skipped with an account: its tokens and Ducklings would go too. */
      readonly also: readonly string[];
    }
  /** The account has no token with the id that Terraform has. */
  | { readonly kind: 'gone'; readonly address: string };

/** Why a token is not imported. */
export type TokenSkipReason =
  | TerraformSkipReason
  | { readonly kind: 'unreadable'; readonly message: string; readonly hint: Hint }
  | { readonly kind: 'expired'; readonly expires_at: string }
  | { readonly kind: 'expires_soon'; readonly expires_in: Seconds }
  | { readonly kind: 'no_name' }
  /** Somebody named it by a secret. */
  | { readonly kind: 'secret_name' }
  /** Longer than the configuration allows, in characters. */
  | { readonly kind: 'name_too_long'; readonly limit: number }
  | { readonly kind: 'control_characters' }
  /** Created by a smoke test. */
  | { readonly kind: 'smoke_token' }
  | { readonly kind: 'reserved_name'; readonly by: 'smoke_test' | 'motherduck' }
  /** Tokens of both types have the name. */
  | { readonly kind: 'both_types'; readonly ids: readonly string[] }
  | { readonly kind: 'same_name'; readonly type: TokenType; readonly ids: readonly string[] }
  | { readonly kind: 'older_generation'; readonly newest: string }
  /** The name belongs to the series of a token that is managed. */
  | { readonly kind: 'managed_series'; readonly name: string }
  /** The secret store has no path for it; `noun` and `need` are the store's words for its paths. */
  | { readonly kind: 'no_secret_path'; readonly store: string; readonly noun: string; readonly need: string }
  /** Its account's block cannot take it without changing other accounts. */
  | { readonly kind: 'shared_block'; readonly file: string; readonly line: number; readonly why: string };

/** A difference between the plans before and after an import that is not an adoption of the selection. */
export type ImportObstacle =
  | { readonly kind: 'new_action'; readonly action: Action }
  | { readonly kind: 'dropped_action'; readonly action: Action }
  /** A username, or `account/key`. */
  | { readonly kind: 'not_adopted'; readonly name: string }
  | { readonly kind: 'new_notice'; readonly notice: PlanNotice };

/** The resources of Terraform that are managed here now, and must leave Terraform before both change them. */
export interface HandOver {
  /** Resources all of whose instances are managed here: `module.tenant.motherduck_access_token.app`. */
  readonly resources: readonly string[];
  /** Managed instances of resources that have others: `motherduck_access_token.app["acme"]`. */
  readonly instances: readonly string[];
  /** Usernames of accounts that are managed here and stay in Terraform too, because something else of them stays there. */
  readonly accounts: readonly string[];
}

/** A secret that Terraform has, or should have, and that is not adopted: `etl_prod/airflow`. */
export interface UnadoptedSecret {
  /**
   * `missing`: Terraform never had it. `other`: by its claims, it is of another type or another user than the token.
   * `other_time`: by its claims, it expired, or was made at another time than the token.
   * `replaced`: the token replaced one whose secret may be in use.
   */
  readonly kind: 'missing' | 'other' | 'other_time' | 'replaced';
  readonly name: string;
  /** Of the token. */
  readonly id: string;
}
