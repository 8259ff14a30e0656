/** The findings of `mdacc validate` as workflow commands: GitHub Actions shows each at its line of the pull request. */
import { printable } from '../printable.ts';
import { type Checked, endColumns, type Sources } from './checked.ts';

/** A line each, or nothing. */
export function validateGithub(found: readonly Checked[], sources: Sources): string {
  const endColumn = endColumns(sources);
  return found.map((one) => `${command(printable(one), endColumn(one))}\n`).join('');
}

function command({ severity, code, message, hint, where, related }: Checked, endColumn: number): string {
  const properties = [
    ['file', where.file],
    ['line', String(where.line)],
    ['col', String(where.column)],
    ['endColumn', String(endColumn)],
    ['title', `motherduck-accounts: ${code}`],
  ] as const;
  const other = related && `${related.message} at ${related.where.file}:${related.where.line}:${related.where.column}`;
  const text = [message, other, hint].filter((part) => part !== undefined).join('\n');
  return `::${severity} ${properties.map(([name, value]) => `${name}=${property(value)}`).join(',')}::${data(text)}`;
}

/** A line break would end the command, and what follows could be another. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
