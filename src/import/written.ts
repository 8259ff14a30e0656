/** YAML that is to be added to a text: mappings, and how they are laid out. */

/** A scalar as it will stand in the text (see `scalar`), or a mapping. */
export type Written = string | WrittenMap;

export interface WrittenMap {
  readonly entries: readonly WrittenEntry[];
  /** `line`: between braces on one line. `block`: a line for each entry. `fit`: on one line where that is short. */
  readonly layout: 'line' | 'block' | 'fit';
}

export interface WrittenEntry {
  readonly key: string;
  readonly value: Written;
  /** For people, at the end of the entry's line; it is dropped where a line goes on after it. */
  readonly comment?: string;
}

/** Longer mappings that may `fit` on a line get one for each entry. */
const WIDTH = 100;

/** A text as a value. `$` is doubled, since `${NAME}` in a value would be replaced from the environment. */
export function scalar(text: string): string {
  return quoted(text.replaceAll('$', '$$$$'));
}

/** The entries of a mapping that are given, in this order. */
export function entriesOf(values: Readonly<Record<string, Written | undefined>>): WrittenEntry[] {
  return Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]));
}

/** The lines of entries in a block mapping that is indented so far; each level below it by `step` more. */
export function blockLines(entries: readonly WrittenEntry[], indent: number, step: number): string[] {
  return entries.flatMap(({ key, value, comment }) => {
    const start = `${' '.repeat(indent)}${quoted(key)}:`;
    const end = comment === undefined ? '' : ` # ${comment}`;
    if (typeof value === 'string') return [`${start} ${value}${end}`];
    if (isOnOneLine(value, start)) return [`${start} ${flow(value)}${end}`];
    return [`${start}${end}`, ...blockLines(value.entries, indent + step, step)];
  });
}

/** An entry as it stands between braces. */
export function flowEntry({ key, value }: WrittenEntry): string {
  return `${quoted(key)}: ${typeof value === 'string' ? value : flow(value)}`;
}

function flow({ entries }: WrittenMap): string {
  return entries.length === 0 ? '{}' : `{ ${entries.map(flowEntry).join(', ')} }`;
}

function isOnOneLine(map: WrittenMap, start: string): boolean {
  if (map.layout !== 'fit') return map.layout === 'line';
  return !needsLines(map) && start.length + 1 + flow(map).length <= WIDTH;
}

function needsLines(map: WrittenMap): boolean {
  return map.entries.some(
    ({ value, comment }) =>
      comment !== undefined || (typeof value !== 'string' && (value.layout === 'block' || needsLines(value))),
  );
}

const PLAIN = /^([A-Za-z_][\w.-]*|\d+[smhdw])$/;
const WORDS = /^(null|true|false)$/i;

/** Plain where YAML reads that as a text; else in double quotes, with everything escaped that does not print. */
function quoted(text: string): string {
  if (PLAIN.test(text) && !WORDS.test(text)) return text;
  const escaped = JSON.stringify(text).replace(/[\p{C}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return escaped;
}
