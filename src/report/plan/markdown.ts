/**
 * A plan for a pull request comment: the summary line first, a table ordered by risk, and a folded `diff` block for each
 * account. GitHub accepts 65,000 characters. Of a longer plan, creations and other plain changes and then diffs are skipped; every
 * destructive and disruptive change, and every safe one that ends, moves or adopts something, stays named.
 */

import type { ComputeCeiling } from '../../model/action.ts';
import { entryName } from '../../model/entry-name.ts';
import { isOfBranch, type PlanNotice, type PlanWarning } from '../../model/notice.ts';
import type { Plan, SecretRemoval } from '../../model/plan.ts';
import { counted, NAMES_SHOWN } from '../../model/wording.ts';
import { branchText, groupEdits, stateEditedText } from '../../wording/branch-warnings.ts';
import { groupNotices } from '../../wording/notice-groups.ts';
import { commentHead, firstThatFit, lengthOf, MOST_CHARACTERS } from '../comment.ts';
import { markdown, withArrows, withoutLongTexts } from '../escape.ts';
import { hintMarkdown, type InContext, noContext } from '../hint.ts';
import type { Paint } from '../terminal-text.ts';
import { ALL_DUCKLINGS, ceilingText, isTold } from './ceiling.ts';
import { deletedText } from './deleted-data.ts';
import { groupIdentical, leastRoom, PLAIN, row } from './markdown/changes.ts';
import { fitChanges } from './markdown/fit.ts';
import { countedNames, cut, listed, listedWithin } from './markdown/names.ts';
import { settings, stores } from './markdown/stores.ts';
import { nextDays } from './next.ts';
import { recordedChanges } from './recorded.ts';
import { laterRevocations, printablePlan, removalText, stayingLines, summaryLine } from './wording.ts';

/** Characters for the list of what was skipped, and for the fold of the table. */
const ROOM_AT_THE_END = 1200;
const NOTICES_SHOWN = 20;
/** Characters of one notice. */
const NOTICE_LENGTH = 600;
/** Characters of the names in all changes of the state alone. */
const RECORDED_LENGTH = 10_000;
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
/** Characters of both lists where the rows of the table need all others. */
const LISTS_LEAST = 2000;
/** Characters that the rows of the table have at least. */
const ROWS_LENGTH = 12_000;
const TABLE = ['', '| | account | what | risk | why |', '|---|---|---|---|---|'];

/** Writes the plan. */
export function planMarkdown(given: Plan, _paint?: Paint, inContext: InContext = noContext): string {
  const { warnings, errors, violations, ...others } = printablePlan(given);
  // A long text would be the end of its row. Notices are cut by themselves.
  const plan = { ...withoutLongTexts(others), warnings, errors, violations };
  const changes = groupIdentical(plan.actions);
  const title = [...commentHead('plan', summaryLine(plan), plan), ...branchLines(plan.warnings, inContext)];
  const blocking = [
    ...computeLine(plan.compute),
    ...deletedLine(plan),
    ...notices('❌', plan.errors, inContext),
    ...notices('⛔', plan.violations, inContext),
  ];
  const warned = [
    ...notices(
      '⚠️',
      plan.warnings.filter((warning) => !isOfBranch(warning)),
      inContext,
    ),
    ...recorded(plan),
  ];
  const foot = untouched(plan);
  const all = MOST_CHARACTERS - lengthOf([...title, ...blocking, ...warned, ...foot, ...TABLE]) - ROOM_AT_THE_END;
  const namedRows = changes.filter(({ rank }) => rank < PLAIN).map((change) => row(change));
  const rows = Math.min(ROWS_LENGTH, lengthOf(namedRows));
  const where = stores(given, all - rows);
  const set = settings(given, all - rows - lengthOf([...where.warning, ...where.lines]));
  const left = all - rows - lengthOf([...where.warning, ...where.lines, ...set]);
  // What ends or moves something is named before what follows from that.
  const named = Math.min(lengthOf(namedRows), leastRoom(changes.slice(0, namedRows.length)));
  const lists = Math.min(left + rows, Math.max(LISTS_LEAST, left + rows - named));
  const gone = removals(plan, Math.min(REMOVALS_LENGTH, lists));
  const soon = later(plan, Math.min(LATER_LENGTH, lists - lengthOf(gone)));
  const room = left + rows - lengthOf([...gone, ...soon]);
  const { first, more, blocks, skipped } = fitChanges(plan.actions, others.actions, changes, namedRows, room);
  const begin = [
    ...title,
    ...where.warning,
    ...blocking,
    ...(first.length === 0 ? [] : [...TABLE, ...first]),
    ...folded(more),
  ];
  const rest = [...blocks, ...set, '', ...skipped, ...foot];
  return `${[...begin, ...warned, ...gone, ...soon, ...where.lines, ...rest].join('\n')}\n`;
}

/** The rows of the table that are not above the fold. */
function folded(rows: readonly string[]): string[] {
  if (rows.length === 0) return [];
  const summary = `<details><summary>${rows.length} more ${rows.length === 1 ? 'row' : 'rows'} of safe changes</summary>`;
  return ['', summary, ...TABLE, ...rows, '', '</details>'];
}

/** Changes in the state alone, a line each. */
function recorded(plan: Plan): string[] {
  const changes = recordedChanges(plan);
  return changes.flatMap(({ kind, subject, change, names }) => {
    const text = `${subject} ${withArrows(change)} (recorded by mdacc, nothing changes at MotherDuck)`;
    const room = Math.floor(RECORDED_LENGTH / changes.length);
    return ['', `${kind === 'policy' ? '📝' : '🔓'} **${listedWithin(names, room)}**: ${text}`];
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
    names.push(entryName({ account, token }));
    byStore.set(store, names);
  }
  const share = Math.floor(room / byStore.size) - 100;
  return [...byStore].map(([store, names]) => {
    const text = (names[0]?.length ?? 0) < share ? listedWithin(names, share) : counted(names.length, 'secret');
    return `- from ${markdown(store)}: ${text}`;
  });
}

/** What a later apply revokes or replaces, without being asked again. */
function later(plan: Plan, room: number): string[] {
  const { days, more } = nextDays(
    { ...plan, next: plan.next.filter(({ change }) => change !== 'is revoked') },
    NAMES_SHOWN.list,
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
    const after = `<br>${hintMarkdown(hint, inContext)}`;
    if (warning.kind !== 'state_edited')
      return ['', `⚠️ **${markdown(cut(withArrows(message), SETTINGS_LENGTH))}**${after}`];
    const groups = groupEdits(warning.edits);
    const shown = groups.slice(0, EDITS_SHOWN);
    const share = Math.floor(EDITS_LENGTH / Math.max(1, shown.length));
    const lines = shown.map(({ what, names }) => {
      const of = names.length === 0 ? '' : `: ${listedWithin(names, share)}`;
      return `- **${markdown(cut(withArrows(what), NOTICE_LENGTH))}**${of}`;
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
    return `${mark} ${about}${markdown(cut(withArrows(message), NOTICE_LENGTH))}<br>${hintMarkdown(hint, inContext, NOTICE_LENGTH)}`;
  });
  const fitting = firstThatFit(lines, NOTICES_LENGTH, (line) => line.length + 2);
  const more = groups.length - fitting.length;
  return [...fitting, ...(more === 0 ? [] : [`${mark} and ${more} more like these`])].flatMap((line) => ['', line]);
}

function computeLine(compute: ComputeCeiling | undefined): string[] {
  if (!isTold(compute)) return [];
  return ['', `${ALL_DUCKLINGS}, by \`compute_rates\`: ${markdown(ceilingText(compute, '→'))}`];
}

function deletedLine(plan: Plan): string[] {
  const text = deletedText(plan);
  return text === undefined ? [] : ['', `Deleted with the accounts: **${markdown(cut(text, NOTICE_LENGTH))}**`];
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
