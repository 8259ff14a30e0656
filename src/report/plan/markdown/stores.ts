/** Where secrets go, and the settings in force, in a comment. */
import type { Plan } from '../../../model/plan.ts';
import { counted } from '../../../model/wording.ts';
import { firstThatFit, lengthOf } from '../../comment.ts';
import { markdown, printable, visibleAscii } from '../../escape.ts';
import { type StoreLine, storeLines } from '../stores.ts';
import { inlineCode } from './code.ts';
import { countedNames, cut } from './names.ts';

/** Characters of all stores that are known. */
const STORES_LENGTH = 16_000;
/** Characters of one command, where not all fit whole. */
const COMMAND_LENGTH = { min: 80, max: 1500 } as const;
/** Characters of a line about a store, without its command. */
const STORE_LINE = 150;

/** The lines about secret stores in a comment. */
interface ShownStores {
  /** That new or changed commands are not shown as a whole, for the first lines. */
  readonly warning: readonly string[];
  readonly lines: readonly string[];
}

/** Where secrets go. What is new or changed has all the room that there is, and is cut only where it does not fit. */
export function stores(plan: Plan, room: number): ShownStores {
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

/** @param most The number of characters of the command that are shown. */
function storeText({ text, exact: whole, note, isNew }: StoreLine, most = whole.length): string {
  const code = inlineCode(whole, most);
  const said = note === undefined ? '' : markdown(note);
  return `🔑 ${markdown(text)}: ${code}${said === '' ? '' : isNew ? ` (**${said}**)` : ` (${said})`}`;
}

/** Characters of all smoke queries, and of one at most. */
const QUERIES_LENGTH = { all: 6000, one: 1000 } as const;

/** Settings that change nothing by themselves, folded. */
export function settings({ guardrails = [], smoke_queries: queries = [] }: Plan, room: number): string[] {
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
    const code = inlineCode(visibleAscii(query), QUERIES_LENGTH.one);
    return `- ${changes ? '**may change data**: ' : ''}${code} (${countedNames(printable(accounts), 'account', 'accounts')})`;
  });
  const fitting = firstThatFit(lines, Math.min(QUERIES_LENGTH.all, room - 1500), (line) => line.length + 1);
  const more = lines.length - fitting.length;
  return [
    ...['', `<details><summary>In force: ${counts.join(', ')}</summary>`, ''],
    ...guardrails.map(({ name, value }) => `- ${name}: ${markdown(cut(value, 200))}`),
    ...(lines.length === 0 ? [] : ['', 'A smoke test runs as the account:', '', ...fitting]),
    ...(more === 0 ? [] : [`- **and ${more} more, not shown here**`]),
    ...['', '</details>'],
  ];
}
