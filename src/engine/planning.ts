/** Reads the organization and plans. */

import type { Desired } from '../model/desired.ts';
import type { Live } from '../model/live.ts';
import type { Plan } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { accountNames, makePlan, type PlanOptions } from '../plan/plan.ts';
import type { SecretStore } from '../secrets/store.ts';
import { openStores, secretPathsIn } from '../secrets/stores.ts';
import type { EngineContext } from './context.ts';
import { accountsToRead, matchesNothing, onlyMatcher, readWithProgress } from './reading.ts';
import { type Service, warnOfClock } from './service.ts';

/** What is planned of the organization. */
export interface PlanScope {
  /** Globs of usernames; all accounts unless given. */
  readonly only?: readonly string[];
  readonly prune?: boolean;
  /** Only scheduled work: due rotations and ended overlaps. */
  readonly due?: boolean;
  /** Maximum number of concurrent requests. */
  readonly parallelism: number;
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
  options: PlanScope,
  context: EngineContext,
  more: Pick<PlanOptions, 'rotate' | 'because'> = {},
): Promise<Planned> {
  const stores = openStores(desired.stores);
  const only = onlyMatcher(options.only);
  const names = accountsToRead(desired, state, only);
  const live = await readWithProgress({ api: service.api, names, parallelism: options.parallelism }, context);
  warnOfClock(service, context);
  const { prune = false, due = false } = options;
  const globs = options.only === undefined ? {} : { only: options.only };
  const plan = planFrom({ desired, live, state, service, stores, prune, due, ...globs, ...more });
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
