/** The files of a configuration while things are added to them. */
import { UserError } from '../model/user-error.ts';
import type { WrittenEntry } from './written.ts';
import { type Closed, YamlText } from './yaml-text.ts';

export class Texts {
  readonly #before: ReadonlyMap<string, string>;
  readonly #yaml: ReadonlyMap<string, YamlText>;
  /** The file that alone may hold secret stores. */
  readonly main: string;
  /** The file that gets what is new. */
  readonly into: string;

  /** `texts` by file, the main one first. */
  constructor(texts: ReadonlyMap<string, string>, into: string) {
    this.#before = texts;
    this.#yaml = new Map([...texts].map(([file, text]) => [file, new YamlText(text)]));
    this.main = [...texts.keys()][0] ?? into;
    this.into = into;
  }

  /** Why nothing can be added to a mapping of a file without changing another place; undefined when it can. */
  closed(file: string, path: readonly string[]): Closed | undefined {
    return this.#yaml.get(file)?.closed(path);
  }

  /** Adds entries to a mapping of a file; each mapping once. @throws UserError IMPORT_REFUSED when it is closed */
  add(file: string, path: readonly string[], entries: readonly WrittenEntry[]): void {
    if (entries.length === 0) return;
    const closed = this.closed(file, path);
    if (closed !== undefined) {
      const location = { file, line: closed.line, column: 1 };
      const hint = `Write ${path.join('.')} out in that place, then import again.`;
      throw new UserError('IMPORT_REFUSED', `${closed.why}, so that nothing can be added to it`, hint, { location });
    }
    this.#yaml.get(file)?.add(path, entries);
  }

  /** The files that differ now, those with new definitions before those that use them. */
  changed(): Map<string, string> {
    const files = [...new Set([this.main, this.into, ...this.#before.keys()])];
    const edited = files.map((file) => [file, this.#yaml.get(file)?.edited() ?? ''] as const);
    return new Map(edited.filter(([file, text]) => text !== this.#before.get(file)));
  }
}
