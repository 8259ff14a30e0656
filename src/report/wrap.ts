/** Lines that are wider than a terminal, broken at words; the rest of a line is indented to where its text begins. */
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { JOINER } from './paint.ts';

/** Below this width lines are left to the terminal. */
const MIN_COLUMNS = 20;
/** What must be left beside an indentation: columns, and a share of the terminal's. */
const MIN_TEXT = 24;
const MIN_SHARE = 0.4;

// biome-ignore lint/suspicious/noControlCharactersInRegex: a colour takes no columns
const COLOUR = /\x1b\[\d+m/g;
/** A name that others gave may hold a command. No row begins with one but those that went through `unbroken`. */
const UNMARKED = / +(?=(?:mdacc|motherduck-accounts) )/gi;

/** The text for a terminal of so many columns; undefined: for a file or a pipe, whose lines are not broken. */
export function wrapTo(text: string, columns: number | undefined): string {
  const isWrapped = columns !== undefined && columns >= MIN_COLUMNS;
  return (isWrapped ? text.split('\n').map((line) => wrapLine(line, columns)) : [text])
    .join('\n')
    .replaceAll(JOINER, ' ');
}

function wrapLine(line: string, columns: number): string {
  const plain = line.replace(COLOUR, '').replaceAll(JOINER, ' ');
  // wrap-ansi would normalize names, which then do not match those at MotherDuck.
  if (stringWidth(plain) <= columns || line !== line.normalize()) return line;
  const head = headOf(plain, columns);
  const [before, text] = splitAt(line.trimEnd(), head.length);
  const rows = wrapAnsi(text.replace(UNMARKED, JOINER), columns - stringWidth(head)).split('\n');
  return before + rows.join(`\n${' '.repeat(stringWidth(head))}`);
}

/** What stays to the left of the rows: up to the last column of a table that leaves them enough room, else two characters. */
function headOf(plain: string, columns: number): string {
  const room = Math.max(MIN_TEXT, columns * MIN_SHARE);
  const heads = [...plain.slice(0, columns).matchAll(/(?:^| ) +(?=\S)/g)].map(({ index, 0: gap }) =>
    plain.slice(0, index + gap.length),
  );
  return heads.findLast((head) => columns - stringWidth(head) >= room) ?? plain.slice(0, 2);
}

/** Splits a coloured line after so many characters that are not part of a colour. */
function splitAt(line: string, characters: number): [before: string, after: string] {
  let end = characters;
  for (const { index, 0: colour } of line.matchAll(COLOUR)) if (index < end) end += colour.length;
  return [line.slice(0, end), line.slice(end)];
}
