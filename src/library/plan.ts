import { onlyMatcher } from '../engine/account-selection.ts';
import { checkClock } from '../engine/clock.ts';
import { planFrom, readAccounts, storesFor } from '../engine/planning.ts';
import { defined } from '../model/defined.ts';
import type { Desired } from '../model/desired.ts';
import type { Live } from '../model/live.ts';
import type { Plan, Scope } from '../model/plan.ts';
import type { RevokesOld } from '../model/planned-token.ts';
import type { State } from '../model/state.ts';
import { type PlanFormat, renderPlan as renderPlanAs } from '../report/formats.ts';
import type { SecretStore } from '../secrets/store.ts';
import { openStores as openConfiguredStores } from '../secrets/stores.ts';
import { type OpenState, othersOf, type Service } from './open.ts';

/** The options that `readLive`, `plan` and `audit` share. */
export interface SharedOptions {
  readonly desired: Desired;
  readonly state: State | OpenState;
  readonly service: Service;
  /** Globs of usernames. Default: all accounts. */
  readonly only?: readonly string[];
}

/** The options of `readLive`. */
export interface ReadLiveOptions extends SharedOptions {
  /** Receives the number of accounts that were read, and of all that will be. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops the reading when it is aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Reads from MotherDuck what a plan needs: the users, and the tokens and Ducklings of the accounts in the configuration or
 * the state. An account that cannot be read is `unknown` in the result.
 *
 * @throws {@link UserError} TOKEN_REFUSED, NOT_ADMIN, API_UNREACHABLE, API_NOT_MOTHERDUCK or API_FAILED if nothing can be read;
 * CLOCK_DIFFERS if MotherDuck's clock and this machine's are a day apart; INTERRUPTED if `signal` was aborted
 * @example
 * ```ts
 * import { loadConfig, openService, readLive, readState } from 'motherduck-accounts';
 *
 * const { desired } = await loadConfig();
 * const service = await openService({ sandbox: '.motherduck-sandbox' });
 * const state = await readState({ desired, service });
 * const live = await readLive({ desired, state, service, onProgress: (done, total) => console.log(`${done}/${total}`) });
 * console.log([...live.accounts.keys()]);
 * ```
 */
export async function readLive(options: ReadLiveOptions): Promise<Live> {
  const { desired, state, service, only, onProgress, signal } = options;
  const { parallelism } = service.opened;
  const live = await readAccounts(
    { desired, state: snapshotOf(state), service: service.opened, only: onlyMatcher(only), parallelism },
    defined({ progress: onProgress, signal }),
  );
  checkClock(service.opened, { warn: () => {} });
  return live;
}

/**
 * Opens the secret stores of the configuration, by name. `plan` and `apply` do this themselves. Call it to replace a store:
 * put your own `SecretStore` into the map, under the name of the configured one.
 *
 * @param service Its environment is that of the commands of exec stores. If it is a sandbox, these are not run: the secrets go to
 * `stores` in its folder. Without it, every store is real, and commands inherit `process.env`.
 *
 * @example
 * ```ts
 * import { loadConfig, openStores, type Secret, type SecretStore } from 'motherduck-accounts';
 *
 * const { desired } = await loadConfig();
 * const secrets = new Map<string, Secret>();
 * const memory: SecretStore = {
 *   name: 'local',
 *   secretPath: ({ account, token }) => `memory#${account}/${token}`,
 *   check: async () => {},
 *   put: async ({ account, token }, secret) => void secrets.set(`${account}/${token}`, secret),
 * };
 * const stores = new Map([...openStores(desired), ['local', memory]]);
 * console.log([...stores.keys()]);
 * ```
 */
export function openStores(desired: Desired, service?: Service): ReadonlyMap<string, SecretStore> {
  return service === undefined ? openConfiguredStores(desired.stores, process.env) : storesFor(desired, service.opened);
}

/** The options of `plan`. */
export interface PlanOptions extends SharedOptions {
  /** The result of `readLive` with the same `only`: accounts that were not read are errors in the plan. */
  readonly live: Live;
  /** Default: the stores of the configuration. */
  readonly stores?: ReadonlyMap<string, SecretStore>;
  /** Also delete managed accounts that are no longer in the configuration. Default: false. */
  readonly prune?: boolean;
  /** Plan only scheduled work, and skip accounts with other changes. Default: false. */
  readonly due?: boolean;
  /** The scope that reports of the plan show. Default: none. */
  readonly scope?: Scope;
  /** Plan although more managed accounts are gone than `max_missing` allows. Default: false. */
  readonly allowMissing?: boolean;
  /** Whether to replace a token now, by username and token key, whether or not it is due. Default: no token. */
  readonly rotate?: (account: string, token: string) => boolean;
  /** When the old tokens of those are revoked: once the new ones are verified, or once they are stored. Default: after their overlap. */
  readonly revokeOld?: RevokesOld;
}

/**
 * Plans the changes that make MotherDuck match the configuration. Changes nothing. Accounts that cannot be planned are in
 * `errors` of the plan, broken guardrails in `violations`.
 *
 * @throws {@link UserError} USAGE if `only` matches no account of the configuration or the state; ORGANIZATION_DIFFERS or
 * MANY_MISSING if managed accounts are gone
 * @example
 * ```ts
 * import { loadConfig, openService, plan, readLive, readState } from 'motherduck-accounts';
 *
 * const { desired } = await loadConfig();
 * const service = await openService({ sandbox: '.motherduck-sandbox' });
 * const state = await readState({ desired, service });
 * const live = await readLive({ desired, state, service });
 * const planned = plan({ desired, live, state, service });
 * for (const { action, account, risk } of planned.actions) console.log(action, account, risk);
 * ```
 */
export function plan(options: PlanOptions): Plan {
  const { state, service, stores = openStores(options.desired, options.service), ...rest } = options;
  return planFrom({ ...rest, state: snapshotOf(state), service: service.opened, stores, others: othersOf(state) });
}

/**
 * Renders a plan.
 *
 * @param format `text` (without colours), `json` (`schemas/plan.schema.json`), `markdown` (for a pull request) or `html` (a page)
 * @throws TypeError for any other format
 * @example
 * ```ts
 * import { loadConfig, openService, plan, readLive, readState, renderPlan } from 'motherduck-accounts';
 *
 * const { desired } = await loadConfig();
 * const service = await openService({ sandbox: '.motherduck-sandbox' });
 * const state = await readState({ desired, service });
 * const live = await readLive({ desired, state, service });
 * console.log(renderPlan(plan({ desired, live, state, service }), 'text'));
 * ```
 */
export function renderPlan(plan: Plan, format: PlanFormat): string {
  return renderPlanAs(plan, format);
}

/** The current state, also of one that is open. */
export function snapshotOf(state: State | OpenState): State {
  return 'stateWriter' in state ? state.state : state;
}
