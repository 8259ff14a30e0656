import { isSize, type Size } from '../model/ducklings.ts';
import type { Seconds } from '../model/time.ts';
import { TOKEN_TYPES, type TokenType } from '../model/tokens.ts';
import type { Related } from '../yaml/problems.ts';
import type { Span } from '../yaml/source.ts';
import { child, durationOf, type Node, numberOf, textOf, textsOf } from '../yaml/tree.ts';

/**
 * One value with its node. `value` is undefined when the node is not valid; the structure check has reported that, so no
 * other check does.
 */
export interface Setting<T> {
  readonly value: T | undefined;
  readonly node: Node;
  /** The layer of the value: a higher layer overrides, and errors point at it. */
  readonly layer: number;
}

/** The layer of settings from a policy. */
export const POLICY_LAYER = 0;

/** The settings of a policy, which a token may override. */
export interface TokenSettings {
  readonly type?: Setting<TokenType>;
  /** null: never. */
  readonly ttl?: Setting<Seconds | null>;
  readonly rotateBefore?: Setting<Seconds>;
  readonly jitter?: Setting<Seconds>;
  readonly overlap?: Setting<Seconds>;
  readonly description?: Setting<string>;
  readonly stores?: Setting<readonly string[]>;
}

/** The settings of one kind of Duckling. */
export interface SideSettings {
  readonly size?: Setting<Size>;
  readonly poolSize?: Setting<number>;
  readonly cooldown?: Setting<Seconds>;
}

/** The settings of a pool, which an account may override. */
export interface DucklingSettings {
  readonly readWrite: SideSettings;
  readonly readScaling: SideSettings;
}

/** Reads the settings of a policy, or of a token in its long form. */
export function tokenSettings(node: Node | undefined, layer: number): TokenSettings {
  return present({
    type: setting(child(node, 'type'), layer, tokenTypeOf),
    ttl: setting(child(node, 'ttl'), layer, (ttl) => (textOf(ttl) === 'never' ? null : durationOf(ttl))),
    rotateBefore: setting(child(node, 'rotate_before'), layer, durationOf),
    jitter: setting(child(node, 'jitter'), layer, durationOf),
    overlap: setting(child(node, 'overlap'), layer, durationOf),
    description: setting(child(node, 'description'), layer, textOf),
    stores: setting(child(node, 'secret_store'), layer, namesOf),
  });
}

/** Reads the settings of a pool, or of Ducklings written out. */
export function ducklingSettings(node: Node | undefined, layer: number): DucklingSettings {
  const side = (name: string): SideSettings =>
    present({
      size: setting(child(child(node, name), 'size'), layer, sizeOf),
      poolSize: setting(child(child(node, name), 'pool_size'), layer, numberOf),
      cooldown: setting(child(child(node, name), 'cooldown'), layer, durationOf),
    });
  return { readWrite: side('read_write'), readScaling: side('read_scaling') };
}

/** Merges Duckling settings, key by key; those of `over` win. */
export function overlay(base: DucklingSettings, over: DucklingSettings): DucklingSettings {
  return {
    readWrite: { ...base.readWrite, ...over.readWrite },
    readScaling: { ...base.readScaling, ...over.readScaling },
  };
}

/** A setting, and its name in the configuration. */
type Named = readonly [name: string, setting: Setting<unknown>];

/**
 * Where two settings contradict each other: at the one that overrides, else at the first. The other one is named when it
 * is inherited, since it is written elsewhere.
 */
export function contradiction(first: Named, second: Named): { readonly at: Span; readonly related?: Related } {
  const [[, over], [name, other]] = second[1].layer > first[1].layer ? [second, first] : [first, second];
  const { at } = over.node;
  if (over.layer === other.layer) return { at };
  return { at, related: { message: `the inherited ${name} is`, at: other.node.at } };
}

/** A Duckling size. */
export function sizeOf(node: Node): Size | undefined {
  const text = textOf(node);
  return text !== undefined && isSize(text) ? text : undefined;
}

/** A name, or a list of them; one that is there twice has been reported. */
function namesOf(node: Node): readonly string[] | undefined {
  const name = textOf(node);
  const names = name === undefined ? textsOf(node) : [name];
  return names === undefined || names.length === 0 ? undefined : [...new Set(names)];
}

function tokenTypeOf(node: Node): TokenType | undefined {
  const text = textOf(node);
  return TOKEN_TYPES.find((type) => type === text);
}

function setting<T>(
  node: Node | undefined,
  layer: number,
  read: (node: Node) => T | undefined,
): Setting<T> | undefined {
  return node === undefined ? undefined : { value: read(node), node, layer };
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Removes undefined values, so that they override nothing. */
function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}
