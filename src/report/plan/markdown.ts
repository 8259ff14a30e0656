/**
 * A plan for a pull request comment: the summary line first, a table, and a folded `diff` block for each account. GitHub
 * accepts 65,000 characters; of a longer plan, whole accounts are skipped at the end, and their names are listed.
 */

import type { PlanNotice } from '../../model/notice.ts';
import type { Action, ComputeCeiling, Plan } from '../../model/plan.ts';
import { showTime } from '../../model/time.ts';
import { noticeText } from '../../plan/notice-text.ts';
import { reasonText } from '../../plan/reason-text.ts';
import { commentMarker, lengthOf, MOST_CHARACTERS, markdown, printable } from '../escape.ts';
import { hintText, type InContext, noContext } from '../hint.ts';
import type { Paint } from '../terminal-text.ts';
import { accountDiff } from './account-yaml.ts';
import { groupByAccount, price, summaryLine, symbolOf } from './wording.ts';

/** Characters for the list of skipped accounts. */
const ROOM_AT_THE_END = 600;
const NAMES_SHOWN = 10;
const NOTICES_SHOWN = 20;

/** Writes the plan. */
export function planMarkdown(given: Plan, _paint?: Paint, inContext: InContext = noContext): string {
  const plan = printable(given);
  const head = [
    `**${markdown(summaryLine(plan))}**`,
    '',
    commentMarker('plan', plan.organization),
    `${markdown(plan.organization)}${plan.sandbox ? ', in the sandbox,' : ''} at ${showTime(Date.parse(plan.at))}`,
    ...computeLine(plan.compute),
    ...notices('❌', plan.errors, inContext),
    ...notices('⛔', plan.violations, inContext),
    ...notices('⚠️', plan.warnings, inContext),
    ...protections(plan),
  ];
  const foot = untouched(plan);
  const room = MOST_CHARACTERS - lengthOf(head) - lengthOf(foot) - ROOM_AT_THE_END;
  const { rows, blocks, left } = takeWhatFits(groupByAccount(plan.actions), room);
  const table = rows.length === 0 ? [] : ['', '| | account | what | why | risk |', '|---|---|---|---|---|', ...rows];
  const parts = [...head, ...table, ...blocks, '', ...skipped(left), ...foot];
  return `${parts.join('\n')}\n`;
}

/** The accounts that fit, in the plan's order. */
function takeWhatFits(
  groups: Map<string, Action[]>,
  room: number,
): { rows: string[]; blocks: string[]; left: string[] } {
  const rows: string[] = [];
  const blocks: string[] = [];
  const left: string[] = [];
  let used = 0;
  for (const [account, actions] of groups) {
    const own = { rows: actions.map(row), block: details(account, actions) };
    const size = lengthOf(own.rows) + own.block.length + 1;
    if (left.length > 0 || used + size > room) {
      left.push(account);
      continue;
    }
    used += size;
    rows.push(...own.rows);
    blocks.push(own.block);
  }
  return { rows, blocks, left };
}

function row(action: Action): string {
  const risk = action.risk === 'safe' ? 'safe' : `**${action.risk}**`;
  const cells = [
    `\`${symbolOf(action)}\``,
    markdown(action.account),
    markdown(what(action)),
    markdown(reasonText(action)),
    risk,
  ];
  return `| ${cells.join(' | ')} |`;
}

function what(action: Action): string {
  const verb = action.action.replace('_', ' ');
  switch (action.action) {
    case 'rotate_token':
      return `${verb} ${action.before.name} -> ${action.after.name}`;
    case 'create_token':
    case 'adopt_token':
      return `${verb} ${action.after.name}`;
    case 'revoke_token':
      return `${verb} ${action.before.name}`;
    case 'set_ducklings':
      return `${verb}${ceiling(action.compute)}`;
    case 'forget':
      return action.token === undefined ? verb : `${verb} ${action.token}`;
    default:
      return verb;
  }
}

function details(account: string, actions: readonly Action[]): string {
  const diff = accountDiff(account, actions);
  const longest = Math.max(2, ...[...diff.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `\n<details><summary>${markdown(account)}</summary>\n\n${fence}diff\n${diff}\n${fence}\n\n</details>`;
}

function protections({ protection }: Plan): string[] {
  const said = (on: boolean) => (on ? 'on' : 'off');
  return protection.flatMap(({ account, before, after }) => [
    '',
    `🔓 **${markdown(account)}**: deletion protection ${said(before)} -> ${said(after)}, in the state alone`,
  ]);
}

function notices(mark: string, all: readonly PlanNotice[], inContext: InContext): string[] {
  const shown = all.slice(0, NOTICES_SHOWN).flatMap((notice) => {
    const { subject, message, hint } = noticeText(notice);
    const about = subject === undefined ? '' : `**${markdown(subject)}**: `;
    return ['', `${mark} ${about}${markdown(message)}<br>${markdown(hintText(hint, inContext))}`];
  });
  return all.length > NOTICES_SHOWN
    ? [...shown, '', `${mark} and ${all.length - NOTICES_SHOWN} more like these`]
    : shown;
}

function computeLine(compute: ComputeCeiling | undefined): string[] {
  return compute === undefined ? [] : ['', `All Ducklings at once, by \`compute_rates\`:${ceiling(compute)}`];
}

function ceiling(compute: ComputeCeiling | undefined): string {
  return compute === undefined ? '' : ` at most ${price(compute.before)} -> ${price(compute.after)} an hour`;
}

function skipped(accounts: readonly string[]): string[] {
  if (accounts.length === 0) return [];
  return [
    `… and ${listed(accounts, 'account', 'accounts')} not shown because of the size limit; \`mdacc plan\` shows all.`,
    '',
  ];
}

/** What apply does not touch. */
function untouched(plan: Plan): string[] {
  const { accounts, tokens } = plan.unmanaged;
  const names = tokens.map((token) => `${token.account}/${token.name === '' ? token.id : token.name}`);
  const unmanaged = accounts === null ? 'accounts not known' : listed(accounts, 'account', 'accounts');
  return [
    ...(plan.retained.length > 0
      ? [`No longer in the configuration, retained: ${listed(plan.retained, 'account', 'accounts')}`, '']
      : []),
    `Unmanaged, not touched: ${unmanaged}, ${listed(names, 'token', 'tokens')}`,
  ];
}

function listed(names: readonly string[], one: string, many: string): string {
  const count = `${names.length} ${names.length === 1 ? one : many}`;
  if (names.length === 0) return count;
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : '';
  return `${count} (${names
    .slice(0, NAMES_SHOWN)
    .map((name) => markdown(name.slice(0, 40)))
    .join(', ')}${more})`;
}
