import stringWidth from 'string-width';
import type { Diagnostic } from './diagnostic.ts';
import { printable } from './wording.ts';

/** How parts of the text are made to stand out. Left out, the text is plain. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly dim: (text: string) => string;
}

const same = (text: string): string => text;
const PLAIN: Paint = { bold: same, red: same, yellow: same, dim: same };

/** How much of a source line is shown: at most, at least, and what stands around it. */
const MOST_WIDTH = 120;
const LEAST_WIDTH = 20;
const FRAME_WIDTH = '12345 | … …'.length;

/**
 * The diagnostics for a person: position and message, the line with a marker under it, the hint; an empty line between.
 * `sources` are the texts of the files by the name that the positions have; `columns` is the width of a terminal.
 */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
  paint: Paint = PLAIN,
  columns: number = Number.POSITIVE_INFINITY,
): string {
  const width = Math.max(LEAST_WIDTH, Math.min(MOST_WIDTH, columns - FRAME_WIDTH));
  const linesOf = new Map<string, string[]>();
  const lineAt = (file: string, line: number): string | undefined => {
    const lines = linesOf.get(file) ?? sources.get(file)?.split('\n') ?? [];
    linesOf.set(file, lines);
    return lines[line - 1]?.replace(/\r$/, '');
  };
  return diagnostics.map((one) => render(one, lineAt(one.location.file, one.location.line), paint, width)).join('\n');
}

function render(diagnostic: Diagnostic, line: string | undefined, paint: Paint, width: number): string {
  const { location, severity, message, hint, related } = diagnostic;
  const mark = severity === 'error' ? paint.red : paint.yellow;
  const said = severity === 'error' ? paint.bold(message) : `${mark('warning:')} ${message}`;
  const rows = [`${paint.bold(position(location))}: ${said}`];
  if (line !== undefined && line.trim() !== '') {
    const number = String(location.line).padStart(5);
    const { text, padding, length } = excerpt(line, location.column - 1, diagnostic.length, width);
    rows.push(`${paint.dim(`${number} |`)} ${text}`);
    rows.push(`${paint.dim(`${' '.repeat(number.length)} |`)} ${padding}${mark('^'.repeat(length))}`);
  }
  if (related !== undefined) rows.push(`   ${related.message} at ${position(related.location)}`);
  if (hint !== undefined) rows.push(`   ${hint}`);
  return `${rows.join('\n')}\n`;
}

function position({ file, line, column }: Diagnostic['location']): string {
  return `${printable(file)}:${line}:${column}`;
}

/** The piece of a line around a column, and what stands before the marker: tabs stay tabs so that it lines up. */
function excerpt(line: string, column: number, wanted: number, width: number) {
  let from = line.length <= width ? 0 : Math.max(0, Math.min(column - Math.floor(width / 3), line.length - width));
  let end = Math.min(line.length, from + width);
  // Of characters that take two columns fewer fit: what is right of the marked ones goes first.
  while (stringWidth(line.slice(from, end)) > width) {
    if (end > column + LEAST_WIDTH / 2) end -= 1;
    else from += 1;
  }
  const cut = line.slice(from, end);
  const before = from > 0 ? '…' : '';
  const after = end < line.length ? '…' : '';
  const marked = cut
    .slice(column - from)
    .trimEnd()
    .slice(0, wanted);
  return {
    text: before + printable(cut) + after,
    padding: ' '.repeat(before.length) + blank(cut.slice(0, column - from)),
    length: Math.max(1, stringWidth(printable(marked).replaceAll('\t', ' '))),
  };
}

/** Blanks as wide as the text, in which tabs stay tabs. */
function blank(text: string): string {
  return text
    .split('\t')
    .map((part) => ' '.repeat(stringWidth(printable(part))))
    .join('\t');
}
