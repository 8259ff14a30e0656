/** A plan for a terminal: a block for each account, what needs attention, what is not touched, and a summary line. */

import { type Action, type ComputeCeiling, deletedTokens } from '../../model/action.ts';
import type { PlanNotice } from '../../model/notice.ts';
import type { Plan } from '../../model/plan.ts';
import { columnWidth, padTo } from '../../model/text-width.ts';
import { counted, few, NAMES_SHOWN } from '../../model/wording.ts';
import { groupNotices } from '../../wording/notice-groups.ts';
import { hintText, type InContext, noContext } from '../hint.ts';
import { codeText, headline, type Layout, type Paint, plain, stateLine } from '../terminal-text.ts';
import { ALL_DUCKLINGS, ceilingText, isTold } from './ceiling.ts';
import { deletedText } from './deleted-data.ts';
import { type AccountGroup, type GroupedAction, groupAccounts, groupNames, ofAccount, rangesText } from './groups.ts';
import { nextDays } from './next.ts';
import { recordedChanges } from './recorded.ts';
import { storeLines } from './stores.ts';
import {
  actionSubject,
  paintSymbol,
  printablePlan,
  removalText,
  stayingLines,
  summaryLine,
  symbolOf,
} from './wording.ts';

/** Of the later changes of a day: the number of tokens. */
const TOKENS_SHOWN = 3;
const SYMBOL_WIDTH = 3;

/** Writes the plan. Identical accounts are one block; with `verbose`, each is a block of its own. */
export function planText(
  given: Plan,
  paint: Paint = plain,
  inContext: InContext = noContext,
  { verbose = false }: Layout = {},
): string {
  const plan = printablePlan(given);
  const blocks = groupAccounts(plan.actions, !verbose).map((group) => groupBlock(group, paint));
  const sections = [
    [paint.dim(headline(plan)), ...stateLine(plan)].join('\n'),
    ...blocks,
    recorded(plan, paint, verbose),
    removals(plan, paint),
    notices('Error', plan.errors, 'red', paint, inContext),
    notices('Refused', plan.violations, 'red', paint, inContext),
    notices('Warning', plan.warnings, 'yellow', paint, inContext),
    storeLines(given)
      .map(({ text, exact, note }) => `${text}: ${paint.command(exact)}${note === undefined ? '' : ` (${note})`}`)
      .join('\n'),
    [
      ...untouched(plan, paint),
      ...variablesLine(plan),
      ...computeLine(plan.compute),
      ...deletedLine(plan),
      ...nextLines(plan, paint, verbose),
    ].join('\n'),
    paint.bold(summaryLine(plan, paint)),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function groupBlock(group: AccountGroup, paint: Paint): string {
  const own = ofAccount(group);
  const parts = group.actions.filter((each) => each !== own);
  // Tokens and setups have counts of their own: of these alone, the account is not one that changes.
  const isChanged = parts.some(({ action }) => action.action === 'set_ducklings');
  const symbol = own ? symbolOf(own.action) : isChanged ? '~' : undefined;
  const { names, isCut } = groupNames(group);
  const count =
    group.accounts.length === 1
      ? ''
      : ` (${counted(group.accounts.length, 'account')}${isCut ? ', --verbose lists all' : ''})`;
  const head = `${symbol === undefined ? ' ' : paintSymbol(symbol, paint, SYMBOL_WIDTH)} ${paint.bold(names)}${count}`;
  const subjects = parts.map(({ action }) => actionSubject(action));
  const width = columnWidth(subjects, 32);
  const lines = parts.flatMap(({ action, detail, reason }, index) => {
    const isSaid = isSaidByNew(action, own);
    const subject = padTo(subjects[index] ?? '', width);
    const line = `    ${paintSymbol(symbolOf(action), paint, SYMBOL_WIDTH)} ${subject}  ${detail}${isSaid ? riskText(action, paint) : ''}`;
    const sql = action.action === 'run_setup' ? group.sql : [];
    return [
      line.trimEnd(),
      ...(isSaid ? [] : [`          ${reasonText(reason, action, paint)}`]),
      ...sql.map((statement) => statement.replace(/^/gm, '          ')),
    ];
  });
  return [
    own ? `${head}  ${reasonText(own.reason, own.action, paint)}` : head,
    ...tokensOf(own?.action),
    ...lines,
  ].join('\n');
}

/** In the block of a new account, the parts do not repeat that the account is new. */
function isSaidByNew(action: Action, own: GroupedAction | undefined): boolean {
  return own?.action.action === 'create_account' && action.reason.kind === 'new_account';
}

/** A reason in the colour of a remark, unless the action is disruptive or destructive. */
function reasonText(reason: string, { risk }: Action, paint: Paint): string {
  return risk === 'safe' ? paint.dim(reason) : `${reason}${riskText({ risk }, paint)}`;
}

/** ` (disruptive)`; empty where it is safe. */
function riskText({ risk }: Pick<Action, 'risk'>, paint: Paint): string {
  if (risk === 'safe') return '';
  return ` (${risk === 'destructive' ? paint.bold(paint.red(risk)) : paint.yellow(risk)})`;
}

function tokensOf(own: Action | undefined): string[] {
  const tokens = own?.action === 'delete_account' ? deletedTokens(own) : [];
  return tokens.length === 0 ? [] : [`      tokens deleted too: ${list(tokens.map(({ name }) => name).sort())}`];
}

/** Changes in the state alone. Each account and token is named. */
function recorded(plan: Plan, paint: Paint, verbose: boolean): string {
  return recordedChanges(plan)
    .flatMap(({ subject, change, names: all, noun }) =>
      (verbose ? all : [rangesText(all)]).map((names) => {
        const count = verbose || all.length === 1 ? '' : ` (${counted(all.length, noun)})`;
        const text = `${subject} ${change} (recorded by mdacc, nothing changes at MotherDuck)`;
        return `${paintSymbol('~', paint, SYMBOL_WIDTH)} ${paint.bold(names)}${count}  ${paint.dim(text)}`;
      }),
    )
    .join('\n');
}

/** The secrets that leave their stores. */
function removals({ removals: all = [] }: Plan, paint: Paint): string {
  return all.map((removal) => `${paintSymbol('-', paint, SYMBOL_WIDTH)} ${removalText(removal)}`).join('\n');
}

/** Notices, those of one kind as one. */
export function notices(
  title: string,
  all: readonly PlanNotice[],
  colour: 'red' | 'yellow',
  paint: Paint,
  inContext: InContext,
): string {
  return groupNotices(all)
    .map(({ subject, message, code, hint }) => {
      // A warning says all; the code of an error leads to a page.
      const shown = code === undefined || colour === 'yellow' ? '' : codeText(code, paint);
      return `${paint[colour](`${title}:`)} ${subject === undefined ? '' : `${subject}: `}${message}${shown}\n  ${hintText(hint, inContext, paint.command)}`;
    })
    .join('\n');
}

/** What apply does not touch. */
function untouched(plan: Plan, paint: Paint): string[] {
  const lines: string[] = [];
  if (plan.retained.length > 0) {
    lines.push(
      `No longer in the configuration, retained (--prune deletes): ${count(plan.retained, 'account', 'accounts')}`,
    );
  }
  return [...lines, ...stayingLines(plan, count).map(paint.dim)];
}

function count(names: readonly string[], one: string, many: string): string {
  return names.length === 0 ? `0 ${many}` : `${names.length} ${names.length === 1 ? one : many} (${list(names)})`;
}

function list(names: readonly string[]): string {
  return few(names, NAMES_SHOWN.list);
}

function variablesLine({ variables: all = [] }: Plan): string[] {
  return all.length === 0 ? [] : [`The configuration uses environment variables: ${list(all)}`];
}

function computeLine(compute: ComputeCeiling | undefined): string[] {
  return isTold(compute) ? [`${ALL_DUCKLINGS}, by compute_rates: ${ceilingText(compute)}`] : [];
}

function deletedLine(plan: Plan): string[] {
  const text = deletedText(plan);
  return text === undefined ? [] : [`Deleted with the accounts: ${text}`];
}

function nextLines(plan: Plan, paint: Paint, verbose: boolean): string[] {
  const { days, more, isCut } = nextDays(plan, verbose ? Number.POSITIVE_INFINITY : TOKENS_SHOWN);
  const cut = [...(more > 0 ? [`and ${more} more later`] : []), ...(isCut ? ['--verbose lists all'] : [])];
  const rest = cut.length > 0 ? [`      ${cut.length > 1 ? `${cut[0]} (${cut[1]})` : cut[0]}`] : [];
  const lines = days.map((day, index) => `${index === 0 ? 'Next: ' : '      '}${day}`);
  return lines.length === 0 ? [] : [...lines, ...rest].map(paint.dim);
}
