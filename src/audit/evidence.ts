/**
 * Evidence: desired, live and state, joined so that rules only have to look. Which token belongs to which key comes from a
 * plan that is made from the same readings, so that an audit and a plan never disagree.
 */
import { groupBy } from '../model/collections.ts';
import { defined } from '../model/defined.ts';
import type { Desired, SecretStoreConfig } from '../model/desired.ts';
import type { Live } from '../model/live.ts';
import type { Plan, Scope } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import type { Compute, Known, Storage } from '../model/usage.ts';
import type { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { WireActiveAccounts } from '../model/wire.ts';
import { accountNames, unmanagedAccounts } from '../plan/account-names.ts';
import { type MakePlanOptions, makePlan } from '../plan/plan.ts';
import type { StoreContents } from '../plan/store-facts.ts';
import { type AuditedAccount, joinAccount } from './account.ts';

/** What was read for an audit; what could not be read has the error instead. */
export interface AuditReadings {
  readonly desired: Desired;
  readonly live: Live;
  /** The empty state where there is no file. */
  readonly state: State;
  readonly sandbox: boolean;
  /** Whether there is no configuration, so that good practice alone is checked. */
  readonly unconfigured?: boolean;
  /** Which accounts are audited (`--only`); all when absent. */
  readonly only?: (username: string) => boolean;
  readonly active: Active;
  /** Where a store would put a token's secret; without it a changed secret path is not noticed. */
  readonly secretPath?: NonNullable<MakePlanOptions['secretPath']>;
  /** What stores show of replaced tokens and of interrupted runs; without it, the state alone says what was not stored. */
  readonly inStores?: NonNullable<MakePlanOptions['inStores']>;
  /** Whether it runs in CI. Default: no. */
  readonly isCi?: boolean;
  /** The secret stores whose secrets are on the machine that stored them, by name. Default: none. */
  readonly machineStores?: ReadonlySet<string>;
  /** The secret stores that tokens use and that cannot be written, by name. */
  readonly unusableStores: ReadonlyMap<string, UserError>;
  /** The stores that lost the secret of a token, by its name: `etl_prod/airflow`. */
  readonly lostSecrets?: ReadonlyMap<string, readonly string[]>;
  /** The stores whose files are of this machine, while the state is shared with others. */
  readonly sharedStores?: NonNullable<StoreContents['shared']>;
  /** The states of other configurations that cannot be read. */
  readonly unreadStates?: MakePlanOptions['unreadStates'];
  readonly usage?: Usage;
  readonly scope?: Scope;
  /** The variable of the token that the audit uses, and when it expires, in milliseconds since 1970; absent where it does not say. */
  readonly adminToken?: { readonly source: string; readonly expiresAt: number };
}

/** The accounts with running Ducklings, or why they could not be read. */
export type Active =
  | { readonly ok: true; readonly accounts: WireActiveAccounts['accounts'] }
  | { readonly ok: false; readonly why: UserError };

/** When accounts last ran a query, what they used and what they store; only with --usage. */
export interface Usage {
  /** An account without a query for this many seconds is idle. */
  readonly idleSeconds: number;
  readonly reading:
    | {
        readonly ok: true;
        /** By `accountKey`, in milliseconds since 1970; accounts that ran none are absent. */
        readonly lastQueryAt: ReadonlyMap<string, number>;
      }
    | { readonly ok: false; readonly why: UserError };
  /** Absent when there was no connection, as `reading` says. */
  readonly compute?: Known<Compute>;
  /** By `accountKey`; accounts without a database are absent. */
  readonly storage?: Known<ReadonlyMap<string, Storage>>;
}

/** What the rules check. */
export interface Evidence {
  readonly desired: Desired;
  /** MotherDuck's time, in milliseconds since 1970. */
  readonly now: number;
  readonly sandbox: boolean;
  /** Whether there is no configuration, so that good practice alone is checked. */
  readonly unconfigured: boolean;
  /** In the order of the configuration, then those of the state, then unmanaged ones; by name within these. */
  readonly accounts: readonly AuditedAccount[];
  readonly ignored: readonly string[];
  /** false with `--only`: totals over all accounts are then not checked. */
  readonly isComplete: boolean;
  readonly users: Live['users'];
  readonly active: Active;
  readonly unusableStores: readonly { readonly store: SecretStoreConfig; readonly why: UserError }[];
  readonly isCi: boolean;
  readonly machineStores: ReadonlySet<string>;
  readonly lostSecrets: ReadonlyMap<string, readonly string[]>;
  readonly sharedStores: NonNullable<StoreContents['shared']>;
  readonly unreadStates: NonNullable<MakePlanOptions['unreadStates']>;
  readonly usage?: Usage;
  readonly scope?: Scope;
  readonly adminToken?: AuditReadings['adminToken'];
}

/** Joins what was read. */
export function joinEvidence(readings: AuditReadings): Evidence {
  const { desired, live, state, sandbox, only = () => true, active, usage, secretPath, inStores } = readings;
  const known = defined({ secretPath, inStores });
  const plan = makePlan(desired, live, state, { only, sandbox, ...known });
  return {
    desired,
    now: live.now,
    sandbox,
    unconfigured: readings.unconfigured ?? false,
    accounts: joinAccounts(readings, plan, only),
    ignored: unmanagedAccounts(desired, live, state, only).ignored,
    isComplete: readings.only === undefined,
    users: live.users,
    active,
    unusableStores: [...desired.stores.values()].flatMap((store) => {
      const why = readings.unusableStores.get(store.name);
      return why === undefined ? [] : [{ store, why }];
    }),
    isCi: readings.isCi ?? false,
    machineStores: readings.machineStores ?? new Set(),
    lostSecrets: readings.lostSecrets ?? new Map(),
    sharedStores: readings.sharedStores ?? new Map(),
    unreadStates: readings.unreadStates ?? [],
    ...defined({ usage, scope: readings.scope, adminToken: readings.adminToken }),
  };
}

function joinAccounts(
  { desired, live, state, active, unconfigured = false }: AuditReadings,
  plan: Plan,
  only: (username: string) => boolean,
) {
  const byKey = ({ account }: { readonly account: string }) => accountKey(account);
  const actions = groupBy(plan.actions, byKey);
  const protection = new Map(plan.protection.map((change) => [byKey(change), change]));
  const newer = plan.warnings.flatMap((warning) =>
    warning.kind === 'older_state' && warning.recreated !== 'certain' ? [warning] : [],
  );
  const held = plan.warnings.flatMap((warning) => (warning.kind === 'overlap_held' ? [warning] : []));
  const [newerByKey, heldByKey] = [groupBy(newer, byKey), groupBy(held, byKey)];
  const running = new Map(
    active.ok ? active.accounts.map(({ username, ducklings }) => [accountKey(username), ducklings]) : [],
  );
  const join = (username: string): AuditedAccount => {
    const key = accountKey(username);
    return joinAccount({
      username,
      desired: desired.accounts.get(key),
      state: state.accounts.get(key),
      presence: live.accounts.get(key),
      unconfigured,
      now: live.now,
      actions: actions.get(key) ?? [],
      newer: newerByKey.get(key) ?? [],
      held: heldByKey.get(key) ?? [],
      protection: protection.get(key),
      running: running.get(key) ?? [],
    });
  };
  // An account that was deleted after the users were listed is not reported.
  const isLive = (username: string) => live.accounts.get(accountKey(username))?.presence !== 'absent';
  const unmanaged = (plan.unmanaged.accounts ?? []).filter((username) => only(username) && isLive(username));
  return [...accountNames(desired, state).filter(only), ...unmanaged].map(join);
}
