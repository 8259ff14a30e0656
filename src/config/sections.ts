import type { DiagnosticCode, Problems } from '../yaml/diagnostic.ts';
import { child, type Entry, entriesOf, type Node, textOf } from '../yaml/tree.ts';
import { quote, shown, suggestion } from '../yaml/wording.ts';
import type { ConfigFile } from './read.ts';

/** The sections of a configuration with the files put together; what only the main file may hold is below `main`. */
export interface Sections {
  readonly main: Node;
  readonly stores: ReadonlyMap<string, Entry>;
  readonly policies: ReadonlyMap<string, Entry>;
  readonly pools: ReadonlyMap<string, Entry>;
  readonly templates: ReadonlyMap<string, Entry>;
  readonly accounts: ReadonlyMap<string, Entry>;
}

/** Puts the files together. A name in two of them is reported with both locations; the first one counts. */
export function joinFiles(main: Node, files: readonly ConfigFile[], problems: Problems): Sections {
  const joined = (section: string): ReadonlyMap<string, Entry> => {
    const names = new Map<string, Entry>();
    for (const { root } of files) {
      for (const [name, entry] of entriesOf(child(root, section))) {
        const first = names.get(name);
        if (first === undefined) names.set(name, entry);
        else {
          problems.error('duplicate-name', entry.keyAt, `${quote(name)} is repeated under ${section}`, {
            related: { message: 'first defined', at: first.keyAt },
            hint: 'remove one, or give it another name',
          });
        }
      }
    }
    return names;
  };
  return {
    main,
    stores: entriesOf(child(main, 'secret_stores')),
    policies: joined('token_policies'),
    pools: joined('duckling_pools'),
    templates: joined('templates'),
    accounts: joined('accounts'),
  };
}

/** The names of one section, which remembers which of them were used. */
export class Names {
  readonly #section: string;
  readonly #noun: string;
  readonly #unknown: DiagnosticCode;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #problems: Problems;
  readonly #used = new Set<string>();
  /** The hints for names that do not exist. */
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

  /** What a name stands for; a name that does not exist is reported. Reports nothing when there is no usable name. */
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
      near ?? (names.length === 0 ? `there is nothing under ${this.#section}` : `add it under ${this.#section}`);
    this.#hints.set(name, hint);
    return hint;
  }
}
