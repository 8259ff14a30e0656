/**
 * A plan for a pull request comment: the summary line first, a table ordered by risk, and a folded `diff` block for each
 * account. GitHub accepts 65,000 characters. Of a longer plan, safe changes and then diffs are skipped; every destructive
 * and disruptive change stays named.
 */

import type { PlanNotice } from '../../model/notice.ts';
import { type Action, actionsByAccount, type ComputeCeiling, type Plan, type Risk } from '../../model/plan.ts';
import { showTime } from '../../model/time.ts';
import { counted } from '../../model/wording.ts';
import { groupNotices } from '../../plan/notice-groups.ts';
import { reasonText, sharedReasonText } from '../../plan/reason-text.ts';
import { commentMarker, lengthOf, MOST_CHARACTERS, markdown, printable } from '../escape.ts';
import { hintText, type InContext, noContext } from '../hint.ts';
import type { Paint } from '../terminal-text.ts';
import { accountDiff } from './account-yaml.ts';
import { storeLines } from './stores.ts';
import { laterRevocations, price, removalText, summaryLine, symbolOf } from './wording.ts';

/** Characters for the list of what was skipped. */
const ROOM_AT_THE_END = 1000;
const NAMES_SHOWN = 10;
const NOTICES_SHOWN = 20;
/** Characters of one notice. */
const NOTICE_LENGTH = 600;
/** Characters of the names of one change of deletion protection. */
const PROTECTION_LENGTH = 4000;
/** Characters of the list of secrets that are removed. */
const REMOVALS_LENGTH = 8000;
/** Characters of a name that is one of many. */
const NAME_LENGTH = 40;
const TABLE = ['', '| | account | what | why | risk |', '|---|---|---|---|---|'];

/** Writes the plan. */
export function planMarkdown(given: Plan, _paint?: Paint, inContext: InContext = noContext): string {
  const plan = printable(given);
  const head = [
    `**${markdown(summaryLine(plan))}**`,
    '',
    commentMarker('plan', plan),
    `${markdown(plan.organization)}${plan.sandbox ? ', in the sandbox,' : ''} at ${showTime(Date.parse(plan.at))}`,
    ...computeLine(plan.compute),
    ...notices('❌', plan.errors, inContext),
    ...notices('⛔', plan.violations, inContext),
    ...notices('⚠️', plan.warnings, inContext),
    ...protections(plan),
    ...removals(plan),
    ...later(plan),
    ...stores(given),
  ];
  const foot = untouched(plan);
  const room = MOST_CHARACTERS - lengthOf(head) - lengthOf(foot) - lengthOf(TABLE) - ROOM_AT_THE_END;
  const { rows, blocks, skipped } = takeWhatFits(plan.actions, room);
  const table = rows.length === 0 ? [] : [...TABLE, ...rows];
  return `${[...head, ...table, ...blocks, '', ...skipped, ...foot].join('\n')}\n`;
}

const RISKS = ['destructive', 'disruptive', 'safe'] as const satisfies readonly Risk[];

/** Rows of risky changes first, then their diffs, then safe changes and their diffs. */
function takeWhatFits(actions: readonly Action[], given: number) {
  const changes = groupIdentical(actions).sort((a, b) => rank(a.risk) - rank(b.risk));
  const risky = changes.filter(({ risk }) => risk !== 'safe');
  const safe = changes.filter(({ risk }) => risk === 'safe');
  const full = risky.map((change) => row(change));
  const rows = lengthOf(full) <= given ? full : shortRows(risky, given);
  let room = given - lengthOf(rows);
  const take = (text: string): boolean => {
    if (text.length + 1 > room) return false;
    room -= text.length + 1;
    return true;
  };
  const groups = [...actionsByAccount(actions)].map(([account, own]) => ({ account, own, rank: rankOf(own) }));
  const shown = new Map<string, string>();
  const addBlocks = (isWanted: (rank: number) => boolean) => {
    for (const { account, own, rank } of groups) {
      if (!isWanted(rank)) continue;
      const block = details(account, own);
      if (take(block)) shown.set(account, block);
    }
  };
  addBlocks((rank) => rank < SAFE);
  const safeRows = safe.map((change) => row(change, NAMES_SHOWN));
  const shownRows = safeRows.filter(take);
  addBlocks((rank) => rank === SAFE);
  groups.sort((a, b) => a.rank - b.rank);
  const without = groups.filter(({ account }) => !shown.has(account)).map(({ account }) => account);
  return {
    rows: [...rows, ...shownRows],
    blocks: groups.flatMap(({ account }) => shown.get(account) ?? []),
    skipped: skippedText(safeRows.length - shownRows.length, without),
  };
}

function rank(risk: Risk): number {
  return RISKS.indexOf(risk);
}

const SAFE = rank('safe');

function rankOf(actions: readonly Action[]): number {
  return Math.min(...actions.map(({ risk }) => rank(risk)));
}

/** Identical changes: of several tokens of an account, or of several accounts. */
interface Change {
  readonly symbol: string;
  readonly risk: Risk;
  readonly verb: string;
  /** In the words of one action, or in those that all share. */
  why: string;
  readonly accounts: string[];
  /** Of tokens, as the verb's object; none for a change of the account. */
  readonly names: string[];
}

function groupIdentical(actions: readonly Action[]): Change[] {
  const changes = actions.map((action) => {
    const { verb, names, exact } = what(action);
    const shared = sharedReasonText(action);
    const key = JSON.stringify([symbolOf(action), action.risk, verb, shared, exact]);
    const own = { symbol: symbolOf(action), risk: action.risk, verb, why: reasonText(action), names };
    return { key, shared, change: { ...own, accounts: [action.account] } };
  });
  const ofAccount = joined(
    changes,
    ({ key, change }) => JSON.stringify([change.accounts, key]),
    (a, b) => a.names.push(...b.names),
  );
  const all = joined(
    ofAccount,
    ({ key, change }) => JSON.stringify([change.names, key]),
    (a, b) => a.accounts.push(...b.accounts),
  );
  return all.map(({ change }) => change);
}

interface Keyed {
  readonly key: string;
  readonly shared: string;
  readonly change: Change;
}

/** Joins changes of the same key, in the order of their first. */
function joined(
  all: readonly Keyed[],
  keyOf: (one: Keyed) => string,
  join: (into: Change, other: Change) => unknown,
): Keyed[] {
  const found = new Map<string, Keyed>();
  for (const one of all) {
    const key = keyOf(one);
    const known = found.get(key);
    if (known === undefined) found.set(key, one);
    else {
      join(known.change, one.change);
      if (known.change.why !== one.change.why) known.change.why = one.shared;
    }
  }
  return [...found.values()];
}

/** @param most The number of names that are shown; all unless given. */
function row({ symbol, risk, verb, why, accounts, names }: Change, most?: number): string {
  const of = [verb, ...(names.length === 0 ? [] : [listed(names, most)])].map((text, at) =>
    at ? text : markdown(text),
  );
  return rowOf([`\`${symbol}\``, listed(accounts, most), of.join(' '), markdown(why), riskText(risk)]);
}

/** Too many risky changes for a row each: one row an action, with the names alone, as far as they fit. */
function shortRows(changes: readonly Change[], given: number): string[] {
  const groups = new Map<string, { readonly first: Change; readonly names: string[] }>();
  for (const change of changes) {
    const key = `${change.risk} ${change.verb}`;
    const names = change.accounts.flatMap((account) =>
      change.names.length === 0 ? [account] : change.names.map((name) => `${account}/${name}`),
    );
    const known = groups.get(key);
    if (known) known.names.push(...names);
    else groups.set(key, { first: change, names });
  }
  let room = given - 300 * groups.size;
  return [...groups.values()].map(({ first, names }) => {
    const text = listedWithin(names, room);
    room -= text.length;
    return rowOf([`\`${first.symbol}\``, text, markdown(first.verb), '`mdacc plan` shows why', riskText(first.risk)]);
  });
}

function rowOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function riskText(risk: Risk): string {
  return risk === 'safe' ? 'safe' : `**${risk}**`;
}

/** What is done, to which tokens, and what else makes it another change than one of the same name. */
function what(action: Action): { readonly verb: string; readonly names: string[]; readonly exact?: unknown } {
  const verb = action.action.replace('_', ' ');
  switch (action.action) {
    case 'rotate_token':
      return { verb, names: [`${action.before.name} -> ${action.after.name}`] };
    case 'create_token':
    case 'adopt_token':
      return { verb, names: [action.after.name] };
    case 'revoke_token':
      return { verb, names: [action.before.name] };
    case 'set_ducklings':
      return { verb: `${verb}${ceiling(action.compute)}`, names: [], exact: [action.before, action.after] };
    case 'forget':
      return { verb, names: action.token === undefined ? [] : [action.token] };
    default:
      return { verb, names: [] };
  }
}

function details(account: string, actions: readonly Action[]): string {
  const diff = accountDiff(account, actions);
  const longest = Math.max(2, ...[...diff.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `\n<details><summary>${markdown(account)}</summary>\n\n${fence}diff\n${diff}\n${fence}\n\n</details>`;
}

/** Characters of all stores. */
const STORES_LENGTH = 8000;
/** Characters of one command. */
const COMMAND_LENGTH = 1500;

function stores(plan: Plan): string[] {
  let room = STORES_LENGTH;
  const lines = storeLines(plan).map(({ text, exact: whole, note }) => {
    const isLong = whole.length > COMMAND_LENGTH;
    const exact = isLong ? whole.slice(0, COMMAND_LENGTH).replace(/[\uD800-\uDBFF]$/, '') : whole;
    const count = whole.length.toLocaleString('en');
    const rest = isLong ? ` **and so on, ${count} characters in all; \`mdacc plan\` shows them**` : '';
    const longest = Math.max(0, ...[...exact.matchAll(/`+/g)].map(([run]) => run.length));
    const fence = '`'.repeat(longest + 1);
    const code = longest === 0 ? `${fence}${exact}${fence}` : `${fence} ${exact} ${fence}`;
    return ['', `🔑 ${markdown(text)}: ${code}${rest}${note === undefined ? '' : ` (**${markdown(note)}**)`}`];
  });
  const shown = lines.filter((line) => {
    room -= lengthOf(line);
    return room >= 0;
  });
  const left = lines.length - shown.length;
  return left === 0 ? shown.flat() : [...shown.flat(), '', `🔑 and ${left} more places; \`mdacc plan\` shows them`];
}

/** One line for each direction. */
function protections({ protection }: Plan): string[] {
  const said = (on: boolean) => (on ? 'on' : 'off');
  return [false, true].flatMap((after) => {
    const names = protection.filter((change) => change.after === after).map(({ account }) => account);
    if (names.length === 0) return [];
    const change = `deletion protection ${said(!after)} -> ${said(after)}, in the state alone`;
    return ['', `🔓 **${listedWithin(names, PROTECTION_LENGTH)}**: ${change}`];
  });
}

/** The secrets that leave their stores. */
function removals({ removals: all = [] }: Plan): string[] {
  if (all.length === 0) return [];
  const lines = all.map((removal) => `- ${markdown(removalText(removal))}`);
  let left = REMOVALS_LENGTH;
  const fitting = lines.filter((line) => {
    left -= line.length + 1;
    return left >= 0;
  });
  const more = lines.length - fitting.length;
  return ['', 'Removed from secret stores:', '', ...fitting, ...(more === 0 ? [] : [`- and ${more} more`])];
}

/** Characters of the list of tokens that are revoked later. */
const LATER_LENGTH = 16_000;

/** What a later apply revokes, without being asked again. */
function later(plan: Plan): string[] {
  const all = laterRevocations(plan);
  if (all.length === 0) return [];
  const tokens = all.reduce((sum, { names }) => sum + names.length, 0);
  const lines = all.map(({ account, names }) => `**${markdown(account)}**: ${listed(names)}`);
  let left = LATER_LENGTH;
  const fitting = lines.filter((line) => {
    left -= line.length + 2;
    return left >= 0;
  });
  const more = lines.length - fitting.length;
  const rest = more === 0 ? '' : `; and of ${more} more accounts, which \`mdacc plan\` names`;
  return ['', `🕒 ${counted(tokens, 'token')} to be revoked when the overlap ends: ${fitting.join('; ')}${rest}`];
}

function notices(mark: string, all: readonly PlanNotice[], inContext: InContext): string[] {
  const groups = groupNotices(all);
  const shown = groups.slice(0, NOTICES_SHOWN).flatMap(({ subject, message, hint }) => {
    const about = subject === undefined ? '' : `**${markdown(subject)}**: `;
    return ['', `${mark} ${about}${markdown(cut(message))}<br>${markdown(cut(hintText(hint, inContext)))}`];
  });
  return groups.length > NOTICES_SHOWN
    ? [...shown, '', `${mark} and ${groups.length - NOTICES_SHOWN} more like these`]
    : shown;
}

function cut(text: string, most = NOTICE_LENGTH): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function computeLine(compute: ComputeCeiling | undefined): string[] {
  return compute === undefined ? [] : ['', `All Ducklings at once, by \`compute_rates\`:${ceiling(compute)}`];
}

function ceiling(compute: ComputeCeiling | undefined): string {
  return compute === undefined ? '' : ` at most ${price(compute.before)} -> ${price(compute.after)} an hour`;
}

function skippedText(rows: number, accounts: readonly string[]): string[] {
  const parts = [
    ...(rows === 0 ? [] : [`${rows} more safe ${rows === 1 ? 'change' : 'changes'}`]),
    ...(accounts.length === 0 ? [] : [`the diffs of ${countedNames(accounts, 'account', 'accounts')}`]),
  ];
  return parts.length === 0
    ? []
    : [`… and ${parts.join(' and ')}, not shown because of the size limit; \`mdacc plan\` shows all.`, ''];
}

/** What apply does not touch. */
function untouched(plan: Plan): string[] {
  const { accounts, tokens } = plan.unmanaged;
  const names = tokens.map((token) => `${token.account}/${token.name === '' ? token.id : token.name}`);
  const unmanaged = accounts === null ? 'accounts not known' : countedNames(accounts, 'account', 'accounts');
  return [
    ...(plan.retained.length > 0
      ? [`No longer in the configuration, retained: ${countedNames(plan.retained, 'account', 'accounts')}`, '']
      : []),
    `Unmanaged, not touched: ${unmanaged}, ${countedNames(names, 'token', 'tokens')}`,
  ];
}

function countedNames(names: readonly string[], one: string, many: string): string {
  const count = `${names.length} ${names.length === 1 ? one : many}`;
  const short = names.map((name) => cut(name, NAME_LENGTH));
  return names.length === 0 ? count : `${count} (${listed(short, NAMES_SHOWN)})`;
}

/** `a, b and 3 more`. */
function listed(names: readonly string[], most = names.length): string {
  const shown = names.slice(0, most).map(markdown).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** As many names as fit into so many characters. */
function listedWithin(names: readonly string[], characters: number): string {
  let left = characters;
  const fitting = names.findIndex((name) => {
    left -= markdown(name).length + 2;
    return left < 0;
  });
  return listed(names, fitting === -1 ? names.length : fitting);
}
