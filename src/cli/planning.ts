/** From the options to a plan: configuration, state, the live organization, and what was planned from them. */

import type { Desired } from '../model/desired.ts';
import type { Live } from '../model/live.ts';
import type { Plan } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import { accountNames, makePlan, type PlanOptions } from '../plan/plan.ts';
import type { PlanFormat } from '../report/plan/render.ts';
import type { SecretStore } from '../secrets/store.ts';
import { openStores, secretPathsIn } from '../secrets/stores.ts';
import type { ConfigOptions } from './configuration.ts';
import type { Io, OutputOptions } from './io.ts';
import { matchesNothing, onlyMatcher } from './only.ts';
import { readShown } from './reading.ts';
import { type Service, type ServiceOptions, warnOfClock } from './service.ts';

export interface PlanningOptions extends ConfigOptions, ServiceOptions, OutputOptions {
  readonly only?: readonly string[];
  readonly prune?: boolean;
  readonly due?: boolean;
  readonly format: PlanFormat;
  /** Seconds. */
  readonly lockTimeout?: number;
}

/** What a plan was made from, and the plan. */
export interface Planned {
  readonly desired: Desired;
  readonly stores: ReadonlyMap<string, SecretStore>;
  readonly live: Live;
  readonly plan: Plan;
}

/** Reads the organization and plans. @throws UserError when it cannot be read at all */
export async function planNow(
  desired: Desired,
  state: State,
  service: Service,
  options: Pick<PlanningOptions, 'only' | 'prune' | 'due' | 'parallelism'>,
  io: Io,
  more: Pick<PlanOptions, 'rotate' | 'because'> & { readonly signal?: AbortSignal } = {},
): Promise<Planned> {
  const stores = openStores(desired.stores);
  const only = onlyMatcher(options.only);
  const live = await readAccounts(desired, state, service, { ...options, only }, io, more.signal);
  warnOfClock(service, io);
  const { prune = false, due = false } = options;
  const { signal: _, ...how } = more;
  const globs = options.only === undefined ? {} : { only: options.only };
  const plan = planFrom({ desired, live, state, service, stores, prune, due, ...globs, ...how });
  return { desired, stores, live, plan };
}

/** What was read, and what of it is planned. */
export interface PlanningInput extends Pick<PlanOptions, 'prune' | 'due' | 'rotate' | 'because'> {
  readonly desired: Desired;
  readonly live: Live;
  readonly state: State;
  readonly service: Pick<Service, 'claims' | 'isSandbox'>;
  readonly stores: ReadonlyMap<string, SecretStore>;
  readonly only?: readonly string[];
}

/** The plan of what was read, with all that is known of its surroundings. @throws UserError USAGE: nothing matches `only` */
export function planFrom({ desired, live, state, service, stores, only: globs, ...rest }: PlanningInput): Plan {
  const only = onlyMatcher(globs);
  const names = accountNames(desired, state);
  if (globs !== undefined && !names.some(only)) {
    throw matchesNothing(globs, names, 'the configuration or the state');
  }
  return makePlan(desired, live, state, {
    ...rest,
    only,
    claims: service.claims,
    sandbox: service.isSandbox,
    secretPath: secretPathsIn(stores),
  });
}

function readAccounts(
  desired: Desired,
  state: State,
  service: Service,
  options: { readonly only: (username: string) => boolean; readonly parallelism: number },
  io: Io,
  signal: AbortSignal | undefined,
): Promise<Live> {
  const names = accountsToRead(desired, state, options.only);
  return readShown({ api: service.api, names, parallelism: options.parallelism, ...(signal ? { signal } : {}) }, io);
}

/** What a plan has to know of MotherDuck: those accounts, and whose Ducklings. */
export function accountsToRead(desired: Desired, state: State, only: (username: string) => boolean) {
  return accountNames(desired, state)
    .filter(only)
    .map((username) => ({
      username,
      needsDucklings:
        desired.computeRates !== undefined || desired.accounts.get(accountKey(username))?.ducklings !== undefined,
    }));
}
