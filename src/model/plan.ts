import type { DesiredDucklings, Ducklings } from './ducklings.ts';
import type { PlanError, PlanWarning, Violation } from './notice.ts';
import type { Seconds } from './time.ts';
import type { TokenType } from './tokens.ts';

/** A Plan: what apply would do and why. Data only; it never contains a secret. */
export interface Plan {
  readonly organization: string;
  /** Whether this is the embedded sandbox organization and not MotherDuck. */
  readonly sandbox: boolean;
  /** MotherDuck's time, to which expiry and rotation were compared; ISO 8601. */
  readonly at: string;
  /** What it was made of; absent when the program that planned did not say. */
  readonly scope?: Scope;
  /** Only scheduled work was planned; the warnings name accounts with other changes. */
  readonly due?: true;
  /** In the order of apply within an account; accounts in the order of the configuration, then by name. */
  readonly actions: readonly Action[];
  /** Managed accounts that are no longer in the configuration and are kept, because `--prune` was not given. */
  readonly retained: readonly string[];
  /** Accounts whose deletion protection changes. It is in the state only, so no call is made. */
  readonly protection: readonly { readonly account: string; readonly before: boolean; readonly after: boolean }[];
  /** Tokens that were stored and have not connected yet, so that the tokens they replaced are kept: `etl_prod/airflow`. */
  readonly unverified: readonly string[];
  /** Accounts whose last smoke test failed: apply tests them again. */
  readonly retest: readonly string[];
  /** The secrets of revoked tokens, which apply removes from their stores. Absent when nothing is known of the stores. */
  readonly removals?: readonly SecretRemoval[];
  readonly unmanaged: Unmanaged;
  /** The planned accounts that the configuration suspends; absent when there is none. */
  readonly suspended?: readonly string[];
  readonly warnings: readonly PlanWarning[];
  /** Accounts that could not be planned, with reasons. They are not changed. */
  readonly errors: readonly PlanError[];
  /** Tokens that were to be revoked at once, and stay live, since they could not be planned: `etl_prod/airflow.2`. Absent when there is none. */
  readonly not_revoked?: readonly string[];
  /** Guardrails of the configuration that the plan violates; apply refuses such a plan. */
  readonly violations: readonly Violation[];
  /** The next scheduled change of each managed token, soonest first. */
  readonly next: readonly NextChange[];
  /** The secret stores that it writes to or removes from, and those that its tokens use; absent when there is none. */
  readonly stores?: readonly UsedStore[];
  /** The guardrails that differ from the defaults; absent when there is none. */
  readonly guardrails?: readonly GuardrailInForce[];
  /** The accounts' own SQL that smoke tests run; absent when there is none. */
  readonly smoke_queries?: readonly SmokeQuery[];
  /** The names of the environment variables that the configuration uses; absent without any. */
  readonly variables?: readonly string[];
  /** The maximum price per hour, by `compute_rates`; absent without rates. */
  readonly compute?: ComputeCeiling;
  /** What the accounts that it deletes store; with `--usage`. For information: no other part of a plan depends on it. */
  readonly deleted_data?: DeletedData;
}

/** The databases that go with the deleted accounts. Unknown is never zero. */
export interface DeletedData {
  /** Why nothing is known of them; `accounts` is then empty. */
  readonly unknown?: string;
  /** In the order of the actions. */
  readonly accounts: readonly {
    readonly account: string;
    readonly databases: number;
    /** Active bytes; null when MotherDuck does not say. */
    readonly bytes: number | null;
  }[];
}

/** A secret that apply removes from its store, if it is still there. */
export interface SecretRemoval {
  readonly account: string;
  readonly token: string;
  readonly store: string;
  readonly secret_path: string;
  /** From a file, by the `remove` command of its store, or where a sandbox rehearses that store. */
  readonly by: 'file' | 'command' | 'rehearsal';
}

/** Where a store puts secrets, as the configuration has it: `${NAME}` is not replaced. */
export interface StoreDestination {
  readonly kind: string;
  /** The file of a file store. */
  readonly path?: string;
  /** The same, absolute, where the path leads out of the configuration's folder. */
  readonly absolute?: string;
  /** Values that the state did not write are replaced. */
  readonly overwrite?: true;
  /** What the command of an exec store reads on its standard input, where that is not the secret alone. */
  readonly input?: string;
  /** The commands of an exec store: to store a secret, to check the store, and to remove a secret. */
  readonly command?: readonly string[];
  readonly check?: readonly string[];
  readonly remove?: readonly string[];
  /** Files of the repository that the commands name, from its root. */
  readonly runs?: readonly string[];
}

/** A secret store that a plan uses, or, if it neither writes nor removes, one to which the next secrets of tokens go. */
export interface UsedStore extends StoreDestination {
  readonly store: string;
  readonly writes: boolean;
  readonly removes: boolean;
  /** The number of tokens whose secrets go there. */
  readonly tokens: number;
  /** By the state, it has no secret there. */
  readonly new?: true;
  /** Tokens whose secret is elsewhere by the state, or at a place that it does not know: `etl_prod/airflow`. Absent when there is none. */
  readonly elsewhere?: readonly string[];
  /** Tokens whose secret an earlier version of the command's script stored. Absent when there is none. */
  readonly by_earlier_script?: readonly string[];
}

/** A guardrail, in the words of the configuration: `max_deletes`, `100%`. */
export interface GuardrailInForce {
  readonly name: string;
  readonly value: string;
}

/** SQL of the configuration that smoke tests run as accounts. */
export interface SmokeQuery {
  /** As the configuration has it: `{account}` stands for the username of each account. */
  readonly query: string;
  /** By its words, it may do more than read. */
  readonly changes?: true;
  readonly accounts: readonly string[];
}

/** Which configuration, state and accounts a plan or an audit is about. Files are named from the root of the repository. */
export interface Scope {
  readonly configuration: string;
  readonly state: string;
  /** The globs of `--only`; absent for all accounts. */
  readonly only?: readonly string[];
  /** The tokens that were to be rotated, as they were typed: `tenant_*\/app`. */
  readonly rotate?: readonly string[];
  /** Their old tokens were to be revoked at once. */
  readonly revoke_old?: RevokesOld;
  /** Everything that is managed was to be deleted. */
  readonly destroy?: true;
}

/** Live accounts and tokens in neither configuration nor state; apply does not change them. */
export interface Unmanaged {
  /** Usernames of service accounts; null when the users cannot be listed. Absent where a plan of some accounts found none among them. */
  readonly accounts?: readonly string[] | null;
  readonly tokens: readonly { readonly account: string; readonly name: string; readonly id: string }[];
}

/** A scheduled change of a token. */
export interface NextChange {
  readonly account: string;
  readonly token: string;
  readonly change: 'rotates' | 'is revoked' | 'expires';
  readonly name: string;
  /** ISO 8601. */
  readonly at: string;
  /** In seconds, of a rotation that leaves programs less than five minutes to read the new secret. */
  readonly overlap?: Seconds;
}

/** The maximum price per hour, by the rates in the configuration, before and after the plan. */
export interface ComputeCeiling {
  /** null when a live size has no rate. */
  readonly before: number | null;
  readonly after: number | null;
  /** As in the configuration: `USD`. */
  readonly currency?: string;
}

/** The worst first, as every report shows changes. */
export const RISKS = ['destructive', 'disruptive', 'safe'] as const;

/** `disruptive`: running work may be interrupted. `destructive`: something cannot be restored. */
export type Risk = (typeof RISKS)[number];

/** A line of the configuration; `file` is absent in the main file. */
export interface SourceLine {
  readonly line: number;
  readonly file?: string;
}

/** The name of the secret store of a token, or the names of several, as in the configuration. */
export type StoreNames = string | readonly string[];

/** The names as they are written: one alone is not a list. */
export function storeNames(names: readonly string[]): StoreNames {
  const [first] = names;
  return names.length === 1 && first !== undefined ? first : names;
}

/** The names of the stores as a list. */
export function storesIn(names: StoreNames): readonly string[] {
  return typeof names === 'string' ? [names] : names;
}

/** The stores that an action writes to. */
export function storesOf({ after }: Pick<Action, 'after'>): readonly string[] {
  return after !== null && 'secret_store' in after ? storesIn(after.secret_store) : [];
}

/** A difference between a configured token and the live one that needs a replacement. ttl in seconds; null: until revoked. */
export type TokenChange =
  | { readonly field: 'type' | 'name' | 'secret_path'; readonly before: string; readonly after: string }
  | { readonly field: 'secret_store'; readonly before: StoreNames; readonly after: StoreNames }
  | { readonly field: 'ttl'; readonly before: Seconds | null; readonly after: Seconds | null };

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
  /** The line of the configuration that causes the action, and its file; absent when none does. */
  readonly line?: number;
  readonly file?: string;
}

/** Creates a service account. */
export interface CreateAccount extends ActionBase {
  readonly action: 'create_account';
  readonly reason:
    | { readonly kind: 'new'; readonly at: SourceLine }
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
  readonly reason: { readonly kind: 'new_account' | 'changed'; readonly at: SourceLine };
  /** null: the account does not exist yet, so MotherDuck's defaults are not known. */
  readonly before: Ducklings | null;
  /** For a new account, only the settings of the configuration; otherwise all settings to send. */
  readonly after: DesiredDucklings;
  /** The maximum price per hour of this account, by `compute_rates`. */
  readonly compute?: ComputeCeiling;
}

/** A token that exists, as a plan shows it. */
export interface ShownToken {
  readonly id: string;
  readonly name: string;
  readonly type: TokenType;
  readonly created_at: string;
  readonly expires_at: string | null;
}

/** What earlier tokens wait for before they are revoked without an overlap; `stored` with `--force`. */
export type RevokesOld = 'verified' | 'stored';

/** A token to create, with everything that apply needs. */
export interface PlannedToken {
  readonly name: string;
  readonly generation: number;
  readonly type: TokenType;
  /** Seconds; null: until revoked. */
  readonly ttl: Seconds | null;
  /** How long before its expiry it will be replaced, with its share of the jitter; absent for one that never expires. */
  readonly rotate_before?: Seconds;
  readonly description?: string;
  readonly secret_store: StoreNames;
  /** The secret paths, where the secret goes elsewhere than that of the token before it. */
  readonly secret_moves?: { readonly before: string; readonly after: string };
  readonly policy: string;
  /** The token that it replaces was adopted, and no store has its secret, so its programs have that from elsewhere. */
  readonly first_secret?: true;
  /** All earlier tokens of the series are revoked in the same run: once it is verified, or once it is stored. */
  readonly revokes_old?: RevokesOld;
  /** Tokens of interrupted runs whose secrets may be stored: it replaces them too, so that they retire after the overlap. */
  readonly orphans?: readonly ShownToken[];
  /** Replaced tokens that were kept until a replacement is verified: they retire with the one that it replaces. */
  readonly waiting?: readonly ShownToken[];
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

/** A live token that enters the state as it is. */
export interface AdoptedToken extends ShownToken {
  readonly generation: number;
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

/** The token that replaces another. */
export interface PlannedRotation extends PlannedToken {
  /** How long the replaced token stays valid, in seconds. */
  readonly overlap: Seconds;
  /** The replaced token has a name of another series, so it is never revoked. */
  readonly keeps_old?: true;
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
    | { readonly kind: 'changed'; readonly change: TokenChange; readonly at: SourceLine }
    | { readonly kind: 'requested' }
    | InterruptedRotation;
  readonly before: ShownToken;
  readonly after: PlannedRotation;
}

/** Revokes a token. */
export interface RevokeToken extends ActionBase {
  readonly action: 'revoke_token';
  /** The key in the configuration or the state; absent for a token that an interrupted smoke test left. */
  readonly token?: string;
  readonly reason:
    | { readonly kind: 'overlap_ended'; readonly retire_at: string }
    /** With `--revoke-old`; `at`: in an earlier run. `force`: verified or not. */
    | { readonly kind: 'requested'; readonly at?: string; readonly force?: true }
    | { readonly kind: 'orphan' | 'removed' | 'smoke_test' }
    /** Of a suspended account: the line of `suspended: true`. */
    | { readonly kind: 'suspended'; readonly at: SourceLine };
  readonly before: ShownToken;
  readonly after: null;
}

/** Runs the SQL of an account's `setup`, as the account. */
export interface RunSetup extends ActionBase {
  readonly action: 'run_setup';
  /** `unset`: it never ran. `interrupted`: a statement failed, or the run ended before it was recorded. */
  readonly reason: { readonly kind: 'new_account' | 'unset' | 'changed' | 'interrupted'; readonly at: SourceLine };
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
   * it may have, since the creation was never confirmed.
   */
  readonly reason:
    | { readonly kind: 'removed' | 'destroyed' | 'replaced_outside' | 'unconfirmed' }
    /** Of a token of a suspended account, whose generation stays known. */
    | { readonly kind: 'suspended'; readonly at: SourceLine }
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
  const groups = new Map<string, Action[]>();
  for (const action of actions) {
    const group = groups.get(action.account);
    if (group) group.push(action);
    else groups.set(action.account, [action]);
  }
  return groups;
}

/** The actions that store a secret. */
export function storingActions(actions: readonly Action[]): (CreateToken | RotateToken)[] {
  return actions.filter((action) => action.action === 'create_token' || action.action === 'rotate_token');
}

/** The actions that adopt a token. */
export function adoptingActions(actions: readonly Action[]): AdoptToken[] {
  return actions.filter((action) => action.action === 'adopt_token');
}

/** Why an action is planned; `reasonText` of `plan` words it. */
export type Reason = Action['reason'];

/** The name of an action. */
export type ActionName = Action['action'];

/** The counts of a plan's summary line. */
export interface Summary {
  readonly accounts: {
    readonly create: number;
    readonly adopt: number;
    readonly change: number;
    readonly delete: number;
    readonly forget: number;
  };
  readonly tokens: {
    readonly create: number;
    readonly adopt: number;
    readonly rotate: number;
    readonly revoke: number;
    readonly forget: number;
  };
  /** Accounts whose setup runs. */
  readonly setups: number;
}
