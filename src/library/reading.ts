import { audit as auditEvidence } from '../audit/audit.ts';
import { gatherEvidence } from '../engine/auditing.ts';
import { onlyMatcher, planFrom, readAccounts } from '../engine/planning.ts';
import type { Audit } from '../model/audit.ts';
import type { Desired } from '../model/desired.ts';
import type { Live } from '../model/live.ts';
import type { Plan } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import type { SecretStore } from '../secrets/store.ts';
import { openStores as openAll } from '../secrets/stores.ts';
import type { Service } from './service.ts';
import { type OpenState, snapshotOf } from './state.ts';

/**
 * The configuration's secret stores, by name. `plan` and `apply` open them by themselves; give them others to put
 * secrets elsewhere than the configuration says: a SecretStore of your own under the name of a configured one.
 */
export function openStores(desired: Desired): ReadonlyMap<string, SecretStore> {
  return openAll(desired.stores);
}

/** What is read, planned or audited. */
export interface Question {
  readonly desired: Desired;
  readonly state: State | OpenState;
  readonly service: Service;
  /** Globs of usernames; all accounts unless given. */
  readonly only?: readonly string[];
}

/**
 * Reads of MotherDuck what a plan needs: the users, and the tokens and Ducklings of the accounts that the configuration
 * or the state names. An account that cannot be read is `unknown` in the result.
 *
 * @throws {@link UserError} TOKEN_REFUSED, NOT_ADMIN, API_UNREACHABLE and their like, when nothing can be read at all; INTERRUPTED
 */
export async function readLive(
  question: Question & {
    readonly onProgress?: (done: number, total: number) => void;
    readonly signal?: AbortSignal;
  },
): Promise<Live> {
  const { desired, state, service, only, onProgress, signal } = question;
  const { parallelism } = service.opened;
  return readAccounts(
    { desired, state: snapshotOf(state), service, only: onlyMatcher(only), parallelism },
    { ...(onProgress ? { progress: onProgress } : {}), ...(signal ? { signal } : {}) },
  );
}

/**
 * Plans what would make MotherDuck match the configuration. Asks nobody and changes nothing. `only` has to be that of
 * `readLive`: accounts that were not read are errors in the plan. So is what the plan cannot decide (`errors`); what it
 * must not do by the configuration's guardrails is in `violations`.
 *
 * @param question `prune`: also delete managed accounts that left the configuration. `due`: only scheduled work;
 * accounts with other changes are left out. `rotate` says which tokens (by username and key) are replaced now, due or not.
 * @throws {@link UserError} USAGE: no account matches `only`
 */
export function plan(
  question: Question & {
    readonly live: Live;
    readonly stores?: ReadonlyMap<string, SecretStore>;
    readonly prune?: boolean;
    readonly due?: boolean;
    readonly rotate?: (account: string, token: string) => boolean;
  },
): Plan {
  const { state, service, stores = openStores(question.desired), ...rest } = question;
  return planFrom({ ...rest, state: snapshotOf(state), service: service.opened, stores });
}

/**
 * Reads the organization and compares it with the configuration and good practice. Changes nothing.
 *
 * @param question `idle`: also find accounts without a query for so long, in seconds, which takes a connection to `md:`.
 * @throws {@link UserError} as `readLive` does; USAGE: no account matches `only`
 */
export async function audit(question: Question & { readonly idle?: number }): Promise<Audit> {
  const { desired, state, service, only, idle } = question;
  const { parallelism } = service.opened;
  const options = { parallelism, ...(only ? { only } : {}), ...(idle === undefined ? {} : { usage: true, idle }) };
  return auditEvidence(await gatherEvidence(desired, snapshotOf(state), service.opened, options, { warn: () => {} }));
}
