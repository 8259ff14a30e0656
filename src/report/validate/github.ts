/** The findings of `mdacc validate` as workflow commands: GitHub Actions shows each at its line of the pull request. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import { printable } from '../escape.ts';
import { githubCommand } from '../github-command.ts';
import { endColumns, type Validation } from './validation.ts';

/** One command line per finding. */
export function validateGithub(validation: Pick<Validation, 'findings' | 'sources'>): string {
  const endColumn = endColumns(validation);
  return validation.findings.map((one) => command(printable(one), endColumn(one))).join('');
}

function command({ severity, code, message, hint, location, related }: Diagnostic, endColumn: number): string {
  const properties = {
    file: location.file,
    line: String(location.line),
    col: String(location.column),
    endColumn: String(endColumn),
    title: `motherduck-accounts: ${code}`,
  };
  const other =
    related && `${related.message} at ${related.location.file}:${related.location.line}:${related.location.column}`;
  return githubCommand(severity, properties, [message, other, hint].filter((part) => part !== undefined).join('\n'));
}
