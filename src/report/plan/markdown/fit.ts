/** Chooses the changes that fit into a comment: risky ones first, safe ones last. */
import { type Action, actionsByAccount } from '../../../model/action.ts';
import { ACCOUNT, disruptiveWords } from '../../../model/setup.ts';
import { counted, NAMES_SHOWN } from '../../../model/wording.ts';
import { lengthOf } from '../../comment.ts';
import { markdown, withoutLongTexts } from '../../escape.ts';
import { accountDiff } from '../account-yaml.ts';
import { partsOf, rangesText, withPlaceholder } from '../groups.ts';
import { shownSql, statementsToReview } from '../sql.ts';
import { type ChangeRow, PLAIN, rankOf, row, SAFE, shortRows } from './changes.ts';
import { block } from './code.ts';
import { countedNames } from './names.ts';

/** Rows that are never folded; of risky changes, all. */
const ROWS_ABOVE_THE_FOLD = 5;
/** Fewer rows are not worth a fold, which is as high as one. */
const LEAST_FOLDED = 4;

/** Accounts with the same diff and the same SQL, but for their names. */
interface SameDiff {
  readonly accounts: string[];
  /** With long texts cut. */
  readonly own: readonly Action[];
  readonly whole: readonly Action[];
  readonly rank: number;
}

/** What a comment shows of the changes. */
interface Fitted {
  /** Rows of the table above the fold, and those that are folded. */
  readonly first: readonly string[];
  readonly more: readonly string[];
  /** The diffs. */
  readonly blocks: readonly string[];
  /** What is not shown. */
  readonly skipped: readonly string[];
}

/**
 * Changes that are named whatever else there is, and their diffs, then other changes and their diffs. SQL of a setup is whole
 * where there is room left.
 *
 * @param uncut The same actions with texts of any length
 * @param named The rows of the changes that are named
 */
export function fitChanges(
  actions: readonly Action[],
  uncut: readonly Action[],
  changes: readonly ChangeRow[],
  named: readonly string[],
  given: number,
): Fitted {
  const isShort = lengthOf(named) > given;
  const rows = isShort ? shortRows(changes.slice(0, named.length), given) : named;
  let room = given - lengthOf(rows);
  const take = (text: string): boolean => {
    if (text.length + 1 > room) return false;
    room -= text.length + 1;
    return true;
  };
  const groups = groupDiffs(actions, uncut);
  const shown = new Map<SameDiff, string>();
  const addBlocks = (isWanted: (rank: number) => boolean) => {
    for (const group of groups) {
      if (!isWanted(group.rank) || shown.has(group)) continue;
      const all = details(group.accounts, group.own);
      const text = take(all) ? all : riskyDetails(group).find(take);
      if (text !== undefined) shown.set(group, text);
    }
  };
  groups.sort((a, b) => a.rank - b.rank);
  addBlocks((rank) => rank < PLAIN);
  const plain = changes.filter(({ rank }) => rank === PLAIN).map((change) => row(change, NAMES_SHOWN.list));
  const plainRows = plain.filter(take);
  addBlocks((rank) => rank === PLAIN);
  for (const group of groups) {
    const short = shown.get(group);
    if (short === undefined || !group.own.some(({ action }) => action === 'run_setup')) continue;
    const long = details(group.accounts, group.whole);
    if (long.length - short.length > room) continue;
    room -= long.length - short.length;
    shown.set(group, long);
  }
  const table = [...rows, ...plainRows];
  const risky = isShort ? rows.length : changes.filter(({ rank }) => rank < SAFE).length;
  const wanted = Math.max(ROWS_ABOVE_THE_FOLD, risky);
  const fold = table.length - wanted < LEAST_FOLDED ? table.length : wanted;
  return {
    first: table.slice(0, fold),
    more: table.slice(fold),
    blocks: groups.flatMap((group) => shown.get(group) ?? []),
    skipped: skippedText(
      plain.length - plainRows.length,
      groups.flatMap((group) => (shown.has(group) ? [] : group.accounts)),
    ),
  };
}

function groupDiffs(actions: readonly Action[], uncut: readonly Action[]): SameDiff[] {
  const whole = actionsByAccount(uncut);
  const groups = new Map<string, SameDiff>();
  for (const [account, own] of actionsByAccount(actions)) {
    const all = whole.get(account) ?? [];
    const key = JSON.stringify([
      ...[rankOf(own), accountDiff(ACCOUNT, own)],
      shownSql(all).map((sql) => partsOf(sql, account)),
    ]);
    const known = groups.get(key);
    if (known) known.accounts.push(account);
    else groups.set(key, { accounts: [account], own, whole: all, rank: rankOf(own) });
  }
  return [...groups.values()];
}

/** The same with the disruptive statements of a setup alone, where all do not fit. */
function riskyDetails({ accounts, whole }: SameDiff): string[] {
  let left = 0;
  const risky = whole.map((action) => {
    if (action.action !== 'run_setup') return action;
    const shown = statementsToReview(action);
    const statements = shown.filter((sql) => disruptiveWords(sql).length > 0);
    left += shown.length - statements.length;
    return { ...action, after: { ...action.after, new_statements: statements, statements } };
  });
  const note = `**and ${counted(left, 'other SQL statement')}, not shown here: read them in \`mdacc plan\`**`;
  return left === 0 ? [] : [details(accounts, withoutLongTexts(risky), [note])];
}

function details(accounts: readonly string[], given: readonly Action[], notes: readonly string[] = []): string {
  const [only, ...others] = accounts;
  const isOne = only !== undefined && others.length === 0;
  const diff = accountDiff(isOne ? only : ACCOUNT, given);
  const sql = shownSql(isOne ? given : given.map(withPlaceholder)).join('\n');
  const blocks = [diff === '' ? '' : block('diff', diff), sql === '' ? '' : block('sql', sql), ...notes].filter(
    (text) => text !== '',
  );
  const names = isOne ? only : `${rangesText(accounts, NAMES_SHOWN.list)} (${accounts.length} accounts)`;
  return `\n<details><summary>${markdown(names)}</summary>\n\n${blocks.join('\n\n')}\n\n</details>`;
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
