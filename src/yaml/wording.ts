import type { Node } from './tree.ts';

/** Text that can be shown in a terminal: control and direction-changing characters become a replacement sign. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\t]|[\u2028\u2029]/gu, '\ufffd');
}

/** A name or text from a file in quotes, short and printable. */
export function quote(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return `"${printable(short.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\t/g, '\\t'))}"`;
}

/** A scalar as its file writes it: what came from the environment is shown as `${NAME}`, never as its value. */
export function shown(node: Node): string {
  if (node.kind !== 'scalar') return found(node);
  if (node.env !== undefined) return quote(node.env.raw);
  return typeof node.value === 'string' ? quote(node.value) : String(node.value);
}

/** What a node is, for a message `expected X, found Y`. */
export function found(node: Node): string {
  if (node.kind === 'map') return 'a mapping';
  if (node.kind === 'list') return 'a list';
  if (node.value === null) return 'nothing';
  if (node.env !== undefined) return `what ${quote(node.env.raw)} gives`;
  if (typeof node.value === 'string') return node.value === '' ? 'an empty text' : `the text ${quote(node.value)}`;
  return typeof node.value === 'number' ? `the number ${node.value}` : String(node.value);
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[], joint = 'and'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1)}`;
}

/** How many known names are listed when none is near. */
const MOST_LISTED = 8;
/** With more candidates than this, only those with the same first letter are compared. */
const MANY = 500;

/** `did you mean "x"?`, or else the known names when they are few; undefined when there is nothing to say. */
export function suggestion(wrong: string, known: readonly string[], what = 'known here'): string | undefined {
  const near = nearest(wrong, known);
  if (near !== undefined) return `did you mean ${quote(near)}?`;
  if (known.length === 0 || known.length > MOST_LISTED) return undefined;
  return `${what}: ${listed(known)}`;
}

/** The known name that was most likely meant: the fewest typing mistakes away, at most one in three characters. */
export function nearest(wrong: string, known: readonly string[]): string | undefined {
  if (wrong.length > 100) return undefined;
  const plain = folded(wrong);
  let best: string | undefined;
  let least = Math.max(1, Math.floor(wrong.length / 3)) + 1;
  for (const name of known) {
    if (name === wrong || Math.abs(name.length - wrong.length) >= least) continue;
    if (known.length > MANY && name[0] !== wrong[0]) continue;
    // Of very short names everything is one mistake away from everything.
    if (wrong.length < 3 && name[0] !== wrong[0]) continue;
    const distance = folded(name) === plain ? 0 : mistakes(plain, folded(name));
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** What people mix up without noticing: case, and hyphens, underscores and nothing between words. */
function folded(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '');
}

/** Insertions, deletions, replacements and swapped neighbours between two texts (optimal string alignment). */
function mistakes(a: string, b: string): number {
  let older: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (older[j - 2] ?? 0) + 1);
      }
      row.push(least);
    }
    [older, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
