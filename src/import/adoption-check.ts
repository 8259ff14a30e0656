/** Checks that an import only adopts: the plan after it adopts the selection, and is otherwise the plan before it. */
import type { Action, AdoptAccount, AdoptToken } from '../model/action.ts';
import { entryName } from '../model/entry-name.ts';
import type { Import, ImportObstacle } from '../model/import.ts';
import type { PlanNotice } from '../model/notice.ts';
import type { Plan } from '../model/plan.ts';
import type { ShownToken } from '../model/planned-token.ts';

type Adopts = Import['adopts'];

/** Why the plan after an import would do more than adopt; empty when it only adopts. */
export function obstacles(before: Plan, after: Plan, adopts: Adopts): ImportObstacle[] {
  const was = new Set(before.actions.map(identity));
  const is = new Set(after.actions.map(identity));
  const added = after.actions.filter((action) => !was.has(identity(action)));
  const dropped = before.actions.filter((action) => !is.has(identity(action)));
  const adopted = new Set(added.map(entryName));
  const missing = [...adopts.accounts, ...adopts.tokens.keys()].filter((name) => !adopted.has(name));
  return [
    ...added.filter((action) => !isIntended(action, adopts)).map((action) => ({ kind: 'new_action' as const, action })),
    ...dropped.map((action) => ({ kind: 'dropped_action' as const, action })),
    ...missing.map((name) => ({ kind: 'not_adopted' as const, name })),
    ...newNotices(before.errors, after.errors, (error) => JSON.stringify(error)),
    // A compute ceiling that was exceeded before is exceeded by another amount now.
    ...newNotices(before.violations, after.violations, (violation) =>
      'account' in violation ? violation.account : '',
    ),
  ];
}

/** The adoptions of a plan that are selected, also of accounts and tokens that the configuration already had. */
export function adoptions(plan: Plan, isSelected: (account: string, token?: ShownToken) => boolean): Adoption[] {
  return plan.actions.filter(
    (action): action is Adoption =>
      (action.action === 'adopt_account' && isSelected(action.account)) ||
      (action.action === 'adopt_token' && action.from === undefined && isSelected(action.account, action.after)),
  );
}

/** An action that adopts an account or a token. */
export type Adoption = AdoptAccount | AdoptToken;

function isIntended(action: Action, { accounts, tokens }: Adopts): boolean {
  if (action.action === 'adopt_account') return accounts.has(action.account);
  if (action.action === 'adopt_token') return tokens.get(entryName(action)) === action.after.id;
  return false;
}

/** An action without its reason and location, which name lines that an import moves. */
function identity(action: Action): string {
  return JSON.stringify([action.action, entryName(action), action.before, action.after]);
}

function newNotices<N extends PlanNotice>(
  before: readonly N[],
  after: readonly N[],
  key: (notice: N) => string,
): ImportObstacle[] {
  const known = new Set(before.map(key));
  return after.filter((notice) => !known.has(key(notice))).map((notice) => ({ kind: 'new_notice', notice }));
}
