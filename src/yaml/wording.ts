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

/** What stands at a place, for a message that says something else was expected. */
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
