/** The text edits that add entries to a YAML mapping: to a block, inside braces, or where there is no value yet. */
import { isCollection, isMap, isPair, type Node, type Pair, type YAMLMap } from 'yaml';
import { blockLines, flowEntry, type YamlEntry } from './yaml-writer.ts';

/** The position of a mapping in the document, whether it exists or not. */
export interface Position {
  /** Absent: there is no value yet. */
  readonly map?: YAMLMap;
  /** The pair whose value it is, and the mapping with that pair; absent at the root. */
  readonly pair?: Pair;
  readonly parent?: YAMLMap;
  /** Of an empty document, where its content would be. */
  readonly start?: number;
  /** Levels from the root. */
  readonly depth: number;
  /** It is inside the braces of another mapping. */
  readonly inFlow: boolean;
  /** How many more spaces than its parent a block on the path to here has. */
  readonly step?: number;
}

/** A replacement in a text. */
export interface TextEdit {
  readonly at: number;
  /** The number of characters to remove. */
  readonly remove: number;
  readonly insert: string;
  readonly depth: number;
}

/** Entries inside braces get lines of their own when the line would be longer than this. */
const WIDTH = 120;
const DEFAULT_STEP = 2;

/** The edits that add entries to the mapping at a position. */
export function editsAt(text: string, position: Position, entries: readonly YamlEntry[]): TextEdit[] {
  const { map } = position;
  if (map === undefined) return intoNothing(text, position, entries);
  if (map.flow !== true) {
    const indent = blockIndent(map);
    return [
      linesAt(
        text,
        lineAfter(text, contentEnd(map), indent),
        position,
        blockLines(entries, indent, stepBelow(map, position)),
      ),
    ];
  }
  if (map.items.length > 0) return intoBraces(text, map, position, entries);
  return intoEmptyBraces(text, map, position, entries);
}

/** `accounts:`, `accounts: ~`, or an empty document. */
function intoNothing(text: string, position: Position, entries: readonly YamlEntry[]): TextEdit[] {
  const { pair, parent } = position;
  if (pair === undefined || parent === undefined) {
    return [linesAt(text, lineAfter(text, position.start ?? 0, 0), position, blockLines(entries, 0, DEFAULT_STEP))];
  }
  const [start = 0, end = 0] = rangeOf(pair.value) ?? rangeOf(pair.key) ?? [];
  if (position.inFlow) {
    const at = beforeBlanks(text, start);
    return [{ at, remove: start === end ? 0 : end - at, insert: ` { ${joined(entries)} }`, depth: position.depth }];
  }
  return [...removeNull(text, start, end, position), blockBelow(text, end, parent, position, entries)];
}

/** `accounts: {}` becomes a block; inside other braces, or on a line of its own, the braces are filled. */
function intoEmptyBraces(text: string, map: YAMLMap, position: Position, entries: readonly YamlEntry[]): TextEdit[] {
  const [start = 0, end = 0] = rangeOf(map) ?? [];
  const inside = text.slice(start + 1, end - 1);
  const sharesLine = /[^\s]/.test(text.slice(text.lastIndexOf('\n', start - 1) + 1, start));
  if (
    !position.inFlow &&
    position.parent !== undefined &&
    sharesLine &&
    inside.trim() === '' &&
    !inside.includes('\n')
  ) {
    return [...removeNull(text, start, end, position), blockBelow(text, end, position.parent, position, entries)];
  }
  const insert = ` ${joined(entries)}${inside === '' ? ' ' : ''}`;
  return [{ at: start + 1, remove: 0, insert, depth: position.depth }];
}

/** `{ a: 1 }`, on one line or on several, with or without a comma at the end. */
function intoBraces(text: string, map: YAMLMap, { depth }: Position, entries: readonly YamlEntry[]): TextEdit[] {
  const [start = 0, mapEnd = 0] = rangeOf(map) ?? [];
  const end = beforeBlanks(text, Math.max(...map.items.map(contentEnd)));
  const brace = mapEnd - 1;
  const between = text.slice(end, brace);
  const comma = between.replace(/(^|\s)#[^\n]*/g, (comment) => ' '.repeat(comment.length)).indexOf(',');
  const added = entries.map(flowEntry);
  const braceLine = text.lastIndexOf('\n', brace - 1) + 1;
  if (braceLine > end && text.slice(braceLine, brace).trim() === '') {
    const pad = ' '.repeat(Math.max(lineIndent(text, map), text.slice(braceLine, brace).length));
    const lines = added.map((entry, index) => `${pad}${entry}${index < added.length - 1 || comma >= 0 ? ',' : ''}`);
    const insert = lines.map((line) => line + lineBreakOf(text)).join('');
    return [
      ...(comma >= 0 ? [] : [{ at: end, remove: 0, insert: ',', depth }]),
      { at: braceLine, remove: 0, insert, depth },
    ];
  }
  const lineStart = text.lastIndexOf('\n', end - 1) + 1;
  const isShort = brace - lineStart + added.join(', ').length < WIDTH;
  const pad = `${lineBreakOf(text)}${' '.repeat(indentAt(text, start) + 2 * DEFAULT_STEP)}`;
  const gap = isShort ? ' ' : pad;
  const at = comma >= 0 ? end + comma + 1 : end;
  return [{ at, remove: 0, insert: `${comma >= 0 ? '' : ','}${gap}${added.join(`,${gap}`)}`, depth }];
}

/** Removes a null value and the blanks before it; the rest of its line stays. */
function removeNull(text: string, start: number, end: number, { depth }: Position): TextEdit[] {
  const at = beforeBlanks(text, start);
  return start === end ? [] : [{ at, remove: end - at, insert: '', depth }];
}

/** A block of the entries below the line that ends with their key. */
function blockBelow(
  text: string,
  end: number,
  parent: YAMLMap,
  position: Position,
  entries: readonly YamlEntry[],
): TextEdit {
  const step = stepBelow(parent, position);
  const indent = blockIndent(parent) + step;
  return linesAt(text, lineAfter(text, end, indent - step + 1), position, blockLines(entries, indent, step));
}

/** Whole lines at the start of a line, or after the last one where the text does not end with a line break. */
function linesAt(text: string, at: number, position: Position, lines: readonly string[]): TextEdit {
  const lineBreak = lineBreakOf(text);
  const all = position.depth > 0 ? lines : spaced(lines).slice(at === 0 ? 1 : 0);
  const isLineStart = at === 0 || text[at - 1] === '\n';
  const insert = all.map((line) => (isLineStart ? line + lineBreak : lineBreak + line)).join('');
  return { at, remove: 0, insert, depth: position.depth };
}

/** Sections of a file have an empty line before them. */
function spaced(lines: readonly string[]): string[] {
  return lines.flatMap((line) => (line.startsWith(' ') ? [line] : ['', line]));
}

/** The indent of the keys of a block mapping. */
function blockIndent(map: YAMLMap): number {
  const { srcToken } = map;
  return srcToken !== undefined && 'indent' in srcToken ? srcToken.indent : 0;
}

/** How many more spaces the mappings inside a block mapping have: as the first of them, else as the block itself. */
function stepBelow(map: YAMLMap, { step = DEFAULT_STEP }: Position): number {
  const below = map.items.find(({ value }) => isBlock(value))?.value;
  return below === undefined ? step : blockStep(map, below as YAMLMap);
}

/** How many more spaces a block mapping has than its parent. */
export function blockStep(above: YAMLMap, below: YAMLMap): number {
  const step = blockIndent(below) - blockIndent(above);
  return step > 0 ? step : DEFAULT_STEP;
}

/** Whether a node is a mapping in block style. */
export function isBlock(node: unknown): node is YAMLMap {
  return isMap(node) && node.flow !== true && node.items.length > 0;
}

/** The indent of the first entry inside braces when it has a line of its own. */
function lineIndent(text: string, map: YAMLMap): number {
  const [start = 0] = rangeOf(map.items[0]?.key) ?? [];
  const line = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  return line.trim() === '' ? line.length : indentAt(text, start) + DEFAULT_STEP;
}

function rangeOf(node: unknown): readonly [number, number, number] | undefined {
  return (node as { readonly range?: [number, number, number] | null } | null | undefined)?.range ?? undefined;
}

function joined(entries: readonly YamlEntry[]): string {
  return entries.map(flowEntry).join(', ');
}

/** The line break that a text uses; that of its first line. */
function lineBreakOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n';
}

/** The offset after the last character of a node, without trailing white space and comments. */
function contentEnd(node: unknown): number {
  if (isPair(node)) return pairEnd(node);
  if (isCollection(node) && node.flow !== true) {
    const last = node.items.at(-1);
    if (last !== undefined) return contentEnd(last);
  }
  return (node as Node | null)?.range?.[1] ?? 0;
}

function pairEnd({ key, value }: Pair): number {
  return value === null || value === undefined ? contentEnd(key) : Math.max(contentEnd(key), contentEnd(value));
}

/**
 * The start of the line where a block that ends at `end` can be continued: after the rest of that line, and after comments
 * with at least `indent` spaces, which belong to the block. The end of the text when no line follows.
 */
function lineAfter(text: string, end: number, indent: number): number {
  let at = end > 0 && text[end - 1] === '\n' ? end : nextLine(text, end);
  for (let line = at; line < text.length; ) {
    const next = nextLine(text, line);
    const [, spaces = '', mark] = /^([ \t]*)(\S?)/.exec(text.slice(line, next)) ?? [];
    if (mark === '#' && spaces.length >= indent) at = next;
    else if (mark !== '') break;
    line = next;
  }
  return at;
}

/** The offset before the blanks that end at `end`: where a missing value would follow its colon. */
function beforeBlanks(text: string, end: number): number {
  let at = end;
  while (text[at - 1] === ' ' || text[at - 1] === '\t') at -= 1;
  return at;
}

/** The indent of the line that contains an offset. */
function indentAt(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return /^ */.exec(text.slice(start, offset))?.[0].length ?? 0;
}

function nextLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end + 1;
}
