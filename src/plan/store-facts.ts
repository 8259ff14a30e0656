/** The facts about secret stores that plans use. */

import type { Action, CreateToken, RotateToken } from '../model/action.ts';
import type { SecretRemoval, StoreDestination } from '../model/plan.ts';
import type { TokenAddress } from '../model/secret.ts';
import type { KeptSecret, SecretRecord } from '../model/secret-record.ts';
import type { RetiringToken } from '../model/state.ts';
import type { LastWriter, RenamedStore } from '../model/store-warning.ts';
import type { Hint } from '../model/user-error.ts';

/** Tokens by the store, as a person names them: `etl_prod/airflow`. */
export type NamesByStore = ReadonlyMap<string, readonly string[]>;

type TokensByStore = ReadonlyMap<string, readonly TokenAddress[]>;

/** Whether a store has the secret of a replaced token, or may have it, since it cannot be read. */
export type Held = 'stored' | 'unreadable';

/** What a store has of a replaced token's secret, where that of its replacement must be; undefined: it does not have it. */
export type HeldBy = (old: RetiringToken) => Held | undefined;

/** What stores that can be read have. */
export interface StoreContents {
  /** The tokens whose secret a store lost. */
  readonly lost: TokensByStore;
  /** The same, of accounts that left the configuration. */
  readonly lostRetained: TokensByStore;
  /** The tokens whose first secret would overwrite a value that this state did not write. */
  readonly foreign: ReadonlyMap<
    string,
    { readonly tokens: readonly string[]; readonly secretPaths: readonly string[] }
  >;
  /** Tokens of which a store certainly has the current secret, and not that of an interrupted creation: the account's `accountKey`, and the key. */
  readonly unstored: ReadonlySet<string>;
  /** Fingerprints of replaced tokens whose secret a store has where that of their replacement must be, or may have. */
  readonly held: ReadonlyMap<string, Held>;
  /** What is at the secret paths of the state, by `secretRecordKey`: only a secret is removed when its token goes. */
  readonly atSecretPaths?: ReadonlyMap<string, 'secret' | 'nothing' | 'other'>;
  /** Stores in which nothing can be stored now. */
  readonly unusable?: ReadonlyMap<string, { readonly why: string; readonly hint: Hint }>;
  /** Stores whose program cannot be run, whether or not the plan stores anything there. */
  readonly broken?: ReadonlyMap<string, { readonly why: string; readonly hint: Hint }>;
  /** Stores whose file is of this machine, while the state is shared with others: the last run that stored secrets. */
  readonly shared?: ReadonlyMap<string, LastWriter>;
  /** Stores that cannot be read. */
  readonly unreadable: ReadonlyMap<string, { readonly why: string; readonly hint: Hint }>;
}

/** The tokens of a store: `etl_prod/airflow`. */
export interface StoreUsers {
  readonly tokens: readonly string[];
  /** Those with a secret elsewhere, or at a secret path that the state does not know. */
  readonly elsewhere: readonly string[];
  /** Those with a secret there that an earlier version of the command's script stored. */
  readonly byEarlierScript?: readonly string[];
  /** Those whose key was renamed, and whose secret the state has at the same secret path. */
  readonly renamed?: readonly string[];
  /** Those that the state does not have. */
  readonly unrecorded?: readonly string[];
  /** By the state, some secret is where the store puts it. */
  readonly isKnown: boolean;
}

/** What is known of the stores. */
export interface StoreFacts extends Partial<StoreContents> {
  /** Stores that are rehearsed, and where their secrets go, for output. */
  readonly rehearsed: ReadonlyMap<string, string>;
  /** The stores of the configuration, and whether they remove the secrets of tokens that are gone. */
  readonly removing: ReadonlyMap<string, boolean>;
  /** Stores that the state, before this plan, had under other names. */
  readonly renamed?: readonly RenamedStore[];
  /** Whether the configuration or a current token uses the secret path of an obsolete secret. */
  readonly isUsed: (record: SecretRecord) => boolean;
  /** The current token of another account or key whose secret that of a new token would overwrite. */
  readonly holderOf?: (
    action: CreateToken | RotateToken,
    actions: readonly Action[],
  ) => { readonly store: string; readonly holder: string } | undefined;
  /** Whether a secret is not where its store puts secrets now. */
  readonly isElsewhere: (record: SecretRecord) => boolean;
  /** The tokens whose secret another command than the present one of their store stored. */
  readonly changed?: NamesByStore;
  /** In a sandbox, tokens whose secret the program itself stored, not a rehearsal. */
  readonly ranReal?: ReadonlySet<string>;
  /** The tokens of stores that run programs of which no record says by which command their secret was stored. */
  readonly unknown?: NamesByStore;
  /** The tokens whose secrets go to each store. */
  readonly users?: ReadonlyMap<string, StoreUsers>;
  /** Why a secret stays that its store could remove. */
  readonly whyKept?: (record: SecretRecord) => KeptSecret | undefined;
  /** Stores that may give each secret of a token a secret path of its own. */
  readonly perGeneration?: ReadonlySet<string>;
  /** Whether a secret that stays where no store puts secrets now may be where one in use is. */
  readonly mayBeInUse?: (record: SecretRecord) => boolean;
  /** How an obsolete secret is removed; undefined when it is not. */
  readonly howRemoved: (record: SecretRecord) => SecretRemoval['by'] | undefined;
  /** Where each store puts secrets. */
  readonly destinations?: ReadonlyMap<string, StoreDestination>;
}
