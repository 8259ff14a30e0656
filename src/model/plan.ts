import type { Action, ComputeCeiling } from './action.ts';
import type { PlanError, PlanWarning, Violation } from './notice.ts';
import type { RevokesOld } from './planned-token.ts';
import type { TokenAddress } from './secret.ts';
import type { RecordedPolicy } from './state.ts';
import type { Seconds } from './time.ts';

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
  /** Tokens that stay and whose policies changed. These are in the state only, so no call is made. Absent when there is none, and of scheduled work. */
  readonly policies?: readonly PolicyToRecord[];
  /** Tokens that were stored and have not connected yet, so that the tokens they replaced are kept. */
  readonly unverified: readonly TokenAddress[];
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

/** A policy that apply records in the state. */
export interface PolicyToRecord {
  readonly account: string;
  readonly token: string;
  /** The key in the state, when the configuration renamed it. */
  readonly from?: string;
  /** What is absent was never recorded. */
  readonly before: Partial<RecordedPolicy>;
  readonly after: RecordedPolicy;
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
  /** Of these, the number that do not exist and that the plan does not create, as of accounts in error. Absent when there is none. */
  readonly uncreated?: number;
  /** By the state, it has no secret there. */
  readonly new?: true;
  /** Tokens whose secret is elsewhere by the state, or at a secret path that it does not know: `etl_prod/airflow`. Absent when there is none. */
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
