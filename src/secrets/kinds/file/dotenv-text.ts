import { defined } from '../../../model/defined.ts';
import { type FileEntry, type SecretsText, UnquotableError } from './secrets-text.ts';

/**
 * Whether `dotenv`, a shell's `source` and `docker --env-file` all read the value the same without quotes. They agree on no
 * quoting (docker keeps the quotes), so no other value is written. MotherDuck's secrets consist of A-Z, a-z, 0-9, `.`, `_`, `-`.
 */
function isBareValue(value: string): boolean {
  return /^[A-Za-z0-9._+/=:@%,-]+$/.test(value);
}

/** A dotenv file. A variable keeps its line with `export`, quotes and comment; a new one is added at the end. */
export class DotenvText implements SecretsText {
  readonly #entries: DotenvEntry[];
  /** The indexes of each variable's entries; with several, readers of the file differ in which one they use. */
  readonly #indexes = new Map<string, number[]>();
  readonly #lineEnd: string;

  constructor(text: string) {
    this.#entries = entriesOf(text);
    this.#lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
    for (const [index, { name }] of this.#entries.entries()) if (name !== undefined) this.#addIndex(name, index);
  }

  /** The values of a variable, without quotes; none when it is not in the file. */
  current({ variable }: Pick<FileEntry, 'variable'>): string[] {
    return (this.#indexes.get(variable) ?? []).flatMap((index) => valueIn(this.#entries[index]) ?? []);
  }

  /** Changes all assignments of a variable: an old secret is of no use. @throws UnquotableError */
  set({ variable }: Pick<FileEntry, 'variable'>, value: string): void {
    if (!isBareValue(value)) throw new UnquotableError();
    if (!this.#indexes.has(variable)) this.#append(variable);
    for (const index of this.#indexes.get(variable) ?? []) {
      const entry = this.#entries[index];
      if (entry !== undefined) this.#entries[index] = withValue(entry, value);
    }
  }

  /** Removes the lines of a variable. */
  remove({ variable }: Pick<FileEntry, 'variable'>): void {
    for (const index of this.#indexes.get(variable) ?? []) this.#entries[index] = { text: '', head: '' };
    this.#indexes.delete(variable);
  }

  *pieces(): Generator<string> {
    for (const { text } of this.#entries) yield text;
  }

  #append(name: string): void {
    const last = this.#entries.at(-1);
    if (last !== undefined && !last.text.endsWith('\n')) this.#entries.push({ text: this.#lineEnd, head: '' });
    const head = `${name}=`;
    this.#addIndex(name, this.#entries.length);
    this.#entries.push({ text: head + this.#lineEnd, head, name });
  }

  #addIndex(name: string, index: number): void {
    const indexes = this.#indexes.get(name);
    if (indexes === undefined) this.#indexes.set(name, [index]);
    else indexes.push(index);
  }
}

interface DotenvEntry {
  /** A line with its line break; several lines when a quoted value spans them. */
  readonly text: string;
  /** The start of the line, up to the `=` and the white space after it. */
  readonly head: string;
  /** The variable; absent in a comment, an empty line or anything else. */
  readonly name?: string;
  readonly quoted?: string;
}

const ASSIGNMENT =
  /(\uFEFF?[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*)("(?:\\[\s\S]|[^"\\])*"|'[^']*'|`[^`]*`)?[^\n]*(?:\n|$)/y;
const LINE = /[^\n]*(?:\n|$)/y;

function entriesOf(text: string): DotenvEntry[] {
  const entries: DotenvEntry[] = [];
  for (let at = 0; at < text.length; ) {
    ASSIGNMENT.lastIndex = at;
    LINE.lastIndex = at;
    const [entry, head, name, quoted] = ASSIGNMENT.exec(text) ?? LINE.exec(text) ?? [text.slice(at)];
    entries.push({
      text: entry,
      head: head ?? '',
      ...defined({ name, quoted }),
    });
    at += entry.length;
  }
  return entries;
}

function valueIn(entry: DotenvEntry | undefined): string | undefined {
  if (entry === undefined) return undefined;
  const { text, head, quoted } = entry;
  if (quoted !== undefined) return quoted.slice(1, -1);
  return text
    .slice(head.length)
    .replace(/[ \t]+#.*/, '')
    .trim();
}

function withValue(entry: DotenvEntry, value: string): DotenvEntry {
  const { text, head, quoted } = entry;
  const rest = text.slice(head.length);
  // A bare value ends at a comment or at the end of the line.
  if (quoted === undefined) {
    return { ...entry, text: head + rest.replace(/^[^\r\n]*?(?=[ \t]+#|[ \t]*\r?(?:\n|$))/, () => value) };
  }
  // A shell would run a value in backticks.
  const quote = quoted.startsWith('`') ? '' : quoted.charAt(0);
  const now = quote + value + quote;
  const { quoted: _, ...bare } = entry;
  return { ...(quote === '' ? bare : { ...entry, quoted: now }), text: head + now + rest.slice(quoted.length) };
}
