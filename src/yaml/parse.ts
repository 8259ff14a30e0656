import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Pair, Scalar } from 'yaml';
import type { Problems } from './diagnostic.ts';
import { DOLLARS, type Environment, type Substituted, substitute } from './environment.ts';
import type { Source, Span } from './source.ts';
import type { Entry, MapNode, Node, ScalarNode } from './tree.ts';
import { listed, quote } from './wording.ts';
import { MAX_DEPTH, parseYaml } from './yaml-document.ts';

/** What all files of a configuration share while they are parsed. */
export interface Reading {
  readonly environment: Environment;
  readonly problems: Problems;
  /** How many values aliases and merge keys may still add, over all files. */
  aliasBudget: number;
}

/** So many values aliases may add: plenty for people, and soon reached by a file made to explode. */
export const ALIAS_BUDGET = 1_000_000;

/**
 * Parses the text of one file into a tree with positions. Everything wrong with it as YAML, and every missing
 * environment variable, is reported. Gives undefined when there is no tree to go on with.
 */
export function parseSource(source: Source, reading: Reading): Node | undefined {
  const document = parseYaml(source, reading.problems);
  return document === undefined ? undefined : new Grower(source, reading).grow(document);
}

/** Grows the tree from the parser's nodes, in the order of the text, so that an alias finds the anchor before it. */
class Grower {
  readonly #source: Source;
  readonly #reading: Reading;
  readonly #anchors = new Map<string, Node | 'open'>();
  readonly #open: Span;

  constructor(source: Source, reading: Reading) {
    this.#source = source;
    this.#reading = reading;
    this.#open = { source, start: 0, end: 0 };
  }

  grow(document: Document.Parsed): Node {
    return this.#node(document.contents, 1, this.#open);
  }

  /** `near` is where to point when there is nothing, as after a key without a value. */
  #node(yaml: unknown, depth: number, near: Span): Node {
    if (isAlias(yaml)) return this.#alias(yaml.source, this.#span(yaml.range), depth);
    if (!isScalar(yaml) && !isMap(yaml) && !isSeq(yaml)) return this.#nothing(near);
    const at = this.#span(yaml.range, near);
    if (yaml.anchor !== undefined) this.#anchors.set(yaml.anchor, 'open');
    this.#checkTag(yaml.tag, at);
    const node = isMap(yaml)
      ? this.#map(yaml.items, at, depth)
      : isSeq(yaml)
        ? this.#list(yaml.items, at, depth)
        : this.#scalar(yaml, at);
    if (yaml.anchor !== undefined) this.#anchors.set(yaml.anchor, node);
    return node;
  }

  #list(yaml: readonly unknown[], at: Span, depth: number): Node {
    const items = yaml.map((item) => this.#node(item, depth + 1, at));
    return { kind: 'list', at, items, ...extent(items) };
  }

  #map(pairs: readonly Pair[], at: Span, depth: number): Node {
    const entries = new Map<string, Entry>();
    const merged: MapNode[] = [];
    for (const { key, value } of pairs) {
      const keyAt = isNode(key) ? this.#span(key.range, at) : at;
      const name = this.#keyName(key, keyAt);
      const node = this.#node(value, depth + 1, keyAt);
      if (name === undefined) continue;
      if (name === '<<' && isScalar(key) && key.type === Scalar.PLAIN) merged.push(...this.#mergeSources(node));
      else this.#put(entries, { key: name, keyAt, value: node });
    }
    for (const source of merged) {
      for (const [name, entry] of source.entries) if (!entries.has(name)) entries.set(name, entry);
    }
    return { kind: 'map', at, entries, ...extent([...entries.values()].map(({ value }) => value)) };
  }

  #put(entries: Map<string, Entry>, entry: Entry): void {
    const first = entries.get(entry.key);
    if (first === undefined) entries.set(entry.key, entry);
    else {
      const related = { message: 'first defined', at: first.keyAt };
      this.#reading.problems.error('duplicate-key', entry.keyAt, `key ${quote(entry.key)} is repeated`, { related });
    }
  }

  #keyName(key: unknown, at: Span): string | undefined {
    if (isScalar(key)) {
      this.#checkTag(key.tag, at);
      if (typeof key.value === 'string') return key.value;
      if (key.source !== undefined && key.source !== '') return key.source;
    }
    this.#reading.problems.error('yaml-syntax', at, 'a key must be a plain name');
    return undefined;
  }

  #mergeSources(node: Node): MapNode[] {
    const sources = node.kind === 'list' ? node.items : [node];
    const maps = sources.filter((source) => source.kind === 'map');
    if (maps.length < sources.length && !this.#spent()) {
      this.#reading.problems.error('yaml-alias', node.at, 'the merge key << takes a mapping or a list of mappings', {
        hint: 'write <<: *name after an anchor &name on the mapping to merge',
      });
    }
    return maps.filter((map) => this.#spend(map.size, map.at));
  }

  #alias(name: string, at: Span, depth: number): Node {
    const target = this.#anchors.get(name);
    const { problems } = this.#reading;
    if (target === 'open') problems.error('yaml-alias', at, `alias *${name} stands inside of what it refers to`);
    else if (target === undefined) {
      const hint = `the anchor &${name} must stand before it, in the same file`;
      problems.error('yaml-alias', at, `alias *${name} refers to nothing`, { hint });
    } else if (depth + target.height > MAX_DEPTH) {
      problems.error('too-deep', at, `nested more than ${MAX_DEPTH} levels deep`);
    } else if (this.#spend(target.size, at)) return { ...target, at };
    return this.#nothing(at);
  }

  #spent(): boolean {
    return this.#reading.aliasBudget < 0;
  }

  /** Takes from the budget; reports once when it is used up, after which no alias is followed. */
  #spend(size: number, at: Span): boolean {
    if (this.#spent()) return false;
    this.#reading.aliasBudget -= size;
    if (!this.#spent()) return true;
    const message = `aliases expand to more than ${ALIAS_BUDGET.toLocaleString('en')} values`;
    this.#reading.problems.error('yaml-alias', at, message, { hint: 'write less with aliases; use templates instead' });
    return false;
  }

  #checkTag(tag: string | undefined, at: Span): void {
    if (tag === undefined || tag === '!' || PLAIN_TAGS.has(tag)) return;
    const start = this.#source.text.lastIndexOf('!', at.start);
    const span = start === -1 ? at : { ...at, start, end: Math.max(start + 1, at.start) };
    const names = listed(['!!str', '!!int', '!!float', '!!bool', '!!null']);
    this.#reading.problems.error('yaml-tag', span, `tag ${quote(tag)} has no meaning here`, {
      hint: `remove it; only ${names} are known, and \${NAME} takes a value from the environment`,
    });
  }

  #scalar(yaml: Scalar, at: Span): ScalarNode {
    const { value } = yaml;
    const leaf = { kind: 'scalar', at, size: 1, height: 1 } as const;
    if (typeof value === 'string' && value.includes('$')) {
      const { text, env, bad } = substitute(value, this.#reading.environment);
      this.#reportVariables(bad, at);
      return { ...leaf, value: text, ...(env === undefined ? {} : { env }) };
    }
    const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return { ...leaf, value: known ? value : null };
  }

  /** Points into the scalar: the nth dollar of its value is the nth of its text, unless escapes hide one. */
  #reportVariables(bad: Substituted['bad'], at: Span): void {
    if (bad.length === 0) return;
    const matches = [...this.#source.text.slice(at.start, at.end).matchAll(DOLLARS)];
    for (const { index, name, isSecret } of bad) {
      const match = matches[index];
      const start = at.start + (match?.index ?? 0);
      const span = match === undefined ? at : { ...at, start, end: start + match[0].length };
      if (isSecret) {
        this.#reading.problems.error('variable-secret', span, `${name} is a token, which is not allowed here`, {
          hint: 'the program takes the admin token from the environment by itself; what stands here is shown in plans',
        });
      } else if (name !== undefined) {
        this.#reading.problems.error('variable-missing', span, `environment variable ${name} is not set`, {
          hint: `set ${name}, or write $\${${name}} if the text itself is meant`,
        });
      } else {
        this.#reading.problems.error(
          'variable-malformed',
          span,
          `after \${ comes the name of an environment variable and }`,
          {
            hint: `write $\${ if the text \${ itself is meant`,
          },
        );
      }
    }
  }

  #nothing(at: Span): ScalarNode {
    return { kind: 'scalar', at, size: 1, height: 1, value: null };
  }

  /** Where a node stands; for an empty one, `near`. */
  #span(range: readonly [number, number, number] | null | undefined, near: Span = this.#open): Span {
    if (range === null || range === undefined || range[0] === range[1]) return near;
    return { source: this.#source, start: range[0], end: range[1] };
  }
}

const PLAIN_TAGS: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

function extent(children: readonly Node[]): { size: number; height: number } {
  let [size, height] = [1, 0];
  for (const node of children) {
    size += node.size;
    height = Math.max(height, node.height);
  }
  return { size, height: height + 1 };
}
