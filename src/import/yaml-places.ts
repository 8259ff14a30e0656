/** Where in a YAML text a parsed node ends, and where lines can be put after it. */
import { isCollection, isPair, type Node, type Pair } from 'yaml';

/** The line break that a text uses; that of its first line. */
export function lineBreakOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n';
}

/** The offset after the last character of a node that is no white space and no comment. */
export function contentEnd(node: unknown): number {
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
 * The start of the line where more lines of a block can begin that ends at `end`: after the rest of that line, and after
 * comments that are indented by `indent` at least, which belong to the block. The end of the text when no line follows.
 */
export function lineAfter(text: string, end: number, indent: number): number {
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

/** The offset before the blanks that end there: where a value that is not there would follow its colon. */
export function beforeBlanks(text: string, end: number): number {
  let at = end;
  while (text[at - 1] === ' ' || text[at - 1] === '\t') at -= 1;
  return at;
}

/** How far the line is indented on which an offset is. */
export function indentAt(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return /^ */.exec(text.slice(start, offset))?.[0].length ?? 0;
}

function nextLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end + 1;
}
