/** The maximum cost of all managed accounts per hour, before and after a plan. */
import type { ComputeCeiling } from '../model/action.ts';
import type { Desired } from '../model/desired.ts';
import type { Live } from '../model/live.ts';
import type { State } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import { accountNames } from './account-names.ts';
import type { PlannedAccount } from './account-plan.ts';
import { configuredCeiling, currencyOf, sumCeilings } from './compute-ceiling.ts';

/** The ceilings of a plan. */
interface PlanCeilings {
  /** Of all managed accounts; undefined without rates. */
  readonly compute: ComputeCeiling | undefined;
  /** Of the accounts that are planned (`--only`). */
  readonly ownCompute: ComputeCeiling;
  /** The accounts with a ceiling that is not known after the plan. */
  readonly unpriced: readonly string[];
}

/** Adds the ceilings of the accounts. */
export function planCeilings(
  desired: Desired,
  live: Live,
  state: State,
  planned: readonly PlannedAccount[],
  only: (username: string) => boolean,
): PlanCeilings {
  const ceilings = ceilingsOf(desired, state, live, planned);
  const sum = desired.computeRates && sumCeilings(ceilings);
  // Ducklings of a size that this version does not know are not changed, so they raise no ceiling.
  const isChanged = (username: string) => {
    const account = live.accounts.get(accountKey(username));
    return account?.presence !== 'present' || account.value.unreadableDucklings === undefined;
  };
  return {
    compute: sum && { ...sum, ...currencyOf(desired) },
    ownCompute: sumCeilings([...ceilings].filter(([username]) => only(username) && isChanged(username))),
    unpriced: [...ceilings].filter(([, { after }]) => after === null).map(([username]) => username),
  };
}

/** The ceilings of all managed accounts; one that was not planned, or could not be, counts as configured if it may exist. */
function ceilingsOf(
  desired: Desired,
  state: State,
  { users }: Live,
  planned: readonly PlannedAccount[],
): Map<string, ComputeCeiling> {
  const byName = new Map(planned.map(({ username, plan }) => [username, plan.compute]));
  const listed =
    users.listed && users.complete ? new Set(users.all.map((user) => accountKey(user.username))) : undefined;
  const mayExist = (key: string) => state.accounts.has(key) || listed?.has(key) !== false;
  return new Map(
    accountNames(desired, state).flatMap((username): [string, ComputeCeiling][] => {
      const key = accountKey(username);
      const ceiling = byName.get(username);
      if (ceiling === undefined && !mayExist(key)) return [];
      return [[username, ceiling ?? configuredCeiling(desired, desired.accounts.get(key))]];
    }),
  );
}
