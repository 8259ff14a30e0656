/**
 * A YAML text to which entries are added. The parser's document says where; what is written goes between the characters
 * that are there, since printing the document anew would lay people's lines out anew. Nothing is added where it would
 * count in a second place as well: beneath an alias, a merge key, or an anchor that something refers to.
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
import type { WrittenEntry } from './written.ts';
import { blockStep, isBlock, type Place, placeEdits, type TextEdit } from './yaml-edits.ts';

/** Why nothing can be added somewhere, and the line that says so. */
export interface Closed {
  readonly why: string;
  readonly line: number;
}

interface Target {
  readonly place: Place;
  readonly entries: WrittenEntry[];
}

interface Found {
  readonly place: Place;
  /** What holds the entries, to know it again; of a mapping that is not there yet, its place. */
  readonly identity: unknown;
  /** The keys of the path that are not there yet. */
  readonly rest: readonly string[];
}

export class YamlText {
  readonly #mark: string;
  readonly #text: string;
  readonly #document: Document.Parsed;
  /** The names that aliases use, and every node with such an anchor. */
  readonly #anchors = new Map<string, unknown[]>();
  readonly #pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();
  readonly #targets = new Map<unknown, Target>();

  /** Of a text that is one document without errors, with or without a byte order mark. */
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

  /** Adds entries to the mapping at a path, which is made where it is not there; each path once. */
  add(path: readonly string[], entries: readonly WrittenEntry[]): void {
    const found = this.#find(path);
    if ('why' in found) throw new Error(`nothing can be added to ${path.join('.')}: ${found.why}`);
    const { place, identity, rest } = found;
    const nested = rest.reduceRight<readonly WrittenEntry[]>(
      (inner, key) => [{ key, value: { entries: inner, layout: 'block' } }],
      entries,
    );
    const target = this.#targets.get(identity) ?? { place, entries: [] };
    target.entries.push(...nested);
    this.#targets.set(identity, target);
  }

  /** The text with what was added. */
  edited(): string {
    const edits = [...this.#targets.values()].flatMap((target) => placeEdits(this.#text, target.place, target.entries));
    return this.#mark + applied(this.#text, edits);
  }

  #find(path: readonly string[]): Found | Closed {
    let node: unknown = this.#document.contents;
    let place: Place = { depth: 0, inFlow: false, start: this.#document.contents?.range[0] ?? 0 };
    for (const [depth, key] of [...path, undefined].entries()) {
      const closed = this.#closedAt(node, path.slice(0, depth), place);
      if (closed !== undefined) return closed;
      if (!isMap(node)) return { place, identity: node ?? place.pair ?? this.#document, rest: path.slice(depth) };
      place = { ...place, map: node };
      if (key === undefined) break;
      const pair = this.#pairsOf(node).get(key);
      if (pair === undefined) {
        if (this.#isMerged(node, key)) {
          return this.#close(node, `${named([...path.slice(0, depth), key])} comes through the merge key <<`);
        }
        return { place, identity: node, rest: path.slice(depth) };
      }
      const step = isBlock(node) && isBlock(pair.value) ? { step: blockStep(node, pair.value) } : stepOf(place);
      place = { pair, parent: node, depth: depth + 1, inFlow: place.inFlow || node.flow === true, ...step };
      node = pair.value;
    }
    return { place, identity: node, rest: [] };
  }

  #closedAt(node: unknown, path: readonly string[], { pair }: Place): Closed | undefined {
    if (isAlias(node)) return this.#close(node, `${named(path)} is the alias *${node.source}`);
    if (isNode(node) && 'anchor' in node && node.anchor !== undefined && this.#anchors.has(node.anchor)) {
      return this.#close(node, `${named(path)} is the anchor &${node.anchor}, which stands for it in other places`);
    }
    if (isMap(node) || (isScalar(node) && node.value === null)) return undefined;
    // A key without a colon has no place for a value.
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
      // `null: …` is a key like any other: its text counts.
      if (isScalar(pair.key))
        pairs.set(typeof pair.key.value === 'string' ? pair.key.value : (pair.key.source ?? ''), pair);
    }
    this.#pairs.set(map, pairs);
    return pairs;
  }

  /** Whether a mapping gets a key by `<<`, or may get it in a way that is not followed here. */
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

function stepOf({ step }: Place): Pick<Place, 'step'> {
  return step === undefined ? {} : { step };
}

function named(path: readonly string[]): string {
  return path.length === 0 ? 'the file' : path.join('.');
}

/** Edits at one place: those deeper in the document come first, as their lines belong to the block that goes on above. */
function applied(text: string, edits: readonly TextEdit[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const { at, remove, insert } of [...edits].sort((a, b) => a.at - b.at || b.depth - a.depth)) {
    parts.push(text.slice(done, at), insert);
    done = Math.max(done, at + remove);
  }
  return parts.join('') + text.slice(done);
}
