/** Notices of one kind are shown as one, with a count and names: thousands of accounts can have the same problem. */
import { groupBy } from '../model/collections.ts';
import { defined } from '../model/defined.ts';
import { entryName } from '../model/entry-name.ts';
import type { PlanNotice } from '../model/notice.ts';
import type { Hint } from '../model/user-error.ts';
import { few, NAMES_SHOWN, NAMES_TYPED } from '../model/wording.ts';
import { groupEdits } from './branch-warnings.ts';
import { type NoticeText, noticeText } from './notices.ts';
import { severalText } from './several-notices.ts';

/** Notices that are shown as one, and their words. */
export interface NoticeGroup<N extends PlanNotice = PlanNotice> extends NoticeText {
  readonly kind: N['kind'];
  readonly notices: readonly N[];
  /** The accounts or tokens that they are about: `etl_prod`, `etl_prod/airflow`. */
  readonly names: readonly string[];
}

/** In what notices of a group may differ: which things they are about, and facts of each. Anything else decides what is said of all. */
const OF_EACH: ReadonlySet<string> = new Set([
  ...['account', 'accounts', 'token', 'tokens', 'name', 'names', 'id', 'ids', 'current', 'replaced', 'by', 'holders'],
  ...['expires_at', 'retire_at', 'before', 'after', 'share', 'attached', 'location', 'actions', 'secret_paths'],
  ...['edits', 'settings', 'variables', 'stores', 'why', 'hint'],
]);

/** Groups notices of which the same can be said, in the order of the first of each group. */
export function groupNotices<N extends PlanNotice>(all: readonly N[]): NoticeGroup<N>[] {
  return [...groupBy(all, keyOf).values()].flatMap((notices) => {
    const [first] = notices;
    if (first === undefined) return [];
    const names = [...new Set(notices.flatMap(namesIn))];
    return [{ kind: first.kind, notices, names, ...inWords(notices, first, names) }];
  });
}

function keyOf(notice: PlanNotice): string {
  const same = Object.entries(notice).filter(([field, value]) => value !== undefined && !OF_EACH.has(field));
  // Without words for several, they have the advice of the first.
  const advice = severalText(notice) === undefined ? noticeText(notice).hint.text : '';
  return JSON.stringify([same.sort(([a], [b]) => (a < b ? -1 : 1)), advice]);
}

function namesIn(notice: PlanNotice): readonly string[] {
  if (notice.kind === 'state_edited') return groupEdits(notice.edits).flatMap(({ names }) => names);
  if ('account' in notice) return [entryName(notice)];
  return 'accounts' in notice ? notice.accounts : 'tokens' in notice ? notice.tokens : [];
}

function inWords(notices: readonly PlanNotice[], first: PlanNotice, names: readonly string[]): NoticeText {
  const text = noticeText(first);
  if (notices.length === 1) return text;
  const { code, message, hint, subject } = text;
  if (subject !== undefined && names.length === 1) {
    return { ...text, message: listed([...new Set(notices.map((notice) => noticeText(notice).message))]) };
  }
  const several = severalText(first);
  if (several !== undefined) return { ...defined({ code }), ...several(notices, names) };
  const about = subject === undefined ? '' : `${subject}: `;
  return {
    ...defined({ code }),
    message: `${about}${message}; and ${notices.length - 1} more of this kind: ${further(notices, names)}`,
    hint: { text: hint.text, ...sharedCommand(notices, names) },
  };
}

/** All but the first: by name if that tells them apart and says enough of each, else in their own words. */
function further(notices: readonly PlanNotice[], names: readonly string[]): string {
  const [, ...others] = notices;
  const isNamed = names.length === notices.length && notices.every((notice) => 'account' in notice);
  const facts = new Set(notices.map((notice) => JSON.stringify({ ...notice, account: '', token: '' })));
  if (isNamed && (facts.size === 1 || notices.length > NAMES_SHOWN.sentence)) {
    return few(names.slice(1), NAMES_SHOWN.list);
  }
  return listed(
    others.map((notice) => {
      const { subject, message } = noticeText(notice);
      return subject === undefined ? message : `${subject}: ${message}`;
    }),
  );
}

/** `a; b; and 3 more` */
function listed(messages: readonly string[]): string {
  const shown = messages.slice(0, NAMES_SHOWN.list);
  const rest = messages.length - shown.length;
  return [...shown, ...(rest === 0 ? [] : [`and ${rest} more`])].join('; ');
}

/** The command of their hints, if all have the same, or each one that rotates its own tokens. */
function sharedCommand(notices: readonly PlanNotice[], names: readonly string[]): Omit<Hint, 'text'> {
  const commands = notices.map((notice) => {
    const { text: _, ...command } = noticeText(notice).hint;
    return command;
  });
  const [first = {}] = commands;
  const isSame = (command: Omit<Hint, 'text'>, other: Omit<Hint, 'text'> = {}) =>
    JSON.stringify(command) === JSON.stringify(other);
  if (commands.every((command) => isSame(command, first))) return first;
  const isRotation = notices.every((notice, index) =>
    isSame({ command: ['rotate', ...namesIn(notice)] }, commands[index]),
  );
  return isRotation && names.length <= NAMES_TYPED.optional ? { command: ['rotate', ...names] } : {};
}
