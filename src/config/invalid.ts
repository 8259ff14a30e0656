import { UserError } from '../model/user-error.ts';
import type { DiagnosticJson } from '../yaml/diagnostic.ts';
import { DEFAULT_CONFIG } from './not-found.ts';

/** A configuration that says what it wants in a way that cannot be done: every error of it. */
export class InvalidConfiguration extends UserError {
  readonly diagnostics: readonly DiagnosticJson[];

  /** Unless they were `shown`, the message has the first of them. */
  constructor(config: string, diagnostics: readonly DiagnosticJson[], shown: boolean) {
    const count = diagnostics.length === 1 ? 'an error' : `${diagnostics.length} errors`;
    const [first] = shown ? [] : diagnostics;
    const named =
      first && `the configuration has ${count}: ${first.file}:${first.line}:${first.column}: ${first.message}`;
    const words = config === DEFAULT_CONFIG ? '' : ` --config ${config}`;
    super('CONFIG_INVALID', named ?? `${config} has ${count}`, `Correct it, and check it with: mdacc validate${words}`);
    this.diagnostics = diagnostics;
  }
}
