import { quote, replaceControls } from '../model/quote.ts';
import type { Node } from './tree.ts';

/** A scalar as written in its file: a value from the environment is shown as `${NAME}`. */
export function showNode(node: Node): string {
  if (node.kind !== 'scalar') return describeNode(node);
  if (node.env !== undefined) return quote(node.env.raw);
  return typeof node.value === 'string' ? quote(node.value) : String(node.value);
}

/** A description of a node, for a message `expected X, found Y`. */
export function describeNode(node: Node): string {
  if (node.kind === 'map') return 'a mapping';
  if (node.kind === 'list') return 'a list';
  if (node.value === null) return 'nothing';
  if (node.env !== undefined) return `the value of ${quote(node.env.raw)}`;
  if (typeof node.value === 'string') return node.value === '' ? 'an empty text' : `the text ${quote(node.value)}`;
  return typeof node.value === 'number' ? `the number ${node.value}` : String(node.value);
}

/** The hint for `loader:pipeline`, which YAML reads as one word. */
export function blankHint(text: string): string | undefined {
  const [, key, value] = /^([\w.-]{1,60}):([^\s:/\\][^\s,{}[\]]{0,59})/.exec(text) ?? [];
  return key === undefined ? undefined : `write a space after the colon: ${replaceControls(`${key}: ${value}`)}`;
}
