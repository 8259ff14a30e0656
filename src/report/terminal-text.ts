/** Text for a terminal: colours, lines that fit its width, commands that stay on one line, and the line that names the organization. */
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import type { Scope } from '../model/plan.ts';
import { showTime } from '../model/time.ts';
import type { ErrorCode } from '../model/user-error.ts';
import { unseenReplacer, visibleAscii, visibleLines } from './escape.ts';
import { shownState } from './locations.ts';

/** Marks parts of a text for a terminal; `plain` leaves them as they are. Colours are those of its own palette, which suit light and dark. */
export interface Paint {
  /** A command to type, which `unbroken` keeps on one line. */
  readonly command: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
  readonly cyan: (text: string) => string;
}

/** How a text is laid out. */
export interface Layout {
  /** The width of the terminal, where lines of the user's files are shown. */
  readonly columns?: number | undefined;
  /** Every account of a plan is listed, also where several have identical changes. */
  readonly verbose?: boolean | undefined;
  /** Names a file for a program. */
  readonly pathOf?: ((file: string) => string) | undefined;
}

/** A blank at which `wrapTo` breaks no line. Unicode assigns no character to this code point. */
const JOINER = '\ufdd0';

/** Keeps a command or a name on one line of a text that goes through `wrapTo`: half of a command could be pasted and run. */
export function unbroken(text: string): string {
  return text.replaceAll(' ', JOINER);
}

/** ` [STATE_LOCKED]`: the code, by which docs/troubleshooting.md explains an error; a command that was not understood needs no more than its hint. */
export function codeText(code: ErrorCode, paint: Paint): string {
  return code === 'USAGE' ? '' : paint.dim(` [${code}]`);
}

/** Not Node's `styleText`, which looks at the environment: paintFor decides for each stream. */
function between(on: number, off: number) {
  return (text: string) => (text === '' ? '' : `\x1b[${on}m${text}\x1b[${off}m`);
}

const same = (text: string) => text;

/** With colours. */
export const coloured: Paint = {
  command: same,
  bold: between(1, 22),
  dim: between(2, 22),
  green: between(32, 39),
  yellow: between(33, 39),
  red: between(31, 39),
  cyan: between(36, 39),
};

/** Without any marks. */
export const plain: Paint = {
  command: same,
  bold: same,
  dim: same,
  green: same,
  yellow: same,
  red: same,
  cyan: same,
};

/** Below this width lines are left to the terminal. */
const MIN_COLUMNS = 20;
/** What must be left beside an indentation: columns, and a share of the terminal's. */
const MIN_TEXT = 24;
const MIN_SHARE = 0.4;

/**
 * What may reach a terminal: every output goes through here. Control characters, which could move the cursor, retitle the window
 * or hide a line, become `\ufffd`; line breaks, tabs and, where `paint` marks parts of a text, its colours stay.
 */
export function terminalText(text: string, paint: Paint): string {
  return paint.bold === same ? visibleLines(text) : visibleInColour(text);
}

/** The colours are those of `coloured`. */
const visibleInColour = unseenReplacer(String.raw`(?!\x1b\[(?:1|22?|3[1236]|39)m)(?![\n\t])`);

// biome-ignore lint/suspicious/noControlCharactersInRegex: a colour takes no columns
const COLOUR = /\x1b\[\d+m/g;
/**
 * The text for a terminal of so many columns; undefined: for a file or a pipe, whose lines are not broken.
 * @param names Names that others gave, which stay whole: a row that begins within one could look like advice of the program.
 */
export function wrapTo(text: string, columns: number | undefined, names: Iterable<string> = []): string {
  const isWrapped = columns !== undefined && columns >= MIN_COLUMNS;
  // A name may be the beginning of another.
  const longestFirst = isWrapped ? [...names].sort((a, b) => b.length - a.length) : [];
  return (isWrapped ? text.split('\n').map((line) => wrapLine(line, columns, longestFirst)) : [text])
    .join('\n')
    .replaceAll(JOINER, ' ');
}

function wrapLine(given: string, columns: number, names: readonly string[]): string {
  // wrap-ansi would normalize names, which then do not match those at MotherDuck.
  if (stringWidth(given.replace(COLOUR, '')) <= columns || given !== given.normalize()) return given;
  const line = names.reduce((kept, name) => kept.replaceAll(name, unbroken(name)), given);
  const head = headOf(line.replace(COLOUR, ''), columns);
  const [before, text] = splitAt(line.trimEnd(), head.length);
  // A blank at the start would be trimmed, although it is within the line.
  const kept = text.startsWith(' ') ? unbroken(' ') + text.slice(1) : text;
  const rows = wrapAnsi(kept, columns - stringWidth(head)).split('\n');
  return before + rows.join(`\n${' '.repeat(stringWidth(head))}`);
}

/** What stays to the left of the rows: up to the last column of a table, or a sign, that leaves them enough room, else two characters. */
function headOf(plain: string, columns: number): string {
  const room = Math.max(MIN_TEXT, columns * MIN_SHARE);
  const heads = [...plain.slice(0, columns).matchAll(/^ +(?:-\/\+|[-+~?]) (?=\S)|(?:^| ) +(?=\S)/g)].map(
    ({ index, 0: gap }) => plain.slice(0, index + gap.length),
  );
  return heads.findLast((head) => columns - stringWidth(head) >= room) ?? plain.slice(0, 2);
}

/** Splits a coloured line after so many characters that are not part of a colour. */
function splitAt(line: string, characters: number): [before: string, after: string] {
  let end = characters;
  for (const { index, 0: colour } of line.matchAll(COLOUR)) if (index < end) end += colour.length;
  return [line.slice(0, end), line.slice(end)];
}

/** `acme, 2026-11-25 01:10 UTC`: the organization and MotherDuck's time; says when it is the sandbox. */
export function headline(of: {
  readonly organization: string;
  readonly sandbox: boolean;
  readonly at: string;
}): string {
  const time = showTime(Date.parse(of.at));
  return of.sandbox
    ? `${of.organization}, in the sandbox (nothing here reaches MotherDuck), ${time}`
    : `${of.organization}, ${time}`;
}

/** `State: s3://acme/prod`: where the state is, unless it is where everybody expects it. */
export function stateLine(of: { readonly scope?: Scope }): string[] {
  const state = shownState(of);
  return state === undefined ? [] : [`State: ${visibleAscii(state)}`];
}
