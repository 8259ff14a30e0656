/** What every format says of a plan: its summary line, and the symbol, subject, detail and price of each action. */

import {
  type Action,
  type ComputeCeiling,
  type CreateToken,
  type RotateToken,
  type RunSetup,
  storingActions,
} from '../../model/action.ts';
import { isOfBranch } from '../../model/notice.ts';
import type { Plan, SecretRemoval, Summary } from '../../model/plan.ts';
import { type PlannedToken, storesIn } from '../../model/planned-token.ts';
import { DAY_MS, dayOf, describeSpan, formatDuration } from '../../model/time.ts';
import { counted, enumerated, expiryText, few } from '../../model/wording.ts';
import { changesBranch, hasChanges, leavesDueWork, storesToRename, summarize } from '../../plan/summary.ts';
import { printable, printableLines } from '../escape.ts';
import { type Paint, plain } from '../terminal-text.ts';
import { ceilingText } from './ceiling.ts';
import { ducklingText } from './duckling-text.ts';

/** Whether an action is on the account itself, and not on a part of it. */
export function isOfAccount(action: Action): boolean {
  return (
    action.action === 'create_account' ||
    action.action === 'adopt_account' ||
    action.action === 'delete_account' ||
    (action.action === 'forget' && action.token === undefined)
  );
}

/** The part of the account that an action changes, by its name at MotherDuck; empty for the account itself. */
export function actionSubject(action: Action): string {
  switch (action.action) {
    case 'set_ducklings':
      return 'ducklings';
    case 'rotate_token':
      return `${action.before.name} -> ${action.after.name}`;
    case 'create_token':
    case 'adopt_token':
      return action.after.name;
    case 'revoke_token':
      return action.before.name;
    case 'run_setup':
      return 'setup';
    case 'forget':
      return action.token ?? '';
    default:
      return '';
  }
}

/** What the part becomes, in one line; may be empty. */
export function detailOf(action: Action): string {
  switch (action.action) {
    case 'set_ducklings':
      return `${ducklingText(action.after, { isNew: action.before === null })}${ceiling(action.compute)}`;
    case 'create_token':
      return `${plannedToken(action.after)}${retiringText(action.after)}${orphansText(action)}`;
    case 'rotate_token': {
      const { overlap, keeps_old: isKept, revokes_old: ends } = action.after;
      const life = isKept ? 'until you revoke it' : `for ${formatDuration(overlap)}`;
      const fate = ends ? `is revoked once this one is ${ends}` : `stays live ${life}`;
      return `${plannedToken(action.after)}, the old one ${fate}${retiringText(action.after)}${orphansText(action)}`;
    }
    case 'adopt_token':
      return `${action.after.type}, ${expiryText(action.after.expires_at)}`;
    case 'revoke_token':
      return `${action.before.type}, id ${action.before.id}`;
    case 'run_setup':
      return counted(action.after.statements.length, 'SQL statement') + disruptiveWordsText(action);
    default:
      return '';
  }
}

/** The same without what is of one account alone. */
export function sharedDetailOf(action: Action): string {
  return action.action === 'revoke_token' ? action.before.type : detailOf(action);
}

/** Tokens that an earlier rotation replaced, and that still live. */
function retiringText({ retiring = [], revokes_old: ends }: PlannedToken): string {
  if (retiring.length === 0 || ends) return '';
  const verb = retiring.length === 1 ? 'retires' : 'retire';
  return `, and ${few(
    retiring.map(({ name }) => name),
    retiring.length,
  )} ${verb} when it is verified`;
}

/** Interrupted runs may have left more tokens than the one of the reason. */
function orphansText({ reason, after: { orphans = [] } }: CreateToken | RotateToken): string {
  const [said] = reason.kind !== 'interrupted' ? [] : 'orphan' in reason ? [reason.orphan] : [reason.name];
  const names = orphans.flatMap(({ name }) => (name === said ? [] : [name]));
  return names.length === 0 ? '' : `, and interrupted runs left ${few(names, names.length)}`;
}

function plannedToken(token: PlannedToken): string {
  const life = token.ttl === null ? 'never expires' : formatDuration(token.ttl);
  return `${token.type}, ${life}, secret to ${enumerated(storesIn(token.secret_store))}`;
}

function ceiling(compute: ComputeCeiling | undefined): string {
  if (compute === undefined) return '';
  return `, ${ceilingText(compute)}`;
}

/** Tokens of an account that a later apply revokes. */
interface LaterRevocation {
  readonly account: string;
  /** `airflow.2`, with its day where it is known: `airflow (2026-12-17)`. */
  readonly names: readonly string[];
}

/** All tokens that a later apply revokes, by account: when their overlaps end, some of which begin with this plan. */
export function laterRevocations({ actions, next }: Plan): LaterRevocation[] {
  const byAccount = new Map<string, Set<string>>();
  const add = (account: string, name: string) => {
    byAccount.set(account, (byAccount.get(account) ?? new Set()).add(name));
  };
  for (const { account, name, change, at } of next) {
    if (change === 'is revoked') add(account, `${name} (${dayOf(at)})`);
  }
  for (const { account, after } of storingActions(actions)) {
    if (after.revokes_old) continue;
    for (const { name } of [...(after.retiring ?? []), ...(after.orphans ?? [])]) add(account, name);
  }
  return [...byAccount].map(([account, names]) => ({ account, names: [...names] }));
}

const NO_CHANGES = 'No changes. MotherDuck matches the configuration.';
const NOTHING_TO_DESTROY = 'No changes. Nothing that the state manages is left to destroy.';
const BRANCH_ALONE = 'No changes at MotherDuck; but this branch changes what mdacc goes by: see the warnings.';
const NOT_COMPARED =
  'No changes at MotherDuck; but this branch could not be compared with its target: see the warnings.';
const NOTHING_DUE = 'Nothing is due.';
const DUE_LEFT = 'Nothing is done: what is due is left alone; see the warnings.';

/** The retained accounts, which make the live organization differ from the configuration. */
function retainedText(count: number): string {
  const accounts = counted(count, 'managed account');
  return `No changes; but ${accounts} that ${count === 1 ? 'is' : 'are'} not in the configuration ${count === 1 ? 'stays' : 'stay'}. To see their deletion: plan --prune.`;
}

/**
 * `Plan: 2 accounts to create, 1 to change, 0 to delete; 3 tokens to create, 1 to rotate, 0 to revoke (8 actions).`
 * The actions are those that an apply counts, also Ducklings of new accounts.
 */
export function summaryLine(plan: Plan, paint: Paint = plain): string {
  if (!hasChanges(plan)) {
    if (plan.errors.length > 0) return 'No changes that could be planned; see the errors.';
    if (plan.violations.length > 0) return 'No changes; but the live organization breaks a guardrail, as shown above.';
    if (leavesDueWork(plan)) return DUE_LEFT;
    if (changesBranch(plan))
      return plan.warnings.filter(isOfBranch).every(({ kind }) => kind === 'not_compared')
        ? NOT_COMPARED
        : BRANCH_ALONE;
    if (plan.scope?.destroy) return NOTHING_TO_DESTROY;
    if (plan.due) return NOTHING_DUE;
    return plan.retained.length === 0 ? NO_CHANGES : retainedText(plan.retained.length);
  }
  const { accounts, tokens, setups } = summarize(plan);
  const { removals = [] } = plan;
  const secrets = removals.length === 0 ? '' : `; ${counted(removals.length, 'secret')} to remove`;
  const changed = plan.policies?.length ?? 0;
  const policies =
    changed === 0 ? '' : `; ${changed === 1 ? 'policy' : 'policies'} of ${counted(changed, 'token')} to record`;
  const renamed = storesToRename(plan);
  const names =
    renamed === 0 ? '' : `; ${renamed === 1 ? 'name' : 'names'} of ${counted(renamed, 'secret store')} to record`;
  const sql = setups === 0 ? '' : `; setup of ${counted(setups, 'account')} to run`;
  const { length } = plan.actions;
  const actions = length === 0 ? '' : ` (${counted(length, 'action')})`;
  return `Plan: ${accountCounts(accounts, paint)}; ${tokenCounts(tokens)}${sql}${actions}${secrets}${policies}${names}.`;
}

/** `secret of etl_prod/airflow, from local: .motherduck/secrets.env#A`: what is removed, and where. */
export function removalText({ account, token, store, secret_path: path, by }: SecretRemoval): string {
  const what = `secret of ${account}/${token}, from ${store}`;
  switch (by) {
    case 'file':
      return `${what}: ${path}`;
    case 'command':
      return `${what}: its remove command runs`;
    default:
      return `${what}: rehearsed in the sandbox`;
  }
}

function accountCounts(accounts: Summary['accounts'], paint: Paint): string {
  const { create, change, adopt, forget } = accounts;
  const more = [...also(adopt, 'to adopt'), ...also(forget, 'to forget')].join('');
  const deleted = `${accounts.delete} to delete`;
  return `${create} ${create === 1 ? 'account' : 'accounts'} to create, ${change} to change, ${accounts.delete > 0 ? paint.red(deleted) : deleted}${more}`;
}

function tokenCounts({ create, rotate, revoke, adopt, forget }: Summary['tokens']): string {
  const more = [...also(adopt, 'to adopt'), ...also(forget, 'to forget')].join('');
  return `${create} ${create === 1 ? 'token' : 'tokens'} to create, ${rotate} to rotate, ${revoke} to revoke${more}`;
}

function also(count: number, what: string): string[] {
  return count === 0 ? [] : [`, ${count} ${what}`];
}

/** The names of unmanaged accounts and tokens; undefined: the plan did not look for them. null: the users cannot be listed. */
export function unmanagedNames({ unmanaged: { accounts, tokens }, scope }: Plan): {
  readonly accounts: readonly string[] | null | undefined;
  readonly tokens: readonly string[] | undefined;
} {
  const names = tokens.map(({ account, name, id }) => `${account}/${name === '' ? id : name}`);
  const isPartial = accounts === undefined || scope?.destroy === true;
  return { accounts, tokens: isPartial && names.length === 0 ? undefined : names };
}

/** `Unmanaged, not touched: 0 accounts, 1 token of managed accounts (etl_prod/laptop)`, and how many accounts are suspended. */
export function stayingLines(
  plan: Plan,
  count: (names: readonly string[], one: string, many: string) => string,
): string[] {
  const { accounts, tokens } = unmanagedNames(plan);
  const parts = [
    accounts === null ? 'accounts not known' : accounts && count(accounts, 'account', 'accounts'),
    tokens && count(tokens, 'token of managed accounts', 'tokens of managed accounts'),
  ].filter((part) => part !== undefined);
  return [
    ...(plan.suspended ? [`Suspended: ${count(plan.suspended, 'account', 'accounts')}`] : []),
    ...(parts.length === 0 ? [] : [`Unmanaged, not touched: ${parts.join(', ')}`]),
  ];
}

/** The plan with texts that are safe to show: names on one line, and SQL on its lines. */
export function printablePlan(given: Plan): Plan {
  const plan = printable(given);
  const actions = plan.actions.map((action, at) => {
    const exact = given.actions[at];
    if (action.action !== 'run_setup' || exact?.action !== 'run_setup') return action;
    const [fresh, all] = [exact.after.new_statements.map(printableLines), exact.after.statements.map(printableLines)];
    return { ...action, after: { ...action.after, new_statements: fresh, statements: all } };
  });
  return { ...plan, actions };
}

/** ` with DROP, UPDATE`: what makes a setup disruptive, also where its SQL is not shown as a whole. */
export function disruptiveWordsText({ after: { disruptive_words: words = [] } }: RunSetup): string {
  return words.length === 0 ? '' : ` with ${words.join(', ')}`;
}

const SYMBOLS = {
  create_account: '+',
  adopt_account: '?',
  set_ducklings: '~',
  create_token: '+',
  adopt_token: '?',
  rotate_token: '-/+',
  revoke_token: '-',
  run_setup: '~',
  delete_account: '-',
  forget: '-',
} as const satisfies Record<Action['action'], string>;

export type ActionSymbol = (typeof SYMBOLS)[Action['action']];

/** Ducklings of a new account are created with it, so they show as created. */
export function symbolOf(action: Action): ActionSymbol {
  const isOfNew = action.action === 'set_ducklings' ? action.before === null : action.reason.kind === 'new_account';
  return isOfNew ? '+' : SYMBOLS[action.action];
}

/** The symbol in its colour, aligned to the right of so many columns. */
export function paintSymbol(symbol: ActionSymbol, paint: Paint, width: number): string {
  const text = symbol.padStart(width);
  switch (symbol) {
    case '+':
      return paint.green(text);
    case '-':
      return paint.red(text);
    case '?':
      return paint.cyan(text);
    default:
      return paint.yellow(text);
  }
}

/** `in 3 days`, as a calendar (UTC) counts them, or `in 3 hours` of the same day; at least a second. Both are in milliseconds since 1970. */
export function untilText(at: number, now: number): string {
  const days = Math.floor(at / DAY_MS) - Math.floor(now / DAY_MS);
  if (days >= 1) return `in ${counted(days, 'day')}`;
  return `in ${describeSpan(Math.max(1, Math.ceil((at - now) / 1000)))}`;
}
