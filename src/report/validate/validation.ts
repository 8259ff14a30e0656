/** The result of `mdacc validate`, and what its formats share. */
import type { Desired } from '../../model/desired.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { counted } from '../../model/wording.ts';

/** What `mdacc validate` found in a configuration. */
export interface Validation {
  /** The main file, as the user named it. */
  readonly config: string;
  /** Absent when the configuration is not valid. */
  readonly desired?: Desired;
  readonly files: readonly string[];
  /** Errors first, then warnings. */
  readonly findings: readonly Diagnostic[];
  /** The texts of the files by the names in locations. */
  readonly sources: ReadonlyMap<string, string>;
  /** The meaning of each code of a finding. */
  readonly codes: Readonly<Record<string, string>>;
}

/** `motherduck.accounts.yaml is valid: 14 accounts, 31 tokens.` */
export function validateSummary({ config, desired, findings }: Validation): string {
  if (desired === undefined) {
    return `${counted(findings.filter(({ severity }) => severity === 'error').length, 'error')}.\n`;
  }
  const tokens = [...desired.accounts.values()].reduce((sum, account) => sum + account.tokens.size, 0);
  const warnings = findings.filter(({ severity }) => severity === 'warning').length;
  const despite = warnings === 0 ? '' : `, with ${counted(warnings, 'warning')}`;
  return `${config} is valid${despite}: ${counted(desired.accounts.size, 'account')}, ${counted(tokens, 'token')}.\n`;
}

/** Returns a function for the column after the last marked character, on the line where the mark begins. */
export function endColumns({ sources }: Pick<Validation, 'sources'>): (found: Diagnostic) => number {
  const linesOf = new Map([...sources].map(([file, text]) => [file, text.split('\n')]));
  return ({ location: { file, line, column }, length }) => {
    const lineEnd = (linesOf.get(file)?.[line - 1] ?? '').trimEnd().length + 1;
    return Math.max(column + 1, Math.min(column + length, lineEnd));
  };
}
