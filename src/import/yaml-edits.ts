/** How entries are put into a YAML text: into a block, between braces, or where nothing stands yet. */
import { isMap, type Pair, type YAMLMap } from 'yaml';
import { blockLines, flowEntry, type WrittenEntry } from './written.ts';
import { beforeBlanks, contentEnd, indentAt, lineAfter, lineBreakOf } from './yaml-places.ts';

/** Where a mapping is, or would be, in the document. */
export interface Place {
  /** Absent: nothing stands here yet. */
  readonly map?: YAMLMap;
  /** The pair whose value it is, and the mapping with that pair; absent at the root. */
  readonly pair?: Pair;
  readonly parent?: YAMLMap;
  /** Of an empty document, where its content would be. */
  readonly start?: number;
  /** Levels from the root. */
  readonly depth: number;
  /** It stands between the braces of another one. */
  readonly inFlow: boolean;
  /** How much further than the block above it a block on the way here is indented. */
  readonly step?: number;
}

export interface TextEdit {
  readonly at: number;
  /** How many characters go. */
  readonly remove: number;
  readonly insert: string;
  readonly depth: number;
}

/** A line that entries between braces may make before they get lines of their own. */
const WIDTH = 120;
const USUAL_STEP = 2;

/** The edits that add entries to the mapping at a place. */
export function placeEdits(text: string, place: Place, entries: readonly WrittenEntry[]): TextEdit[] {
  const { map } = place;
  if (map === undefined) return intoNothing(text, place, entries);
  if (map.flow !== true) {
    const indent = blockIndent(map);
    return [
      linesAt(
        text,
        lineAfter(text, contentEnd(map), indent),
        place,
        blockLines(entries, indent, stepBelow(map, place)),
      ),
    ];
  }
  if (map.items.length > 0) return intoBraces(text, map, place, entries);
  return intoEmptyBraces(text, map, place, entries);
}

/** `accounts:`, `accounts: ~`, or an empty document. */
function intoNothing(text: string, place: Place, entries: readonly WrittenEntry[]): TextEdit[] {
  const { pair, parent } = place;
  if (pair === undefined || parent === undefined) {
    return [linesAt(text, lineAfter(text, place.start ?? 0, 0), place, blockLines(entries, 0, USUAL_STEP))];
  }
  const [start = 0, end = 0] = rangeOf(pair.value) ?? rangeOf(pair.key) ?? [];
  if (place.inFlow) {
    const at = beforeBlanks(text, start);
    return [{ at, remove: start === end ? 0 : end - at, insert: ` { ${joined(entries)} }`, depth: place.depth }];
  }
  return [...without(text, start, end, place), blockBelow(text, end, parent, place, entries)];
}

/** `accounts: {}` becomes a block; between other braces, or on a line of its own, the braces are filled. */
function intoEmptyBraces(text: string, map: YAMLMap, place: Place, entries: readonly WrittenEntry[]): TextEdit[] {
  const [start = 0, end = 0] = rangeOf(map) ?? [];
  const inside = text.slice(start + 1, end - 1);
  const sharesLine = /[^\s]/.test(text.slice(text.lastIndexOf('\n', start - 1) + 1, start));
  if (!place.inFlow && place.parent !== undefined && sharesLine && inside.trim() === '' && !inside.includes('\n')) {
    return [...without(text, start, end, place), blockBelow(text, end, place.parent, place, entries)];
  }
  const insert = ` ${joined(entries)}${inside === '' ? ' ' : ''}`;
  return [{ at: start + 1, remove: 0, insert, depth: place.depth }];
}

/** `{ a: 1 }`, on one line or on several, with or without a comma at the end. */
function intoBraces(text: string, map: YAMLMap, { depth }: Place, entries: readonly WrittenEntry[]): TextEdit[] {
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
  const pad = `${lineBreakOf(text)}${' '.repeat(indentAt(text, start) + 2 * USUAL_STEP)}`;
  const gap = isShort ? ' ' : pad;
  const at = comma >= 0 ? end + comma + 1 : end;
  return [{ at, remove: 0, insert: `${comma >= 0 ? '' : ','}${gap}${added.join(`,${gap}`)}`, depth }];
}

/** Takes out what stands for nothing, and the blanks before it; the rest of its line stays. */
function without(text: string, start: number, end: number, { depth }: Place): TextEdit[] {
  const at = beforeBlanks(text, start);
  return start === end ? [] : [{ at, remove: end - at, insert: '', depth }];
}

/** A block of the entries below the line that ends with their key. */
function blockBelow(
  text: string,
  end: number,
  parent: YAMLMap,
  place: Place,
  entries: readonly WrittenEntry[],
): TextEdit {
  const step = stepBelow(parent, place);
  const indent = blockIndent(parent) + step;
  return linesAt(text, lineAfter(text, end, indent - step + 1), place, blockLines(entries, indent, step));
}

/** Whole lines at the start of a line, or after the last one where the text does not end with a line break. */
function linesAt(text: string, at: number, place: Place, lines: readonly string[]): TextEdit {
  const lineBreak = lineBreakOf(text);
  const all = place.depth > 0 ? lines : spaced(lines).slice(at === 0 ? 1 : 0);
  const isLineStart = at === 0 || text[at - 1] === '\n';
  const insert = all.map((line) => (isLineStart ? line + lineBreak : lineBreak + line)).join('');
  return { at, remove: 0, insert, depth: place.depth };
}

/** Sections of a file have an empty line before them. */
function spaced(lines: readonly string[]): string[] {
  return lines.flatMap((line) => (line.startsWith(' ') ? [line] : ['', line]));
}

/** How far the keys of a block mapping are indented. */
function blockIndent(map: YAMLMap): number {
  const { srcToken } = map;
  return srcToken !== undefined && 'indent' in srcToken ? srcToken.indent : 0;
}

/** How much further the mappings in a block mapping are indented: as the first of them is, else as it is itself. */
function stepBelow(map: YAMLMap, { step = USUAL_STEP }: Place): number {
  const below = map.items.find(({ value }) => isBlock(value))?.value;
  return below === undefined ? step : blockStep(map, below as YAMLMap);
}

/** How much further a block mapping is indented than the one that it is in. */
export function blockStep(above: YAMLMap, below: YAMLMap): number {
  const step = blockIndent(below) - blockIndent(above);
  return step > 0 ? step : USUAL_STEP;
}

export function isBlock(node: unknown): node is YAMLMap {
  return isMap(node) && node.flow !== true && node.items.length > 0;
}

/** How far the first entry between braces is indented when it has a line of its own. */
function lineIndent(text: string, map: YAMLMap): number {
  const [start = 0] = rangeOf(map.items[0]?.key) ?? [];
  const line = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  return line.trim() === '' ? line.length : indentAt(text, start) + USUAL_STEP;
}

function rangeOf(node: unknown): readonly [number, number, number] | undefined {
  return (node as { readonly range?: [number, number, number] | null } | null | undefined)?.range ?? undefined;
}

function joined(entries: readonly WrittenEntry[]): string {
  return entries.map(flowEntry).join(', ');
}
