import type { DiagnosticCode } from '../model/diagnostic.ts';
import { suggestion } from '../model/suggestion.ts';
import { showNode } from '../yaml/describe-node.ts';
import type { Problems } from '../yaml/problems.ts';
import { type MapEntry, type Node, textOf } from '../yaml/tree.ts';

/** The maximum number of unknown names of a section for which a similar one is searched. */
const MAX_HINTS = 100;

/** The names of one section, with a record of which were used. */
export class NameLookup {
  readonly #section: string;
  readonly #noun: string;
  readonly #unknown: DiagnosticCode;
  readonly #entries: ReadonlyMap<string, MapEntry>;
  readonly #problems: Problems;
  readonly #used = new Set<string>();
  /** The hints for names that do not exist. */
  readonly #hints = new Map<string, string>();

  constructor(
    about: { readonly section: string; readonly noun: string; readonly unknown: DiagnosticCode },
    entries: ReadonlyMap<string, MapEntry>,
    problems: Problems,
  ) {
    this.#section = about.section;
    this.#noun = about.noun;
    this.#unknown = about.unknown;
    this.#entries = entries;
    this.#problems = problems;
  }

  /** The entry of a name; a name that does not exist is reported. Reports nothing when there is no valid name. */
  find(node: Node | undefined): MapEntry | undefined {
    const name = textOf(node);
    if (node === undefined || name === undefined || name === '') return undefined;
    const entry = this.#entries.get(name);
    if (entry !== undefined) this.#used.add(name);
    else
      this.#problems.error(this.#unknown, node.at, `unknown ${this.#noun} ${showNode(node)}`, {
        hint: this.#hintFor(name),
      });
    return entry;
  }

  /** Warns about names that were never used. */
  reportUnused(): void {
    for (const [name, { keyAt }] of this.#entries) {
      if (!this.#used.has(name)) this.#problems.warning('unused', keyAt, `${this.#noun} "${name}" is not used`);
    }
  }

  #hintFor(name: string): string {
    const known = this.#hints.get(name);
    if (known !== undefined) return known;
    if (this.#hints.size >= MAX_HINTS) return `add it under ${this.#section}`;
    const names = [...this.#entries.keys()];
    const near = suggestion(name, names, `known under ${this.#section}`);
    const hint = near ?? (names.length === 0 ? `${this.#section} is empty` : `add it under ${this.#section}`);
    this.#hints.set(name, hint);
    return hint;
  }
}
