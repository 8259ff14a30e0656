import { parseDuration, type Seconds } from '../model/time.ts';
import type { Span } from './source.ts';

/**
 * A file's content with positions; aliases, merge keys and environment variables are resolved. Keys are in Maps, so that
 * `__proto__` is a key like any other.
 */
export type Node = MapNode | ListNode | ScalarNode;

interface NodeBase {
  readonly at: Span;
  /** The number of values, including the node itself and followed aliases. */
  readonly size: number;
  /** The number of levels, including the node's own. */
  readonly height: number;
}

/** A mapping. */
export interface MapNode extends NodeBase {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
}

/** An entry of a mapping. */
export interface MapEntry {
  readonly key: string;
  readonly keyAt: Span;
  readonly value: Node;
}

/** A list. */
interface ListNode extends NodeBase {
  readonly kind: 'list';
  readonly items: readonly Node[];
}

/** A text, number, boolean or null. */
export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly env?: FromEnvironment;
}

/** Marks a scalar whose value came from the environment and must not be shown. */
export interface FromEnvironment {
  /** The text with `${NAME}` in it. */
  readonly raw: string;
  /** Whether the text is a single `${NAME}`, whose value may also be a number or a boolean. */
  readonly whole: boolean;
  /** Whether a variable is missing, which was reported; the value is meaningless. */
  readonly missing: boolean;
}

const EMPTY: ReadonlyMap<string, MapEntry> = new Map();

/** The entries of a mapping; empty for other nodes. */
export function entriesOf(node: Node | undefined): ReadonlyMap<string, MapEntry> {
  return node?.kind === 'map' ? node.entries : EMPTY;
}

/** The items of a list; empty for other nodes. */
export function itemsOf(node: Node | undefined): readonly Node[] {
  return node?.kind === 'list' ? node.items : [];
}

/** The value of a key; undefined when the node is not a mapping with that key. */
export function child(node: Node | undefined, key: string): Node | undefined {
  return entriesOf(node).get(key)?.value;
}

/** Whether a node is empty: `null`, `~`, or a key without a value. */
export function isNothing(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** Whether a value or a part of it came from the environment and must not be shown. */
export function fromEnvironment(node: Node | undefined): node is ScalarNode {
  return node?.kind === 'scalar' && node.env !== undefined;
}

/** The text of a node; undefined when it has another type or its variable is missing. */
export function textOf(node: Node | undefined): string | undefined {
  if (node?.kind !== 'scalar' || node.env?.missing === true) return undefined;
  return typeof node.value === 'string' ? node.value : undefined;
}

/** The number of a node, or of a single environment variable; undefined when it has another type. */
export function numberOf(node: Node | undefined): number | undefined {
  const value = node?.kind === 'scalar' ? coreScalar(node) : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The boolean of a node, or of a single environment variable; undefined when it has another type. */
export function booleanOf(node: Node | undefined): boolean | undefined {
  const value = node?.kind === 'scalar' ? coreScalar(node) : undefined;
  return typeof value === 'boolean' ? value : undefined;
}

/** The duration of a node, in seconds; undefined when it is not a duration. */
export function durationOf(node: Node | undefined): Seconds | undefined {
  return parseDuration(textOf(node) ?? '');
}

/** The texts of a list; undefined when it is empty or has other items. */
export function textsOf(node: Node | undefined): string[] | undefined {
  const texts = itemsOf(node).map(textOf);
  return texts.length > 0 && texts.every((text) => text !== undefined) ? texts : undefined;
}

/**
 * The value of a scalar where a text is not expected: the value of a single environment variable is read like a plain YAML
 * scalar, so that `pool_size: ${N}` can be a number.
 */
export function coreScalar(node: ScalarNode): ScalarNode['value'] {
  const { value, env } = node;
  if (typeof value !== 'string' || env?.whole !== true) return value;
  if (/^(true|True|TRUE)$/.test(value)) return true;
  if (/^(false|False|FALSE)$/.test(value)) return false;
  return /^([-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|0o[0-7]+|0x[\da-fA-F]+)$/.test(value) ? Number(value) : value;
}

/** The node as plain data for the schema validator. Objects have no prototype, so that no key is special. */
export function plain(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  const data: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of node.entries) data[key] = plain(entry.value);
  return data;
}
