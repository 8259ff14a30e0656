/**
 * A YAML text to which entries are added. The parsed document gives the positions, and the edits are made in the text,
 * because printing the document would change the layout of existing lines. Nothing is added where it would apply in a
 * second location too: below an alias, a merge key, or an anchor that is referred to.
 */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { defined } from '../model/defined.ts';
import { blockStep, editsAt, isBlock, type Position, type TextEdit } from './yaml-edits.ts';
import type { YamlEntry } from './yaml-writer.ts';

/** Why nothing can be added to a mapping, and the line that causes it. */
export interface Closed {
  readonly why: string;
  readonly line: number;
}

interface Target {
  readonly position: Position;
  readonly entries: YamlEntry[];
}

interface Found {
  readonly position: Position;
  /** Identifies the mapping; where it does not exist yet, its position. */
  readonly identity: unknown;
  /** The keys of the path that do not exist yet. */
  readonly rest: readonly string[];
}

/** A YAML text to which entries are added. */
export class YamlText {
  readonly #mark: string;
  readonly #text: string;
  readonly #document: Document.Parsed;
  /** The names that aliases use, and every node with such an anchor. */
  readonly #anchors = new Map<string, unknown[]>();
  readonly #pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();
  readonly #targets = new Map<unknown, Target>();

  /** @param text One document without errors, with or without a byte order mark. */
  constructor(text: string) {
    this.#mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
    this.#text = text.slice(this.#mark.length);
    const options = { version: '1.2', uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const;
    this.#document = parseDocument(this.#text, { ...options, keepSourceTokens: true });
    this.#noteAnchors();
  }

  /** Why no entry can be added to the mapping at a path; undefined when one can. */
  closed(path: readonly string[]): Closed | undefined {
    const found = this.#find(path);
    return 'why' in found ? found : undefined;
  }

  /** Adds entries to the mapping at a path, which is created if needed. Call it once per path. */
  add(path: readonly string[], entries: readonly YamlEntry[]): void {
    const found = this.#find(path);
    if ('why' in found) throw new Error(`nothing can be added to ${path.join('.')}: ${found.why}`);
    const { position, identity, rest } = found;
    const nested = rest.reduceRight<readonly YamlEntry[]>(
      (inner, key) => [{ key, value: { entries: inner, layout: 'block' } }],
      entries,
    );
    const target = this.#targets.get(identity) ?? { position, entries: [] };
    target.entries.push(...nested);
    this.#targets.set(identity, target);
  }

  /** The text with the added entries. */
  edited(): string {
    const edits = [...this.#targets.values()].flatMap((target) => editsAt(this.#text, target.position, target.entries));
    return this.#mark + applied(this.#text, edits);
  }

  #find(path: readonly string[]): Found | Closed {
    let node: unknown = this.#document.contents;
    let position: Position = { depth: 0, inFlow: false, start: this.#document.contents?.range[0] ?? 0 };
    for (const [depth, key] of [...path, undefined].entries()) {
      const closed = this.#closedAt(node, path.slice(0, depth), position);
      if (closed !== undefined) return closed;
      if (!isMap(node)) return { position, identity: node ?? position.pair ?? this.#document, rest: path.slice(depth) };
      position = { ...position, map: node };
      if (key === undefined) break;
      const pair = this.#pairsOf(node).get(key);
      if (pair === undefined) {
        if (this.#isMerged(node, key)) {
          return this.#close(node, `${named([...path.slice(0, depth), key])} comes through the merge key <<`);
        }
        return { position, identity: node, rest: path.slice(depth) };
      }
      const step = isBlock(node) && isBlock(pair.value) ? { step: blockStep(node, pair.value) } : stepOf(position);
      position = { pair, parent: node, depth: depth + 1, inFlow: position.inFlow || node.flow === true, ...step };
      node = pair.value;
    }
    return { position, identity: node, rest: [] };
  }

  #closedAt(node: unknown, path: readonly string[], { pair }: Position): Closed | undefined {
    if (isAlias(node)) return this.#close(node, `${named(path)} is the alias *${node.source}`);
    if (isNode(node) && 'anchor' in node && node.anchor !== undefined && this.#anchors.has(node.anchor)) {
      return this.#close(node, `${named(path)} has the anchor &${node.anchor}, which is used elsewhere`);
    }
    if (isMap(node) || (isScalar(node) && node.value === null)) return undefined;
    // A key without a colon has no value position.
    if (node === null && pair === undefined) return undefined;
    return this.#close(pair?.key ?? node, `${named(path)} is not a mapping`);
  }

  #close(node: unknown, why: string): Closed {
    const start = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    return { why, line: this.#text.slice(0, start).split('\n').length };
  }

  #pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    const known = this.#pairs.get(map);
    if (known !== undefined) return known;
    const pairs = new Map<string, Pair>();
    for (const pair of map.items) {
      // `null: …` is a key too: its text counts.
      if (isScalar(pair.key))
        pairs.set(typeof pair.key.value === 'string' ? pair.key.value : (pair.key.source ?? ''), pair);
    }
    this.#pairs.set(map, pairs);
    return pairs;
  }

  /** Whether a mapping gets a key by `<<`, or may get it in a way that is not resolved here. */
  #isMerged(map: YAMLMap, key: string): boolean {
    const merges = map.items.filter(
      ({ key: name }) => isScalar(name) && name.value === '<<' && name.type === Scalar.PLAIN,
    );
    const sources = merges.flatMap(({ value }) => (isSeq(value) ? value.items : [value]));
    const maps = sources.flatMap((source) => (isAlias(source) ? (this.#anchors.get(source.source) ?? []) : [source]));
    return maps.some((source) => !isMap(source) || this.#pairsOf(source).has(key) || this.#isMerged(source, key));
  }

  #noteAnchors(): void {
    const anchored: { readonly anchor: string; readonly node: unknown }[] = [];
    visit(this.#document, {
      Node: (_key, node) => {
        if (isAlias(node)) this.#anchors.set(node.source, []);
        else if ('anchor' in node && typeof node.anchor === 'string') anchored.push({ anchor: node.anchor, node });
      },
    });
    for (const { anchor, node } of anchored) this.#anchors.get(anchor)?.push(node);
  }
}

function stepOf({ step }: Position): Pick<Position, 'step'> {
  return defined({ step });
}

function named(path: readonly string[]): string {
  return path.length === 0 ? 'the file' : path.join('.');
}

/** Edits at the same offset: deeper ones come first, because their lines belong to the block above. */
function applied(text: string, edits: readonly TextEdit[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const { at, remove, insert } of [...edits].sort((a, b) => a.at - b.at || b.depth - a.depth)) {
    parts.push(text.slice(done, at), insert);
    done = Math.max(done, at + remove);
  }
  return parts.join('') + text.slice(done);
}
