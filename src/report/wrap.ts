/** Lines that are wider than a terminal, broken at words, with what follows set under where the line's text begins. */
import { textWidth } from '../model/text-width.ts';

/** In what is narrower, a terminal's own way is no worse. */
const LEAST_COLUMNS = 20;
/** What must be left beside an indent: columns, and a share of them. */
const LEAST_TEXT = 24;
const LEAST_SHARE = 0.4;
const DEEPER = 2;

/**
 * A word with the blanks before it; a command up to the end of its sentence is one: half of it could be pasted and run.
 * That is for what the program says: in parentheses, or in the middle of a sentence, stand names that others gave.
 */
const PIECE =
  /\s*(?:(?<=(?:^|[:;] |\b(?:or|then|and|with|type|run|after) )\s*)mdacc(?: (?:'(?:[^']|'\\'')*'|\S*[^\s.,:;)'](?=\s|$)))*(?: (?:'(?:[^']|'\\'')*'\S*|\S+))?|\S+)/gi;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a colour takes no room
const COLOUR = /\x1b\[\d+m/g;

/** The text for a terminal of so many columns. */
export function wrapTo(text: string, columns: number): string {
  if (columns < LEAST_COLUMNS) return text;
  return text
    .split('\n')
    .map((line) => (widthOf(line) <= columns ? line : wrapLine(line, columns)))
    .join('\n');
}

function wrapLine(line: string, columns: number): string {
  const indent = ' '.repeat(hangOf(line.replace(COLOUR, ''), columns));
  const rows: string[] = [];
  let row = '';
  for (const piece of piecesOf(line)) {
    const isBegun = row.trim() !== '';
    if (isBegun && widthOf(row) + widthOf(piece) > columns) {
      rows.push(row);
      row = indent + piece.trimStart();
    } else row += piece;
  }
  return [...rows, row].join('\n');
}

function piecesOf(line: string): string[] {
  let open = 0;
  return [...line.trimEnd().matchAll(PIECE)].flatMap(([piece]) => {
    const pieces = open > 0 ? (piece.match(/\s*\S+/g) ?? []) : [piece];
    for (const bracket of piece.match(/[()]/g) ?? []) open = Math.max(0, open + (bracket === '(' ? 1 : -1));
    return pieces;
  });
}

/** Where the last column of a table begins that leaves enough room; without one, a little deeper than the line. */
function hangOf(line: string, columns: number): number {
  const gaps = [...line.slice(0, columns).matchAll(/(?:^| ) +(?=\S)/g)];
  const begins = gaps.map(({ index, 0: gap }) => textWidth(line.slice(0, index + gap.length)));
  const least = Math.max(LEAST_TEXT, columns * LEAST_SHARE);
  return begins.findLast((column) => columns - column >= least) ?? DEEPER;
}

function widthOf(text: string): number {
  return textWidth(text.replace(COLOUR, ''));
}
