/** The counts of a plan, and whether an apply of it changes anything. */
import type { ActionName } from '../model/action.ts';
import { isOfBranch } from '../model/notice.ts';
import type { Plan, Summary } from '../model/plan.ts';

/** The counts of the summary line. */
export function summarize(plan: Plan): Summary {
  const count = (name: ActionName) => plan.actions.filter((action) => action.action === name).length;
  const forgets = plan.actions.filter((action) => action.action === 'forget');
  return {
    accounts: {
      create: count('create_account'),
      adopt: count('adopt_account'),
      change: changedAccounts(plan),
      delete: count('delete_account'),
      forget: forgets.filter((action) => action.token === undefined).length,
    },
    tokens: {
      create: count('create_token'),
      adopt: count('adopt_token'),
      rotate: count('rotate_token'),
      revoke: count('revoke_token'),
      forget: forgets.filter((action) => action.token !== undefined).length,
    },
    setups: count('run_setup'),
  };
}

/** Ducklings of an account that is created are part of its creation, not a change. */
function changedAccounts(plan: Plan): number {
  const changed = plan.actions.filter((action) => action.action === 'set_ducklings' && action.before !== null);
  return new Set([...changed, ...plan.protection].map(({ account }) => account)).size;
}

/**
 * Whether an apply of the plan would change anything: at MotherDuck, in a secret store, or a setting in the state. Without
 * changes, it may test accounts again, record that it ran, and drop from the state what is gone at MotherDuck.
 *
 * @example
 * ```ts
 * import { hasChanges, loadConfig, openService, plan, readLive, readState } from 'motherduck-accounts';
 *
 * const { desired } = await loadConfig();
 * const service = await openService({ sandbox: '.motherduck-sandbox' });
 * const state = await readState({ desired, service });
 * const live = await readLive({ desired, state, service });
 * console.log(hasChanges(plan({ desired, live, state, service })) ? 'There are changes.' : 'No changes.');
 * ```
 */
export function hasChanges(plan: Plan): boolean {
  return (
    plan.actions.length > 0 ||
    plan.protection.length > 0 ||
    (plan.removals ?? []).length > 0 ||
    (plan.policies ?? []).length > 0 ||
    storesToRename(plan) > 0
  );
}

/** The number of secret stores of which an apply records another name. */
export function storesToRename({ warnings }: Plan): number {
  return warnings.filter(({ kind }) => kind === 'store_renamed').length;
}

/** Whether the branch of a pull request changes the state or a setting, or may do so, since it could not be compared. */
export function changesBranch({ warnings }: Pick<Plan, 'warnings'>): boolean {
  return warnings.some(isOfBranch);
}

/** Whether a plan of scheduled work skips something that is due, or may be. */
export function leavesDueWork({ warnings }: Pick<Plan, 'warnings'>): boolean {
  return warnings.some(({ kind }) => kind === 'due_left' || kind === 'nothing_managed');
}
