/** YAML values to add to a text, and their layout. */

/** A scalar as it appears in the text (see `scalar`), or a mapping. */
export type YamlValue = string | YamlMapping;

/** A mapping, with its layout. */
interface YamlMapping {
  readonly entries: readonly YamlEntry[];
  /** `line`: in braces on one line. `block`: a line per entry. `fit`: on one line if that is short. */
  readonly layout: 'line' | 'block' | 'fit';
}

/** A key with its value. */
export interface YamlEntry {
  readonly key: string;
  readonly value: YamlValue;
  /** A YAML comment at the end of the entry's line; dropped where more follows on the line. */
  readonly comment?: string;
}

/** Mappings with the layout `fit` that are longer than this get a line per entry. */
const WIDTH = 100;

/** A text as a YAML scalar. `$` is doubled, because `${NAME}` in a value is replaced from the environment. */
export function scalar(text: string): string {
  return quoted(text.replaceAll('$', '$$$$'));
}

/** The defined entries of a record, in its order. */
export function definedEntries(values: Readonly<Record<string, YamlValue | undefined>>): YamlEntry[] {
  return Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]));
}

/** The lines of entries in a block mapping with `indent` spaces; each level below has `step` more. */
export function blockLines(entries: readonly YamlEntry[], indent: number, step: number): string[] {
  return entries.flatMap(({ key, value, comment }) => {
    const start = `${' '.repeat(indent)}${quoted(key)}:`;
    const end = comment === undefined ? '' : ` # ${comment}`;
    if (typeof value === 'string') return [`${start} ${value}${end}`];
    if (isOnOneLine(value, start)) return [`${start} ${flow(value)}${end}`];
    return [`${start}${end}`, ...blockLines(value.entries, indent + step, step)];
  });
}

/** An entry inside braces. */
export function flowEntry({ key, value }: YamlEntry): string {
  return `${quoted(key)}: ${typeof value === 'string' ? value : flow(value)}`;
}

function flow({ entries }: YamlMapping): string {
  return entries.length === 0 ? '{}' : `{ ${entries.map(flowEntry).join(', ')} }`;
}

function isOnOneLine(map: YamlMapping, start: string): boolean {
  if (map.layout !== 'fit') return map.layout === 'line';
  return !needsLines(map) && start.length + 1 + flow(map).length <= WIDTH;
}

function needsLines(map: YamlMapping): boolean {
  return map.entries.some(
    ({ value, comment }) =>
      comment !== undefined || (typeof value !== 'string' && (value.layout === 'block' || needsLines(value))),
  );
}

const PLAIN = /^([A-Za-z_][\w.-]*|\d+[smhdw])$/;
const WORDS = /^(null|true|false)$/i;

/** Plain where YAML reads it as a string; else in double quotes, with non-printing characters escaped. */
function quoted(text: string): string {
  if (PLAIN.test(text) && !WORDS.test(text)) return text;
  const escaped = JSON.stringify(text).replace(/[\p{C}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return escaped;
}
