import type { DiagnosticCode } from './codes.ts';
import type { Diagnostic } from './diagnostic.ts';
import { type Span, whereOf } from './source.ts';

/** What is not in every diagnostic. */
export interface Extras {
  readonly hint?: string | undefined;
  readonly related?: { readonly message: string; readonly at: Span };
}

/** Gathers the diagnostics of one reading; the same thing said twice of one place is kept once. */
export class Problems {
  readonly #found = new Map<string, { diagnostic: Diagnostic; start: number }>();
  /** The order of the files: as they were read. */
  readonly #files: string[] = [];
  #errors = 0;

  /** Names the files in the order in which their diagnostics shall stand. */
  inOrderOf(files: readonly string[]): void {
    this.#files.push(...files);
  }

  error(code: DiagnosticCode, at: Span, message: string, extras: Extras = {}): void {
    this.#add('error', code, at, message, extras);
  }

  warning(code: DiagnosticCode, at: Span, message: string, extras: Extras = {}): void {
    this.#add('warning', code, at, message, extras);
  }

  get hasErrors(): boolean {
    return this.#errors > 0;
  }

  /** Those of a severity, by file, line and column. */
  sorted(severity: Diagnostic['severity']): Diagnostic[] {
    const rank = new Map(this.#files.map((file, index) => [file, index]));
    return [...this.#found.values()]
      .filter(({ diagnostic }) => diagnostic.severity === severity)
      .sort((a, b) => {
        const file = (rank.get(a.diagnostic.location.file) ?? -1) - (rank.get(b.diagnostic.location.file) ?? -1);
        return file || a.start - b.start;
      })
      .map(({ diagnostic }) => diagnostic);
  }

  #add(severity: Diagnostic['severity'], code: DiagnosticCode, at: Span, message: string, extras: Extras): void {
    const key = `${at.source.file}\0${at.start}\0${code}\0${message}`;
    if (this.#found.has(key)) return;
    if (severity === 'error') this.#errors += 1;
    const { hint, related } = extras;
    const diagnostic: Diagnostic = {
      code,
      severity,
      message,
      location: whereOf(at),
      length: Math.max(1, at.end - at.start),
      ...(hint === undefined ? {} : { hint }),
      ...(related === undefined ? {} : { related: { message: related.message, location: whereOf(related.at) } }),
    };
    this.#found.set(key, { diagnostic, start: at.start });
  }
}
