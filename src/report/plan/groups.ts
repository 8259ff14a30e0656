/** Accounts of a plan with identical changes, which are shown as one: thousands of tenants come from one template. */
import { type Action, actionsByAccount, RISKS, type Risk } from '../../model/action.ts';
import { groupBy } from '../../model/collections.ts';
import { ACCOUNT } from '../../model/setup.ts';
import { NAMES_SHOWN } from '../../model/wording.ts';
import { reasonText } from '../../wording/reasons.ts';
import { sharedReasonText, speaksOfOne } from '../../wording/shared-reasons.ts';
import { shownSql } from './sql.ts';
import { detailOf, isOfAccount, sharedDetailOf } from './wording.ts';

/** An action of every account of a group. */
export interface GroupedAction {
  /** That of the first account. */
  readonly action: Action;
  /** In the words of one action, or in those that all share. */
  readonly detail: string;
  readonly reason: string;
}

/** One account, or several whose actions have the same values. */
export interface AccountGroup {
  /** In the order of their first actions. */
  readonly accounts: readonly string[];
  readonly actions: readonly GroupedAction[];
  /** That of the worst action. */
  readonly risk: Risk;
  /** The statements to review; with `{account}` for the names of several. */
  readonly sql: readonly string[];
}

/**
 * Groups accounts whose actions are the same but for the account's name, ids, times and locations in the configuration: those
 * with the worst risk first, else in the order of their first actions. Takes time proportional to their number.
 *
 * @param isGrouped false: every account is a group of its own
 */
export function groupAccounts(actions: readonly Action[], isGrouped = true): AccountGroup[] {
  const groups = groupBy(actionsByAccount(actions), ([account, own]) => (isGrouped ? keyOf(own) : account));
  const all = [...groups.values()].map((members) => groupOf(members.map(([, own]) => own)));
  return RISKS.flatMap((risk) => all.filter((group) => group.risk === risk));
}

function groupOf(members: readonly (readonly Action[])[]): AccountGroup {
  const [first = []] = members;
  const isOne = members.length === 1;
  return {
    accounts: members.flatMap(([action]) => (action ? [action.account] : [])),
    risk: RISKS.find((risk) => first.some((action) => action.risk === risk)) ?? 'safe',
    actions: first.map((action, at) => ({
      action,
      detail: isOne ? detailOf(action) : sharedDetailOf(action),
      reason:
        (isOne || !speaksOfOne(action)) && members.every((own) => own[at] && reasonText(own[at]) === reasonText(action))
          ? reasonText(action)
          : sharedReasonText(action),
    })),
    sql: shownSql(isOne ? first : first.map(withPlaceholder)),
  };
}

/** The action on the account itself, if there is one. */
export function ofAccount({ actions }: AccountGroup): GroupedAction | undefined {
  return actions.find(({ action }) => isOfAccount(action));
}

/** The action with SQL as the configuration has it. */
export function withPlaceholder(action: Action): Action {
  if (action.action !== 'run_setup') return action;
  const general = (all: readonly string[]) => all.map((sql) => sql.replaceAll(action.account, ACCOUNT));
  const { statements, new_statements } = action.after;
  return {
    ...action,
    after: { ...action.after, statements: general(statements), new_statements: general(new_statements) },
  };
}

/** Of one thing, and not what is done to it; `rotate_before` has the token's share of the jitter. */
const IDENTITY: ReadonlySet<string> = new Set([
  ...['account', 'id', 'location'],
  ...['at', 'since', 'created_at', 'expires_at', 'expired_at', 'retire_at', 'seconds_left', 'earlier', 'rotate_before'],
]);

/**
 * Everything that a reviewer could want to know of the actions of an account, without what is of this account alone: its name in
 * SQL and in secret paths is a gap between their parts.
 */
function keyOf(actions: readonly Action[]): string {
  const account = actions[0]?.account ?? '';
  const parts = (texts: readonly string[]) => texts.map((text) => partsOf(text, account));
  const all = actions.map((action) => [sharedReasonText(action), sharedDetailOf(action), action]);
  return JSON.stringify(all, (key, value: unknown) => {
    if (IDENTITY.has(key)) return undefined;
    if (key === 'username') return value === account ? undefined : value;
    if (key === 'statements' || key === 'new_statements') return parts(value as string[]);
    if (key === 'secret_moves') return parts(Object.values(value as Record<string, string>));
    return value;
  });
}

/** A text without the account's name, also where a variable is named after it: `MOTHERDUCK_TOKEN_TENANT_1_APP`. */
export function partsOf(text: string, account: string): readonly (readonly string[])[] {
  const variable = account.toUpperCase().replace(/[^A-Z0-9]/g, '_');
  return text.split(account).map((part) => part.split(variable));
}

/** `tenant_001 ... tenant_180`: a range names every account between its ends. What interrupts somebody, or cannot be undone, is named in full. */
export function groupNames({ accounts, actions }: AccountGroup): { readonly names: string; readonly isCut: boolean } {
  const [all, short] = [rangesText(accounts), rangesText(accounts, NAMES_SHOWN.list)];
  const isCut = all !== short && actions.every(({ action }) => action.risk === 'safe');
  return { names: isCut ? short : all, isCut };
}

/** `a, b_01 ... b_12 and 3 more`. @param most The number of names and ranges that are shown; all unless given. */
export function rangesText(names: readonly string[], most = names.length): string {
  const ranges: { readonly first: string; last: string; count: number }[] = [];
  for (const name of names) {
    const range = ranges.at(-1);
    if (range && following(range.last) === name) {
      range.last = name;
      range.count += 1;
    } else ranges.push({ first: name, last: name, count: 1 });
  }
  const texts = ranges.map(({ first, last, count }) => {
    if (count === 1) return first;
    return count === 2 ? `${first}, ${last}` : `${first} ... ${last}`;
  });
  if (texts.length <= most) return texts.join(', ');
  const left = ranges.slice(most).reduce((sum, { count }) => sum + count, 0);
  return `${texts.slice(0, most).join(', ')} and ${left} more`;
}

/** `tenant_002` after `tenant_001`, by the last number in the name; undefined without one. */
function following(name: string): string | undefined {
  const [, before, digits, after] = /^(.*?)(\d{1,15})(\D*)$/s.exec(name) ?? [];
  if (digits === undefined) return undefined;
  return `${before}${String(Number(digits) + 1).padStart(digits.length, '0')}${after}`;
}
