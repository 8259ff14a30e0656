/**
 * A plan for a pull request comment: the summary line first, a table ordered by risk, and a folded `diff` block for each
 * account. GitHub accepts 65,000 characters. Of a longer plan, creations and other plain changes and then diffs are skipped; every
 * destructive and disruptive change, and every safe one that ends, moves or adopts something, stays named.
 */

import type { PlanNotice, PlanWarning } from '../../model/notice.ts';
import { type Action, actionsByAccount, type ComputeCeiling, type Plan, type SecretRemoval } from '../../model/plan.ts';
import { disruptiveWords } from '../../model/setup.ts';
import { counted } from '../../model/wording.ts';
import { branchText, groupEdits, isOfBranch, stateEditedText } from '../../plan/branch-text.ts';
import { groupNotices } from '../../plan/notice-groups.ts';
import {
  commentHead,
  firstThatFit,
  lengthOf,
  MOST_CHARACTERS,
  markdown,
  printable,
  visibleAscii,
  withoutLongTexts,
} from '../escape.ts';
import { hintText, type InContext, noContext } from '../hint.ts';
import type { Paint } from '../terminal-text.ts';
import { accountDiff } from './account-yaml.ts';
import { deletedDataText } from './deleted-data.ts';
import {
  type Change,
  ceiling,
  groupIdentical,
  listed,
  listedWithin,
  PLAIN,
  rankOf,
  row,
  shortRows,
} from './markdown/changes.ts';
import { nextDays } from './next.ts';
import { type StoreLine, storeLines } from './stores.ts';
import {
  laterRevocations,
  printablePlan,
  removalText,
  shownSql,
  statementsToReview,
  stayingLines,
  summaryLine,
} from './wording.ts';

/** Characters for the list of what was skipped. */
const ROOM_AT_THE_END = 1000;
const NAMES_SHOWN = 10;
const NOTICES_SHOWN = 20;
/** Characters of one notice. */
const NOTICE_LENGTH = 600;
/** Characters of the names of one change of deletion protection. */
const PROTECTION_LENGTH = 10_000;
/** Characters of all notices of a kind. */
const NOTICES_LENGTH = 12_000;
/** Kinds of edits of the state, and characters of the names in all of them. */
const EDITS_SHOWN = 20;
const EDITS_LENGTH = 10_000;
/** Characters of the settings that a branch changes. */
const SETTINGS_LENGTH = 5000;
/** Characters of the list of secrets that are removed. */
const REMOVALS_LENGTH = 24_000;
/** Characters of the list of tokens that are revoked later, and of the next scheduled work. */
const LATER_LENGTH = 16_000;
/** Characters that the rows of the table have at least. */
const ROWS_LENGTH = 12_000;
/** Characters of a name that is one of many. */
const NAME_LENGTH = 40;
const TABLE = ['', '| | account | what | why | risk |', '|---|---|---|---|---|'];

/** Writes the plan. */
export function planMarkdown(given: Plan, _paint?: Paint, inContext: InContext = noContext): string {
  const { warnings, errors, violations, ...others } = printablePlan(given);
  // A long text would be the end of its row. Notices are cut by themselves.
  const plan = { ...withoutLongTexts(others), warnings, errors, violations };
  const changes = groupIdentical(plan.actions);
  const title = [...commentHead('plan', summaryLine(plan), plan), ...branchLines(plan.warnings, inContext)];
  const begin = [
    ...computeLine(plan.compute),
    ...deletedLine(plan),
    ...notices('❌', plan.errors, inContext),
    ...notices('⛔', plan.violations, inContext),
    ...notices(
      '⚠️',
      plan.warnings.filter((warning) => !isOfBranch(warning)),
      inContext,
    ),
    ...protections(plan),
  ];
  const foot = untouched(plan);
  const all = MOST_CHARACTERS - lengthOf([...title, ...begin, ...foot, ...TABLE]) - ROOM_AT_THE_END;
  const namedRows = changes.filter(({ rank }) => rank < PLAIN).map((change) => row(change));
  const rows = Math.min(ROWS_LENGTH, lengthOf(namedRows));
  const where = stores(given, all - rows);
  const set = settings(given, all - rows - lengthOf([...where.warning, ...where.lines]));
  const left = all - rows - lengthOf([...where.warning, ...where.lines, ...set]);
  const gone = removals(plan, Math.min(REMOVALS_LENGTH, left));
  const soon = later(plan, Math.min(LATER_LENGTH, left - lengthOf(gone)));
  const room = left + rows - lengthOf([...gone, ...soon]);
  const { table, blocks, skipped } = takeWhatFits(plan.actions, others.actions, changes, namedRows, room);
  const rest = [...(table.length === 0 ? [] : [...TABLE, ...table]), ...blocks, ...set, '', ...skipped, ...foot];
  return `${[...title, ...where.warning, ...begin, ...gone, ...soon, ...where.lines, ...rest].join('\n')}\n`;
}

/**
 * Changes that are named whatever else there is, and their diffs, then other changes and their diffs. SQL of a setup is whole
 * where there is room left.
 */
function takeWhatFits(
  actions: readonly Action[],
  uncut: readonly Action[],
  changes: readonly Change[],
  full: readonly string[],
  given: number,
) {
  const isShort = lengthOf(full) > given;
  const rows = isShort ? shortRows(changes.slice(0, full.length), given) : full;
  let room = given - lengthOf(rows);
  const take = (text: string): boolean => {
    if (text.length + 1 > room) return false;
    room -= text.length + 1;
    return true;
  };
  const groups = [...actionsByAccount(actions)].map(([account, own]) => ({ account, own, rank: rankOf(own) }));
  const whole = actionsByAccount(uncut);
  const shown = new Map<string, string>();
  const addBlocks = (isWanted: (rank: number) => boolean) => {
    for (const { account, own, rank } of groups) {
      if (!isWanted(rank) || shown.has(account)) continue;
      const all = details(account, own);
      const block = take(all) ? all : riskyDetails(account, whole.get(account) ?? []).find(take);
      if (block !== undefined) shown.set(account, block);
    }
  };
  groups.sort((a, b) => a.rank - b.rank);
  addBlocks((rank) => rank < PLAIN);
  const plain = changes.filter(({ rank }) => rank === PLAIN).map((change) => row(change, NAMES_SHOWN));
  const shownRows = plain.filter(take);
  addBlocks((rank) => rank === PLAIN);
  for (const { account, own } of groups) {
    const short = shown.get(account);
    if (short === undefined || !own.some(({ action }) => action === 'run_setup')) continue;
    const long = details(account, whole.get(account) ?? []);
    if (long.length - short.length > room) continue;
    room -= long.length - short.length;
    shown.set(account, long);
  }
  const without = groups.filter(({ account }) => !shown.has(account)).map(({ account }) => account);
  return {
    table: [...rows, ...shownRows],
    blocks: groups.flatMap(({ account }) => shown.get(account) ?? []),
    skipped: skippedText(plain.length - shownRows.length, without),
  };
}

/** The same with the disruptive statements of a setup alone, where all do not fit. */
function riskyDetails(account: string, actions: readonly Action[]): string[] {
  let left = 0;
  const risky = actions.map((action) => {
    if (action.action !== 'run_setup') return action;
    const shown = statementsToReview(action);
    const statements = shown.filter((sql) => disruptiveWords(sql).length > 0);
    left += shown.length - statements.length;
    return { ...action, after: { ...action.after, new_statements: statements, statements } };
  });
  const note = `**and ${counted(left, 'other SQL statement')}, not shown here: read them in \`mdacc plan\`**`;
  return left === 0 ? [] : [details(account, withoutLongTexts(risky), [note])];
}

function details(account: string, actions: readonly Action[], notes: readonly string[] = []): string {
  const diff = accountDiff(account, actions);
  const sql = shownSql(actions).join('\n');
  const blocks = [diff === '' ? '' : block('diff', diff), sql === '' ? '' : block('sql', sql), ...notes].filter(
    (text) => text !== '',
  );
  return `\n<details><summary>${markdown(account)}</summary>\n\n${blocks.join('\n\n')}\n\n</details>`;
}

function block(language: string, text: string): string {
  const fence = fenceFor(text, 3);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** More backticks than the text has in a row, and so many at least. */
function fenceFor(text: string, least: number): string {
  return '`'.repeat([...text.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length + 1), least));
}

/** Characters of all stores that are known. */
const STORES_LENGTH = 16_000;
/** Characters of one command, where not all fit whole. */
const COMMAND_LENGTH = { min: 80, max: 1500 } as const;
/** Characters of a line about a store, without its command. */
const STORE_LINE = 150;

interface ShownStores {
  /** That new or changed commands are not shown as a whole, for the first lines. */
  readonly warning: readonly string[];
  readonly lines: readonly string[];
}

/** Where secrets go. What is new or changed has all the room that there is, and is cut only where it does not fit. */
function stores(plan: Plan, room: number): ShownStores {
  const all = storeLines(plan);
  const [fresh, known] = [all.filter(({ isNew }) => isNew), all.filter(({ isNew }) => !isNew)];
  const whole = fresh.map((line) => storeText(line));
  const isWhole = lengthOf(whole) + whole.length <= room;
  const ofFresh = isWhole ? { shown: whole, cut: 0 } : fittingFirst(fresh, room);
  const left = room - lengthOf(ofFresh.shown) - ofFresh.shown.length;
  const { shown } = fittingStores(known, Math.min(STORES_LENGTH, left));
  const count = fresh.length - ofFresh.shown.length + known.length - shown.length;
  const rest = `🔑 **and ${count} more commands and files, not shown here: read them in \`mdacc plan\`**`;
  return {
    warning: isWhole
      ? []
      : [
          '',
          `⚠️ **${counted(ofFresh.cut, 'new or changed destination')} of secrets, not shown as a whole here: read them in \`mdacc plan\` before you merge**`,
        ],
    lines: [...ofFresh.shown, ...shown, ...(count === 0 ? [] : [rest])].flatMap((line) => ['', line]),
  };
}

/** What secrets go to comes before what only checks or removes. */
function fittingFirst(lines: readonly StoreLine[], room: number) {
  const first = fittingStores(
    lines.filter(({ note }) => note !== undefined),
    room,
  );
  const left = room - lengthOf(first.shown) - first.shown.length;
  const second = fittingStores(
    lines.filter(({ note }) => note === undefined),
    left,
  );
  return { shown: [...first.shown, ...second.shown], cut: first.cut + second.cut };
}

/** Each line has its share of the room. */
function fittingStores(lines: readonly StoreLine[], room: number) {
  const share = Math.floor(room / Math.max(1, lines.length)) - STORE_LINE;
  const most = Math.min(COMMAND_LENGTH.max, Math.max(COMMAND_LENGTH.min, share));
  const texts = lines.map((line) => storeText(line, most));
  const shown = firstThatFit(texts, room - STORE_LINE, (text) => text.length + 2);
  const isCut = ({ exact }: StoreLine, at: number) => at >= shown.length || exact.length > most;
  return { shown, cut: lines.filter(isCut).length };
}

/** A text as code, with its length where it is cut. */
function codeOf(whole: string, most: number): string {
  const exact = whole.slice(0, most);
  const count = whole.length.toLocaleString('en');
  const fence = fenceFor(exact, 1);
  const code = fence === '`' ? `${fence}${exact}${fence}` : `${fence} ${exact} ${fence}`;
  return exact === whole ? code : `${code} **and so on, ${count} characters in all; \`mdacc plan\` shows them**`;
}

/** @param most The number of characters of the command that are shown. */
function storeText({ text, exact: whole, note, isNew }: StoreLine, most = whole.length): string {
  const code = codeOf(whole, most);
  const said = note === undefined ? '' : markdown(note);
  return `🔑 ${markdown(text)}: ${code}${said === '' ? '' : isNew ? ` (**${said}**)` : ` (${said})`}`;
}

/** Characters of all smoke queries, and of one at most. */
const QUERIES_LENGTH = { all: 6000, one: 1000 } as const;

/** Settings that change nothing by themselves, folded. */
function settings({ guardrails = [], smoke_queries: queries = [] }: Plan, room: number): string[] {
  if (guardrails.length === 0 && queries.length === 0) return [];
  const changing = queries.filter(({ changes }) => changes).length;
  const counts = [
    ...(guardrails.length === 0
      ? []
      : [
          `${guardrails.length} ${guardrails.length === 1 ? 'guardrail that differs from its default' : 'guardrails that differ from the defaults'}`,
        ]),
    ...(queries.length === 0 ? [] : [`${queries.length} own smoke ${queries.length === 1 ? 'query' : 'queries'}`]),
    ...(changing === 0 ? [] : [`<b>${changing} of which may change data</b>`]),
  ];
  const lines = queries.map(({ query, changes, accounts }) => {
    const code = codeOf(visibleAscii(query), QUERIES_LENGTH.one);
    return `- ${changes ? '**may change data**: ' : ''}${code} (${countedNames(printable(accounts), 'account', 'accounts')})`;
  });
  const fitting = firstThatFit(lines, Math.min(QUERIES_LENGTH.all, room - 1500), (line) => line.length + 1);
  const more = lines.length - fitting.length;
  return [
    ...['', `<details><summary>In force: ${counts.join(', ')}</summary>`, ''],
    ...guardrails.map(({ name, value }) => `- ${name}: ${markdown(cut(value, 200))}`.replaceAll('_', '&#95;')),
    ...(lines.length === 0 ? [] : ['', 'A smoke test runs as the account:', '', ...fitting]),
    ...(more === 0 ? [] : [`- **and ${more} more, not shown here**`]),
    ...['', '</details>'],
  ];
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

/** The secrets that leave their stores: where there are many, by their tokens' names alone. */
function removals({ removals: all = [] }: Plan, room: number): string[] {
  if (all.length === 0) return [];
  const full = all.map((removal) => `- ${markdown(removalText(removal))}`);
  const lines = lengthOf(full) <= room ? full : removalsByStore(all, room);
  return ['', 'Removed from secret stores:', '', ...lines];
}

function removalsByStore(all: readonly SecretRemoval[], room: number): string[] {
  const byStore = new Map<string, string[]>();
  for (const { store, account, token } of all) {
    const names = byStore.get(store) ?? [];
    names.push(`${account}/${token}`);
    byStore.set(store, names);
  }
  const share = Math.floor(room / byStore.size) - 100;
  return [...byStore].map(([store, names]) => `- from ${markdown(store)}: ${listedWithin(names, share)}`);
}

/** Names of the tokens of one day of scheduled work. */
const TOKENS_SHOWN = 10;

/** What a later apply revokes or replaces, without being asked again. */
function later(plan: Plan, room: number): string[] {
  const { days, more } = nextDays(
    { ...plan, next: plan.next.filter(({ change }) => change !== 'is revoked') },
    TOKENS_SHOWN,
  );
  const rest = more === 0 ? '' : `; and ${more} more later`;
  const next = days.length === 0 ? [] : ['', `🕒 Next: ${days.map(markdown).join('; ')}${rest}`];
  return [...laterRevoked(plan, room - lengthOf(next)), ...next];
}

function laterRevoked(plan: Plan, room: number): string[] {
  const all = laterRevocations(plan);
  if (all.length === 0) return [];
  const tokens = all.reduce((sum, { names }) => sum + names.length, 0);
  const lines = all.map(({ account, names }) => `**${markdown(account)}**: ${listed(names)}`);
  const fitting = firstThatFit(lines, room, (line) => line.length + 2);
  const more = lines.length - fitting.length;
  const rest = more === 0 ? '' : `; and of ${more} more accounts, which \`mdacc plan\` names`;
  return ['', `🕒 ${counted(tokens, 'token')} to be revoked when the overlap ends: ${fitting.join('; ')}${rest}`];
}

/** What the branch changes beside what is planned: at the top, in bold. Every edit is named, or counted where there are many. */
function branchLines(warnings: readonly PlanWarning[], inContext: InContext): string[] {
  return warnings.filter(isOfBranch).flatMap((warning) => {
    const { message, hint } = branchText(warning);
    const after = `<br>${markdown(hintText(hint, inContext))}`;
    if (warning.kind !== 'state_edited') return ['', `⚠️ **${markdown(cut(message, SETTINGS_LENGTH))}**${after}`];
    const groups = groupEdits(warning.edits);
    const shown = groups.slice(0, EDITS_SHOWN);
    const share = Math.floor(EDITS_LENGTH / Math.max(1, shown.length));
    const lines = shown.map(({ what, names }) => {
      const of = names.length === 0 ? '' : `: ${listedWithin(names, share)}`;
      return `- **${markdown(cut(what))}**${of}`;
    });
    const others = groups.slice(EDITS_SHOWN).flatMap(({ names }) => names);
    const rest =
      others.length === 0
        ? []
        : [`- **${others.length} more edits, which \`mdacc plan\` tells**: ${listedWithin(others, EDITS_LENGTH)}`];
    return ['', `⚠️ **${markdown(stateEditedText(warning))}:**${after}`, '', ...lines, ...rest];
  });
}

function notices(mark: string, all: readonly PlanNotice[], inContext: InContext): string[] {
  const groups = groupNotices(all);
  const lines = groups.slice(0, NOTICES_SHOWN).map(({ subject, message, hint }) => {
    const about = subject === undefined ? '' : `**${markdown(subject)}**: `;
    return `${mark} ${about}${markdown(cut(message))}<br>${markdown(cut(hintText(hint, inContext)))}`;
  });
  const fitting = firstThatFit(lines, NOTICES_LENGTH, (line) => line.length + 2);
  const more = groups.length - fitting.length;
  return [...fitting, ...(more === 0 ? [] : [`${mark} and ${more} more like these`])].flatMap((line) => ['', line]);
}

function cut(text: string, most = NOTICE_LENGTH): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function computeLine(compute: ComputeCeiling | undefined): string[] {
  return compute === undefined ? [] : ['', `All Ducklings at once, by \`compute_rates\`:${ceiling(compute)}`];
}

function deletedLine({ deleted_data: data }: Plan): string[] {
  const text = deletedDataText(data);
  return text === undefined ? [] : ['', `Deleted with the accounts: **${markdown(cut(text))}**`];
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
  const { retained, variables } = plan;
  return [
    ...(retained.length > 0
      ? [`No longer in the configuration, retained: ${countedNames(retained, 'account', 'accounts')}`]
      : []),
    ...stayingLines(plan, countedNames),
    ...(variables
      ? [`The configuration uses ${countedNames(variables, 'environment variable', 'environment variables')}`]
      : []),
  ].flatMap((line, index) => (index === 0 ? [line] : ['', line]));
}

function countedNames(names: readonly string[], one: string, many: string): string {
  const count = `${names.length} ${names.length === 1 ? one : many}`;
  const short = names.map((name) => cut(name, NAME_LENGTH));
  return names.length === 0 ? count : `${count} (${listed(short, NAMES_SHOWN)})`;
}
