/** The promise of an import: the plan after it adopts what was asked for, and is otherwise the plan before it. */
import type { Import } from '../model/import.ts';
import type { Action, AdoptAccount, AdoptToken, Notice, Plan, ShownToken } from '../model/plan.ts';

type Adopts = Import['adopts'];

/** What keeps an import from doing nothing but adopting, a line each; empty when nothing does. */
export function inTheWay(before: Plan, after: Plan, adopts: Adopts): string[] {
  const was = new Set(before.actions.map(identity));
  const is = new Set(after.actions.map(identity));
  const fresh = after.actions.filter((action) => !was.has(identity(action)));
  const gone = before.actions.filter((action) => !is.has(identity(action)));
  const made = new Set(fresh.map(nameOf));
  const missing = [...adopts.accounts, ...adopts.tokens.keys()].filter((name) => !made.has(name));
  return [
    ...fresh.filter((action) => !isMeant(action, adopts)).map((action) => `${brief(action)}, since ${action.reason}`),
    ...gone.map((action) => `${brief(action)} would not happen any more`),
    ...missing.map((name) => `${name} would not be adopted`),
    ...news(before.errors, after.errors, ({ account, token, message }) => `${account}/${token}: ${message}`),
    // A ceiling that was broken before is broken by another number now.
    ...news(before.violations, after.violations, ({ account }) => account ?? 'the ceiling'),
  ];
}

/** Of a plan, the adoptions of what was asked for; those of what the configuration named already too. */
export function adoptions(plan: Plan, isAsked: (account: string, token?: ShownToken) => boolean): Adoption[] {
  return plan.actions.filter(
    (action): action is Adoption =>
      (action.action === 'adopt_account' && isAsked(action.account)) ||
      (action.action === 'adopt_token' && action.from === undefined && isAsked(action.account, action.after)),
  );
}

export type Adoption = AdoptAccount | AdoptToken;

/** A token that a smoke test left in an account goes as soon as the account is managed: it never lived for more than minutes. */
function isMeant(action: Action, { accounts, tokens }: Adopts): boolean {
  if (action.action === 'adopt_account') return accounts.has(action.account);
  if (action.action === 'adopt_token') return tokens.get(nameOf(action)) === action.after.id;
  return action.action === 'revoke_token' && action.cause === 'smoke_test';
}

/** An action without its reason and place, which name lines that an import moves. */
function identity(action: Action): string {
  return JSON.stringify([action.action, nameOf(action), action.before, action.after]);
}

/** `etl_prod/airflow`, as in Import; the account alone for what is about all of it. */
function nameOf(action: Action): string {
  return 'token' in action && action.token !== undefined ? `${action.account}/${action.token}` : action.account;
}

function brief(action: Action): string {
  return `${action.action.replace('_', ' ')} ${nameOf(action)}`;
}

function news(before: readonly Notice[], after: readonly Notice[], key: (notice: Notice) => string): string[] {
  const known = new Set(before.map(key));
  return after.filter((notice) => !known.has(key(notice))).map(({ message }) => message);
}
