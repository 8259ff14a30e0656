import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Pair, Scalar } from 'yaml';
import { defined } from '../model/defined.ts';
import { quote } from '../model/quote.ts';
import { enumerated } from '../model/wording.ts';
import { DOLLARS, type EnvironmentVariables, type Substituted, substitute } from './environment.ts';
import type { Problems } from './problems.ts';
import type { Source, Span } from './source.ts';
import type { MapEntry, MapNode, Node, ScalarNode } from './tree.ts';
import { MAX_DEPTH, parseYaml } from './yaml-syntax.ts';

/** Shared by all files of a configuration while they are parsed. */
export interface ParseContext {
  readonly environment: EnvironmentVariables;
  readonly problems: Problems;
  /** How many values aliases and merge keys may still add, over all files. */
  aliasBudget: number;
}

/** How many values aliases may add: more than any real file needs, and a limit for files that expand exponentially. */
export const ALIAS_BUDGET = 1_000_000;

/**
 * Parses one file into a tree with positions, and replaces environment variables. Reports YAML errors and missing
 * variables. Returns undefined when the YAML cannot be parsed.
 */
export function parseSource(source: Source, context: ParseContext): Node | undefined {
  const document = parseYaml(source, context.problems);
  return document === undefined ? undefined : new TreeBuilder(source, context).build(document);
}

/** Builds the tree from the parser's nodes in the order of the text, so that aliases find the anchors before them. */
class TreeBuilder {
  readonly #source: Source;
  readonly #context: ParseContext;
  readonly #anchors = new Map<string, Node | 'open'>();
  readonly #start: Span;

  constructor(source: Source, context: ParseContext) {
    this.#source = source;
    this.#context = context;
    this.#start = { source, start: 0, end: 0 };
  }

  build(document: Document.Parsed): Node {
    return this.#node(document.contents, 1, this.#start);
  }

  /** @param near The span of an empty node, for example of a key without a value. */
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
    const entries = new Map<string, MapEntry>();
    let merged: MapNode[] = [];
    for (const { key, value } of pairs) {
      const keyAt = isNode(key) ? this.#span(key.range, at) : at;
      const name = this.#keyName(key, keyAt);
      const node = this.#node(value, depth + 1, keyAt);
      if (name === undefined) continue;
      // Not by `push(...)`, which a very long list overflows.
      if (name === '<<' && isScalar(key) && key.type === Scalar.PLAIN) merged = merged.concat(this.#mergeSources(node));
      else this.#put(entries, { key: name, keyAt, value: node });
    }
    for (const source of merged) {
      for (const [name, entry] of source.entries) if (!entries.has(name)) entries.set(name, entry);
    }
    return { kind: 'map', at, entries, ...extent([...entries.values()].map(({ value }) => value)) };
  }

  #put(entries: Map<string, MapEntry>, entry: MapEntry): void {
    const first = entries.get(entry.key);
    if (first === undefined) entries.set(entry.key, entry);
    else {
      const related = { message: 'first defined', at: first.keyAt };
      this.#context.problems.error('duplicate-key', entry.keyAt, `key ${quote(entry.key)} is repeated`, { related });
    }
  }

  #keyName(key: unknown, at: Span): string | undefined {
    if (isScalar(key)) {
      this.#checkTag(key.tag, at);
      if (typeof key.value === 'string') return key.value;
      if (key.source !== undefined && key.source !== '') return key.source;
    }
    this.#context.problems.error('yaml-syntax', at, 'a key must be a plain name');
    return undefined;
  }

  #mergeSources(node: Node): MapNode[] {
    const sources = node.kind === 'list' ? node.items : [node];
    const maps = sources.filter((source) => source.kind === 'map');
    if (maps.length < sources.length && !this.#isBudgetSpent()) {
      this.#context.problems.error('yaml-alias', node.at, 'the merge key << takes a mapping or a list of mappings', {
        hint: 'write <<: *name after an anchor &name on the mapping to merge',
      });
    }
    return maps.filter((map) => this.#spend(map.size, map.at));
  }

  #alias(name: string, at: Span, depth: number): Node {
    const target = this.#anchors.get(name);
    const { problems } = this.#context;
    if (target === 'open') problems.error('yaml-alias', at, `alias *${name} is inside the value that it refers to`);
    else if (target === undefined) {
      const hint = `the anchor &${name} must come before it in the same file`;
      problems.error('yaml-alias', at, `alias *${name} refers to nothing`, { hint });
    } else if (depth + target.height > MAX_DEPTH) {
      problems.error('too-deep', at, `nested more than ${MAX_DEPTH} levels deep`);
    } else if (this.#spend(target.size, at)) return { ...target, at };
    return this.#nothing(at);
  }

  #isBudgetSpent(): boolean {
    return this.#context.aliasBudget < 0;
  }

  /** Takes from the budget. Reports once when it is used up; then no alias is followed. */
  #spend(size: number, at: Span): boolean {
    if (this.#isBudgetSpent()) return false;
    this.#context.aliasBudget -= size;
    if (!this.#isBudgetSpent()) return true;
    const message = `aliases expand to more than ${ALIAS_BUDGET.toLocaleString('en')} values`;
    this.#context.problems.error('yaml-alias', at, message, { hint: 'use fewer aliases, or templates instead' });
    return false;
  }

  #checkTag(tag: string | undefined, at: Span): void {
    if (tag === undefined || tag === '!' || PLAIN_TAGS.has(tag)) return;
    const start = this.#source.text.lastIndexOf('!', at.start);
    const span = start === -1 ? at : { ...at, start, end: Math.max(start + 1, at.start) };
    const names = enumerated(['!!str', '!!int', '!!float', '!!bool', '!!null']);
    this.#context.problems.error('yaml-tag', span, `tag ${quote(tag)} is not supported`, {
      hint: `remove it; only ${names} are allowed, and \${NAME} takes a value from the environment`,
    });
  }

  #scalar(yaml: Scalar, at: Span): ScalarNode {
    const { value } = yaml;
    const leaf = { kind: 'scalar', at, size: 1, height: 1 } as const;
    if (typeof value === 'string' && value.includes('$')) {
      const { text, env, bad } = substitute(value, this.#context.environment);
      this.#reportVariables(bad, at);
      return { ...leaf, value: text, ...defined({ env }) };
    }
    const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return { ...leaf, value: known ? value : null };
  }

  /** Points into the scalar: the nth dollar of the value is the nth of the text, unless an escape hides one. */
  #reportVariables(bad: Substituted['bad'], at: Span): void {
    if (bad.length === 0) return;
    const matches = [...this.#source.text.slice(at.start, at.end).matchAll(DOLLARS)];
    for (const { index, name, refusal } of bad) {
      const match = matches[index];
      const start = at.start + (match?.index ?? 0);
      const span = match === undefined ? at : { ...at, start, end: start + match[0].length };
      if (refusal === 'secret') {
        this.#context.problems.error('variable-secret', span, `${name} may be a secret, which plans would show`, {
          hint: `if it is none, allow it with --allow-env ${name}`,
        });
      } else if (refusal === 'job') {
        this.#context.problems.error('variable-job', span, `${name} differs between CI jobs`, {
          hint: `a plan would show another configuration than the one that is applied; if that is meant, allow it with --allow-env ${name}`,
        });
      } else if (refusal === 'token') {
        this.#context.problems.error('variable-secret', span, `${name} is a token, which is not allowed here`, {
          hint: 'plans show the values of the configuration; mdacc reads the admin token from the environment itself',
        });
      } else if (name !== undefined) {
        this.#context.problems.error('variable-missing', span, `environment variable ${name} is not set`, {
          hint: `set ${name}, or write $\${${name}} for the literal text`,
        });
      } else {
        this.#context.problems.error(
          'variable-malformed',
          span,
          `expected \${NAME} with the name of an environment variable`,
          {
            hint: `write $\${ for the literal text \${`,
          },
        );
      }
    }
  }

  #nothing(at: Span): ScalarNode {
    return { kind: 'scalar', at, size: 1, height: 1, value: null };
  }

  /** The span of a node; of an empty one, `near`. */
  #span(range: readonly [number, number, number] | null | undefined, near: Span = this.#start): Span {
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
