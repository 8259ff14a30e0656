import { UserError, type Where } from '../model/user-error.ts';
import type { DiagnosticCode } from './codes.ts';

/** A diagnostic as `validate --format json` shows it. */
export interface DiagnosticJson {
  readonly file: string;
  /** Lines and columns count from 1. */
  readonly line: number;
  readonly column: number;
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  /** What is wrong, on one line. Never holds a value from the environment. */
  readonly message: string;
  /** What to do or type instead. */
  readonly hint?: string;
  /** The other place, when two places disagree. */
  readonly related?: Where & { readonly message: string };
}

/** A configuration that says what it wants in a way that cannot be done: every error of it. */
export class InvalidConfiguration extends UserError {
  readonly diagnostics: readonly DiagnosticJson[];

  /** Unless they were `shown`, the message has the first of them. */
  constructor(config: string, diagnostics: readonly DiagnosticJson[], shown: boolean) {
    const count = diagnostics.length === 1 ? 'an error' : `${diagnostics.length} errors`;
    const [first] = shown ? [] : diagnostics;
    const named =
      first && `the configuration has ${count}: ${first.file}:${first.line}:${first.column}: ${first.message}`;
    super('CONFIG_INVALID', named ?? `${config} has ${count}`, 'Correct it, and check it with: mdacc validate');
    this.diagnostics = diagnostics;
  }
}
