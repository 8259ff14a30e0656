/** The actions of a plan, and why they are planned. */
import { groupBy } from './collections.ts';
import type { DesiredDucklings, Ducklings, Size } from './ducklings.ts';
import {
  type AdoptedToken,
  type PlannedRotation,
  type PlannedToken,
  type ShownToken,
  storesIn,
  type TokenChange,
} from './planned-token.ts';
import type { CreatedObjects } from './setup-objects.ts';
import type { Seconds } from './time.ts';

/** The maximum price per hour, by the rates in the configuration, before and after the plan. */
export interface ComputeCeiling {
  /** null: not known. */
  readonly before: number | null;
  readonly after: number | null;
  /** As in the configuration: `USD`. */
  readonly currency?: string;
  /** Why a price is not known; absent when both are. */
  readonly unknown?: readonly UnknownPrice[];
}

/**
 * Why a price is not known. `default`: MotherDuck chooses a size or pool of a new account, which the configuration does not
 * set. `not_read`: what is live was not read, and the configuration does not set it. `no_rate`: `compute_rates` lacks the size.
 */
export type UnknownPrice =
  | {
      readonly why: 'default' | 'not_read';
      /** Of a sum: the accounts. */
      readonly accounts?: readonly string[];
    }
  | { readonly why: 'no_rate'; readonly size: Size; readonly accounts?: readonly string[] };

/** The worst first, as every report shows changes. */
export const RISKS = ['destructive', 'disruptive', 'safe'] as const;

/** `disruptive`: running work may be interrupted. `destructive`: something cannot be restored. */
export type Risk = (typeof RISKS)[number];

/** A line of the configuration; `file` is absent in the main file. */
export interface SourceLine {
  readonly line: number;
  readonly file?: string;
}

/** The stores that an action writes to. */
export function storesOf({ after }: Pick<Action, 'after'>): readonly string[] {
  return after !== null && 'secret_store' in after ? storesIn(after.secret_store) : [];
}

/**
 * What an interrupted run left: an orphan or an intent `name` in addition to the `current` token, a current token that was never
 * tested, or one that was to be revoked at once.
 */
export interface InterruptedRotation {
  readonly kind: 'interrupted';
  readonly left: 'orphan' | 'intent' | 'untested' | 'revocation';
  readonly name: string;
  readonly current: string;
}

/** The fields of every action. */
export interface ActionBase {
  readonly account: string;
  readonly risk: Risk;
  /** The line of the configuration that causes the action; absent when none does. */
  readonly location?: SourceLine;
}

/** Creates a service account. */
export interface CreateAccount extends ActionBase {
  readonly action: 'create_account';
  readonly reason:
    | { readonly kind: 'new' }
    | { readonly kind: 'deleted_outside'; readonly since: string }
    /** A run that was to delete it ended before it was forgotten. */
    | { readonly kind: 'deleted'; readonly at: string };
  readonly before: null;
  readonly after: { readonly username: string; readonly deletion_protection: boolean };
}

/** Adopts a live account into the state as it is. */
export interface AdoptAccount extends ActionBase {
  readonly action: 'adopt_account';
  /** `replaced_outside`, and `deleted`, by a run that ended before it forgot it: another account has its name now. */
  readonly reason:
    | { readonly kind: 'unmanaged' | 'interrupted' | 'replaced_outside' }
    | { readonly kind: 'deleted'; readonly at: string };
  readonly before: null;
  readonly after: { readonly username: string; readonly deletion_protection: boolean };
}

/** Sets the Ducklings of an account. */
export interface SetDucklings extends ActionBase {
  readonly action: 'set_ducklings';
  readonly reason: { readonly kind: 'new_account' | 'changed' };
  /** null: the account does not exist yet, so MotherDuck's defaults are not known. */
  readonly before: Ducklings | null;
  /** For a new account, only the settings of the configuration; otherwise all settings to send. */
  readonly after: DesiredDucklings;
  /** The maximum price per hour of this account, by `compute_rates`. */
  readonly compute?: ComputeCeiling;
}

/** Creates a token and stores its secret. */
export interface CreateToken extends ActionBase {
  readonly action: 'create_token';
  readonly token: string;
  /** `resumed`: its account is no longer suspended. `interrupted`: a run left the orphan, whose secret may not be stored, or certainly is not. */
  readonly reason:
    | { readonly kind: 'new' | 'new_account' | 'resumed' }
    | { readonly kind: 'interrupted'; readonly orphan: string; readonly stored?: false }
    | { readonly kind: 'expired'; readonly name: string; readonly expired_at: string }
    | { readonly kind: 'revoked'; readonly name: string; readonly id: string };
  /** The expired token that it replaces, where MotherDuck still lists it. */
  readonly before: ShownToken | null;
  readonly after: PlannedToken;
}

/** Adopts a live token into the state as it is. */
export interface AdoptToken extends ActionBase {
  readonly action: 'adopt_token';
  /**
   * `newer`: the state has an older generation, so an older state is in use. `current`: the name of the state's token.
   * `renamed`: the key; `replaced` by the next action, in most cases because the secret path contains the key.
   */
  readonly reason:
    | { readonly kind: 'unmanaged' }
    | { readonly kind: 'newer'; readonly current?: string }
    | { readonly kind: 'renamed'; readonly from: string; readonly replaced: boolean };
  readonly token: string;
  /** The live token of the state that it replaces. */
  readonly before: ShownToken | null;
  readonly after: AdoptedToken;
  /** Live tokens of generations between both, which only a newer state knows: they retire with `before`. */
  readonly between?: readonly ShownToken[];
  /** The key in the state, when the configuration renamed it. */
  readonly from?: string;
}

/** Replaces a token with a new one. */
export interface RotateToken extends ActionBase {
  readonly action: 'rotate_token';
  readonly token: string;
  /** `changed`: it differs from the configuration. `requested`: by `mdacc rotate`. Durations in seconds. */
  readonly reason:
    | {
        readonly kind: 'due';
        readonly expires_at: string;
        readonly seconds_left: Seconds;
        readonly policy: string;
        /** How long before its expiry it is replaced; of a `shortened` token less than its policy says. */
        readonly rotate_before: Seconds;
        /** The part of it that is the token's share of the jitter. */
        readonly earlier?: Seconds;
        /** MotherDuck gave it less life than requested. */
        readonly shortened?: true;
      }
    | { readonly kind: 'changed'; readonly change: TokenChange }
    | { readonly kind: 'requested' }
    | InterruptedRotation;
  readonly before: ShownToken;
  readonly after: PlannedRotation;
}

/** Revokes a token. */
export interface RevokeToken extends ActionBase {
  readonly action: 'revoke_token';
  readonly token: string;
  readonly reason:
    | { readonly kind: 'overlap_ended'; readonly retire_at: string }
    /** With `--revoke-old`; `at`: in an earlier run. `force`: verified or not. */
    | { readonly kind: 'requested'; readonly at?: string; readonly force?: true }
    /** `suspended`: its account, by the line of `suspended: true`. */
    | { readonly kind: 'orphan' | 'removed' | 'suspended' };
  readonly before: ShownToken;
  readonly after: null;
}

/** Runs the SQL of an account's `setup`, as the account. */
export interface RunSetup extends ActionBase {
  readonly action: 'run_setup';
  /** `unset`: it never ran. `interrupted`: a statement failed, or the run ended before it was recorded. */
  readonly reason: { readonly kind: 'new_account' | 'unset' | 'changed' | 'interrupted' };
  readonly before: null;
  readonly after: {
    /** Those that did not run yet, exactly as they are sent. */
    readonly new_statements: readonly string[];
    /** All that run, in order. */
    readonly statements: readonly string[];
    /** For which it is `disruptive`, in upper case; from all statements. */
    readonly disruptive_words?: readonly string[];
  };
}

/** Deletes an account with all its data. */
export interface DeleteAccount extends ActionBase {
  readonly action: 'delete_account';
  /** `destroyed`: by `mdacc destroy`. */
  readonly reason: { readonly kind: 'removed' | 'destroyed' };
  /** The account with its tokens. All databases that it owns are deleted too. */
  readonly before: {
    readonly username: string;
    readonly tokens: readonly ShownToken[];
    /** Tokens with a value that this version does not know; absent when there are none. */
    readonly unreadable_tokens?: readonly Pick<ShownToken, 'id' | 'name'>[];
    /** Databases and shares that its setup created; it may own others. */
    readonly created?: CreatedObjects;
  };
  readonly after: null;
}

/** All tokens that go with a deleted account. */
export function deletedTokens({ before }: DeleteAccount): readonly Pick<ShownToken, 'id' | 'name'>[] {
  return [...before.tokens, ...(before.unreadable_tokens ?? [])];
}

/** Removes something that no longer exists from the state. Calls nothing. */
export interface Forget extends ActionBase {
  readonly action: 'forget';
  /**
   * `replaced_outside`, and `deleted`, by a run that ended before it forgot it: another account has its name now. `unconfirmed`:
   * it may have, since the creation was never confirmed. `suspended`: a token's account; the token's generation stays known.
   */
  readonly reason:
    | { readonly kind: 'removed' | 'destroyed' | 'replaced_outside' | 'unconfirmed' | 'suspended' }
    | { readonly kind: 'deleted'; readonly at: string };
  /** Absent: the whole account no longer exists. */
  readonly token?: string;
  readonly before: { readonly username: string };
  readonly after: null;
}

/** A planned change. `action` says which; `reason` says why. */
export type Action =
  | CreateAccount
  | AdoptAccount
  | SetDucklings
  | CreateToken
  | AdoptToken
  | RotateToken
  | RevokeToken
  | RunSetup
  | DeleteAccount
  | Forget;

/** The actions by account, both in the order of the plan. */
export function actionsByAccount(actions: readonly Action[]): Map<string, Action[]> {
  return groupBy(actions, ({ account }) => account);
}

/** Whether an action makes a token, whose secret it stores. */
export function isStoring(action: Action): action is CreateToken | RotateToken {
  return action.action === 'create_token' || action.action === 'rotate_token';
}

/** The actions that store a secret. */
export function storingActions(actions: readonly Action[]): (CreateToken | RotateToken)[] {
  return actions.filter(isStoring);
}

/** The actions that adopt a token. */
export function adoptingActions(actions: readonly Action[]): AdoptToken[] {
  return actions.filter((action) => action.action === 'adopt_token');
}

/** Why an action is planned; `wording/reasons.ts` says it in English. */
export type Reason = Action['reason'];

/** The name of an action. */
export type ActionName = Action['action'];
