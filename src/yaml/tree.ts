import { parseDuration, type Seconds } from '../model/time.ts';
import type { Span } from './source.ts';

/**
 * A file's content with positions: what the YAML parser gives, with aliases, merge keys and environment variables
 * resolved. Names are keys of Maps, so that `__proto__` is a name like any other.
 */
export type Node = MapNode | ListNode | ScalarNode;

interface Anywhere {
  readonly at: Span;
  /** How many values there are, itself included and every alias followed. */
  readonly size: number;
  /** How many levels there are, itself included. */
  readonly height: number;
}

export interface MapNode extends Anywhere {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly key: string;
  readonly keyAt: Span;
  readonly value: Node;
}

export interface ListNode extends Anywhere {
  readonly kind: 'list';
  readonly items: readonly Node[];
}

export interface ScalarNode extends Anywhere {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly env?: FromEnvironment;
}

/** Says that a scalar's value came from the environment, so that it must not be shown. */
export interface FromEnvironment {
  /** The text with `${NAME}` in it. */
  readonly raw: string;
  /** The text is one `${NAME}` and nothing else, so its value may also be a number or a boolean. */
  readonly whole: boolean;
  /** A variable is missing (and was reported): the value means nothing. */
  readonly missing: boolean;
}

const EMPTY: ReadonlyMap<string, Entry> = new Map();

/** The entries of a mapping; of anything else, none. */
export function entriesOf(node: Node | undefined): ReadonlyMap<string, Entry> {
  return node?.kind === 'map' ? node.entries : EMPTY;
}

/** The items of a list; of anything else, none. */
export function itemsOf(node: Node | undefined): readonly Node[] {
  return node?.kind === 'list' ? node.items : [];
}

/** The value of a key; undefined when it is not there or nothing is. */
export function child(node: Node | undefined, key: string): Node | undefined {
  return entriesOf(node).get(key)?.value;
}

/** Whether a value, or a part of it, came from the environment, so that it is not shown. */
export function fromEnvironment(node: Node | undefined): node is ScalarNode {
  return node?.kind === 'scalar' && node.env !== undefined;
}

/** A text; undefined when the node is something else or its variable is missing. */
export function textOf(node: Node | undefined): string | undefined {
  if (node?.kind !== 'scalar' || node.env?.missing === true) return undefined;
  return typeof node.value === 'string' ? node.value : undefined;
}

/** A number, also one that came whole from the environment. */
export function numberOf(node: Node | undefined): number | undefined {
  const value = node?.kind === 'scalar' ? coreScalar(node) : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** true or false, also one that came whole from the environment. */
export function booleanOf(node: Node | undefined): boolean | undefined {
  const value = node?.kind === 'scalar' ? coreScalar(node) : undefined;
  return typeof value === 'boolean' ? value : undefined;
}

/** A duration in seconds. */
export function durationOf(node: Node | undefined): Seconds | undefined {
  return parseDuration(textOf(node) ?? '');
}

/** The texts of a list that has some and nothing else. */
export function textsOf(node: Node | undefined): string[] | undefined {
  const texts = itemsOf(node).map(textOf);
  return texts.length > 0 && texts.every((text) => text !== undefined) ? texts : undefined;
}

/**
 * The value of a scalar where no text is wanted: what came whole from the environment is read as YAML reads a plain
 * scalar, so that `pool_size: ${N}` can be a number.
 */
export function coreScalar(node: ScalarNode): ScalarNode['value'] {
  const { value, env } = node;
  if (typeof value !== 'string' || env?.whole !== true) return value;
  if (/^(true|True|TRUE)$/.test(value)) return true;
  if (/^(false|False|FALSE)$/.test(value)) return false;
  return /^([-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|0o[0-7]+|0x[\da-fA-F]+)$/.test(value) ? Number(value) : value;
}

/** Plain data for the schema's validator. Objects have no prototype, so that no key has a meaning of its own. */
export function plain(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  const data: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of node.entries) data[key] = plain(entry.value);
  return data;
}
