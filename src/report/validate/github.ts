/** The findings of `mdacc validate` as workflow commands: GitHub Actions shows each at its line of the pull request. */
import { githubCommand } from '../github-command.ts';
import { printable } from '../printable.ts';
import { type Checked, endColumns, type Sources } from './checked.ts';

/** A line each, or nothing. */
export function validateGithub(found: readonly Checked[], sources: Sources): string {
  const endColumn = endColumns(sources);
  return found.map((one) => command(printable(one), endColumn(one))).join('');
}

function command({ severity, code, message, hint, where, related }: Checked, endColumn: number): string {
  const properties = {
    file: where.file,
    line: String(where.line),
    col: String(where.column),
    endColumn: String(endColumn),
    title: `motherduck-accounts: ${code}`,
  };
  const other = related && `${related.message} at ${related.where.file}:${related.where.line}:${related.where.column}`;
  return githubCommand(severity, properties, [message, other, hint].filter((part) => part !== undefined).join('\n'));
}
