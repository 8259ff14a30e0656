/** The one line that says what a plan amounts to. */
import type { Plan, Summary } from '../../model/plan.ts';
import { hasChanges, summarize } from '../../plan/plan.ts';

const NO_CHANGES = 'No changes. MotherDuck matches the configuration.';
const NOTHING_DUE = 'Nothing is due.';

/** `Plan: 2 accounts to create, 1 to change, 0 to delete; 3 tokens to create, 1 to rotate, 0 to revoke.` */
export function summaryLine(plan: Plan): string {
  if (!hasChanges(plan)) {
    if (plan.errors.length > 0) return 'No changes that could be planned; see the errors.';
    if (plan.violations.length > 0) return 'No changes; but what there is breaks a guardrail, as said above.';
    return plan.due ? NOTHING_DUE : NO_CHANGES;
  }
  const { accounts, tokens } = summarize(plan);
  return `Plan: ${accountCounts(accounts)}; ${tokenCounts(tokens)}.`;
}

function accountCounts(accounts: Summary['accounts']): string {
  const { create, change, adopt, forget } = accounts;
  const more = [...also(adopt, 'to adopt'), ...also(forget, 'to forget')].join('');
  return `${create} ${create === 1 ? 'account' : 'accounts'} to create, ${change} to change, ${accounts.delete} to delete${more}`;
}

function tokenCounts({ create, rotate, revoke, adopt, forget }: Summary['tokens']): string {
  const more = [...also(adopt, 'to adopt'), ...also(forget, 'to forget')].join('');
  return `${create} ${create === 1 ? 'token' : 'tokens'} to create, ${rotate} to rotate, ${revoke} to revoke${more}`;
}

function also(count: number, what: string): string[] {
  return count === 0 ? [] : [`, ${count} ${what}`];
}
