import type { DiagnosticCode } from '../yaml/codes.ts';
import type { Problems } from '../yaml/problems.ts';
import { suggestion } from '../yaml/suggest.ts';
import { type Entry, type Node, textOf } from '../yaml/tree.ts';
import { shown } from '../yaml/wording.ts';

/** The names of one section, which remembers which of them were used. */
export class Names {
  readonly #section: string;
  readonly #noun: string;
  readonly #unknown: DiagnosticCode;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #problems: Problems;
  readonly #used = new Set<string>();
  /** What to say of a name that does not exist, worked out once. */
  readonly #hints = new Map<string, string>();

  constructor(
    about: { readonly section: string; readonly noun: string; readonly unknown: DiagnosticCode },
    entries: ReadonlyMap<string, Entry>,
    problems: Problems,
  ) {
    this.#section = about.section;
    this.#noun = about.noun;
    this.#unknown = about.unknown;
    this.#entries = entries;
    this.#problems = problems;
  }

  /** What a name stands for; a name that does not exist is reported. Nothing is said when no usable name stands there. */
  find(node: Node | undefined): Entry | undefined {
    const name = textOf(node);
    if (node === undefined || name === undefined || name === '') return undefined;
    const entry = this.#entries.get(name);
    if (entry !== undefined) this.#used.add(name);
    else
      this.#problems.error(this.#unknown, node.at, `unknown ${this.#noun} ${shown(node)}`, {
        hint: this.#hintFor(name),
      });
    return entry;
  }

  /** Warns about the names that were never asked for. */
  reportUnused(): void {
    for (const [name, { keyAt }] of this.#entries) {
      if (!this.#used.has(name)) this.#problems.warning('unused', keyAt, `${this.#noun} "${name}" is not used`);
    }
  }

  #hintFor(name: string): string {
    const known = this.#hints.get(name);
    if (known !== undefined) return known;
    const names = [...this.#entries.keys()];
    const near = suggestion(name, names, `known under ${this.#section}`);
    const hint =
      near ?? (names.length === 0 ? `nothing stands under ${this.#section}` : `add it under ${this.#section}`);
    this.#hints.set(name, hint);
    return hint;
  }
}
