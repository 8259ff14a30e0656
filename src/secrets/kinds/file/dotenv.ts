/**
 * A secret that `dotenv`, a shell's `source` and `docker --env-file` all read alike when it stands bare. They agree on no
 * quoting (docker keeps the quotes), so nothing else is written; MotherDuck's secrets are of A-Z, a-z, 0-9, `.`, `_`, `-`.
 */
export function isBareValue(value: string): boolean {
  return /^[A-Za-z0-9._+/=:@%,-]+$/.test(value);
}

/**
 * The text of a dotenv file with one variable set: in its place, with its `export`, its quotes and its comment, or on a
 * new line at the end. Everything else stays as it is.
 */
export function setVariable(text: string, name: string, value: string): string {
  const entries = entriesOf(text);
  if (!entries.some((entry) => entry.name === name)) {
    const end = text.includes('\r\n') ? '\r\n' : '\n';
    const gap = text === '' || text.endsWith('\n') ? '' : end;
    return `${text}${gap}${name}=${value}${end}`;
  }
  // Where a name stands twice, both change: an old secret is of no use, and readers differ in which one counts.
  return entries.map((entry) => (entry.name === name ? withValue(entry, value) : entry.text)).join('');
}

/** The values that a variable has in the text, without quotes; none when it is not there. */
export function valuesOf(text: string, name: string): string[] {
  return entriesOf(text)
    .filter((entry) => entry.name === name)
    .map(({ text: line, head, quoted }) => {
      const bare = line
        .slice(head.length)
        .replace(/[ \t]+#.*/, '')
        .trim();
      return quoted === undefined ? bare : quoted.slice(1, -1);
    });
}

interface Entry {
  /** A line with its end; several, where a quoted value runs over them. */
  readonly text: string;
  /** Up to and with the `=` and the white space after it. */
  readonly head: string;
  /** Absent: a comment, an empty line, or something else. */
  readonly name?: string;
  readonly quoted?: string;
}

const ASSIGNMENT =
  /(\uFEFF?[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*)("(?:\\[\s\S]|[^"\\])*"|'[^']*'|`[^`]*`)?[^\n]*(?:\n|$)/y;
const LINE = /[^\n]*(?:\n|$)/y;

function entriesOf(text: string): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < text.length; ) {
    ASSIGNMENT.lastIndex = at;
    LINE.lastIndex = at;
    const [entry, head, name, quoted] = ASSIGNMENT.exec(text) ?? LINE.exec(text) ?? [text.slice(at)];
    entries.push({
      text: entry,
      head: head ?? '',
      ...(name === undefined ? {} : { name }),
      ...(quoted === undefined ? {} : { quoted }),
    });
    at += entry.length;
  }
  return entries;
}

function withValue({ text, head, quoted }: Entry, value: string): string {
  const rest = text.slice(head.length);
  // A bare value ends at a comment or at the end of the line.
  if (quoted === undefined) return head + rest.replace(/^[^\r\n]*?(?=[ \t]+#|[ \t]*\r?(?:\n|$))/, () => value);
  // In backticks a shell would run it.
  const quote = quoted.startsWith('`') ? '' : quoted.charAt(0);
  return head + quote + value + quote + rest.slice(quoted.length);
}
