import type { Action } from '../../model/plan.ts';

/** The actions of a plan by account, both in the plan's order. */
export function groupByAccount(actions: readonly Action[]): Map<string, Action[]> {
  const groups = new Map<string, Action[]>();
  for (const action of actions) {
    const group = groups.get(action.account);
    if (group) group.push(action);
    else groups.set(action.account, [action]);
  }
  return groups;
}
