/** What a plan warns of about secret stores, and the secrets in them. `wording/store-warnings.ts` says it in English. */
import type { Hint } from './user-error.ts';

/** The last run that stored secrets, as far as a shared state tells. */
export interface LastWriter {
  /** The user, or the URL of the job. */
  readonly who?: string;
  readonly at?: string;
}

/** A warning of a plan about a secret store. */
export type StoreWarning =
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
  /** The store has another name in the configuration than in the state, and the same secret paths: apply records the name, and nothing else. */
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
      /** It has a `remove` command, which could remove the secrets in use: they may be at the same secret paths. */
      readonly near?: true;
      /** It has one, which would remove secrets in use as well. */
      readonly shared?: true;
      /** Its command has the generation in its words, and may give each secret of a token a secret path of its own. */
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
      /** Those in use may be at the same secret paths. */
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
    };

/** A store whose secrets are where they were, under another name. */
export type RenamedStore = Omit<Extract<StoreWarning, { kind: 'store_renamed' }>, 'kind'>;
