/** A plan of scheduled work (`--due`): for nights, when nobody is there to approve what people changed. */
import type { Action, Notice } from '../model/plan.ts';
import type { AccountPlan } from './account-plan.ts';

/** The plan of an account where time alone asks for it; else nothing is done to the account, and a warning says why. */
export function scheduledOnly(account: string, plan: AccountPlan): AccountPlan {
  const others = plan.actions.filter((action) => !isScheduled(action));
  if (others.length === 0 && plan.protection === undefined) return plan;
  const { protection: _waits, ...rest } = plan;
  const unchanged = plan.compute && { compute: { before: plan.compute.before, after: plan.compute.before } };
  return { ...rest, ...unchanged, actions: [], warnings: [...plan.warnings, skipped(account, others)] };
}

/** What the configuration and people's hands have no part in; what a run that was stopped left is mended, too. */
function isScheduled(action: Action): boolean {
  switch (action.action) {
    case 'rotate_token':
      return action.reason.kind === 'due' || action.reason.kind === 'interrupted';
    case 'create_token':
      return action.reason.kind === 'expired' || action.reason.kind === 'interrupted';
    case 'revoke_token':
      return action.reason.kind !== 'removed';
    default:
      return false;
  }
}

function skipped(account: string, others: readonly Action[]): Notice {
  const names = [...new Set(others.map(({ action }) => action.replace('_', ' ')))];
  const what = names.length === 0 ? 'a change of its deletion protection' : names.join(', ');
  const message = `left out, since more than time asks for is planned: ${what}`;
  return { account, message, hint: { text: 'Review it, then apply it.', command: ['apply', '--only', account] } };
}
