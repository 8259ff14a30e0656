import stringWidth from 'string-width';
import { maskLine } from '../model/credential.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { replaceControls } from '../model/quote.ts';

/** Functions that color parts of the text. */
interface DiagnosticPaint {
  readonly bold: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly dim: (text: string) => string;
}

const same = (text: string): string => text;
const PLAIN: DiagnosticPaint = { bold: same, red: same, yellow: same, dim: same };

/** The width of the shown part of a source line, in columns: maximum, minimum, and the frame around it. */
const MAX_WIDTH = 120;
const MIN_WIDTH = 20;
const FRAME_WIDTH = '12345 | … …'.length;

/** How many diagnostics of one code, with one hint, are shown with their line; the others take one row each. */
const MAX_ALIKE = 5;

/**
 * Diagnostics as text, separated by empty lines: location and message, the source line with a marker, the hint. Of many
 * that are alike, the first show all of it.
 *
 * @param sources The texts of the files, by the file names of the locations.
 * @param paint Colors; none by default.
 * @param columns The width of the terminal; unlimited by default.
 */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
  paint: DiagnosticPaint = PLAIN,
  columns: number = Number.POSITIVE_INFINITY,
): string {
  const width = Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, columns - FRAME_WIDTH));
  const linesOf = new Map<string, string[]>();
  const lineAt = (file: string, line: number): Line | undefined => {
    const lines = linesOf.get(file) ?? sources.get(file)?.split('\n') ?? [];
    linesOf.set(file, lines);
    const text = lines[line - 1]?.replace(/\r$/, '');
    return text === undefined ? undefined : { text, key: keyAbove(lines, line - 1) };
  };
  const alike = new Map<string, number>();
  const isOneMore = ({ code, severity, hint }: Diagnostic): boolean => {
    const key = `${severity}\0${code}\0${hint}`;
    const count = (alike.get(key) ?? 0) + 1;
    alike.set(key, count);
    return count > MAX_ALIKE;
  };
  let text = '';
  for (const one of diagnostics) {
    if (isOneMore(one)) text += `${headline(one, paint)}${one.related ? ` (${relatedTo(one.related)})` : ''}\n`;
    else {
      const line = one.isHidden ? undefined : lineAt(one.location.file, one.location.line);
      text += `${text === '' ? '' : '\n'}${render(one, line, paint, width)}`;
    }
  }
  return text;
}

interface Line {
  readonly text: string;
  /** The line with the key that this one belongs to. */
  readonly key?: string | undefined;
}

/** How many lines above are searched for the key that a line belongs to. */
const FAR = 100;

function keyAbove(lines: readonly string[], index: number): string | undefined {
  const own = indentOf(lines[index] ?? '');
  for (let above = index - 1; above >= 0 && above >= index - FAR; above -= 1) {
    const line = lines[above] ?? '';
    if (line.trim() !== '' && (indentOf(line) < own || own === 0)) return line;
  }
  return undefined;
}

function indentOf(line: string): number {
  return line.search(/\S|$/);
}

function render(diagnostic: Diagnostic, line: Line | undefined, paint: DiagnosticPaint, width: number): string {
  const { location, hint, related } = diagnostic;
  const mark = markOf(diagnostic, paint);
  const rows = [headline(diagnostic, paint)];
  if (line !== undefined && line.text.trim() !== '') {
    const number = String(location.line).padStart(5);
    const { text, padding, length } = excerpt(line, location.column - 1, diagnostic.length, width);
    rows.push(`${paint.dim(`${number} |`)} ${text}`);
    rows.push(`${paint.dim(`${' '.repeat(number.length)} |`)} ${padding}${mark('^'.repeat(length))}`);
  }
  if (related !== undefined) rows.push(`   ${relatedTo(related)}`);
  if (hint !== undefined) rows.push(`   ${hint}`);
  return `${rows.join('\n')}\n`;
}

function headline(diagnostic: Diagnostic, paint: DiagnosticPaint): string {
  const { location, severity, message } = diagnostic;
  const text = severity === 'error' ? paint.bold(message) : `${markOf(diagnostic, paint)('warning:')} ${message}`;
  return `${paint.bold(position(location))}: ${text}`;
}

function relatedTo({ message, location }: NonNullable<Diagnostic['related']>): string {
  return `${message} at ${position(location)}`;
}

function markOf({ severity }: Diagnostic, paint: DiagnosticPaint): DiagnosticPaint['red'] {
  return severity === 'error' ? paint.red : paint.yellow;
}

function position({ file, line, column }: Diagnostic['location']): string {
  return `${replaceControls(file)}:${line}:${column}`;
}

/** The part of a line around a column, and the padding before its marker, which keeps tabs so that both line up. */
function excerpt({ text, key }: Line, column: number, marked: number, width: number) {
  const line = masked(text, column, key);
  let from = line.length <= width ? 0 : Math.max(0, Math.min(column - Math.floor(width / 3), line.length - width));
  let end = Math.min(line.length, from + width);
  // Wide characters take two columns, so fewer fit: cut to the right of the marked ones first.
  while (stringWidth(line.slice(from, end)) > width) {
    if (end > column + MIN_WIDTH / 2) end -= 1;
    else from += 1;
  }
  const cut = line.slice(from, end);
  const before = from > 0 ? '…' : '';
  const after = end < line.length ? '…' : '';
  const markedText = cut
    .slice(column - from)
    .trimEnd()
    .slice(0, marked);
  return {
    text: before + replaceControls(cut) + after,
    padding: ' '.repeat(before.length) + blank(cut.slice(0, column - from)),
    length: Math.max(1, stringWidth(replaceControls(markedText).replaceAll('\t', ' '))),
  };
}

/** How far from the marked column credentials are looked for; more than what is shown. */
const NEAR = 1000;

/** The line without its credentials, as long as before. */
function masked(line: string, column: number, key?: string): string {
  const [from, end] = [Math.max(0, column - NEAR), column + NEAR];
  return ' '.repeat(from) + maskLine(line.slice(from, end), key) + ' '.repeat(Math.max(0, line.length - end));
}

/** Spaces as wide as the text; tabs stay tabs. */
function blank(text: string): string {
  return text
    .split('\t')
    .map((part) => ' '.repeat(stringWidth(replaceControls(part))))
    .join('\t');
}
