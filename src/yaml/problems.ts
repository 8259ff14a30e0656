import { maskCredentials } from '../model/credential.ts';
import { DIAGNOSTIC_CODES, type Diagnostic, type DiagnosticCode } from '../model/diagnostic.ts';
import { locationOf, type Span } from './source.ts';

/** The text with its credentials masked, and with this part as it is. */
function maskedBut(own: string, text: string): string {
  return own === ''
    ? maskCredentials(text)
    : text
        .split(own)
        .map((part) => maskCredentials(part))
        .join(own);
}

/** Optional parts of a diagnostic. */
interface Extras {
  readonly hint?: string | undefined;
  /** A part of the hint that the user's machine gives, such as the path of a folder: no credential, whatever it looks like. */
  readonly own?: string;
  readonly related?: Related | undefined;
}

/** What else is to be looked at, and where it is: `first defined` at a location. */
export interface Related {
  readonly message: string;
  readonly at: Span;
}

/** The maximum number of errors, and of warnings, that are kept: more than anybody reads, and a limit for hostile files. */
export const MAX_DIAGNOSTICS = 200;

/** Collects the diagnostics of one run; duplicates at the same locations are kept once. */
export class Problems {
  readonly #found = new Map<string, { diagnostic: Diagnostic; start: number }>();
  /** The order of the files in the diagnostics. */
  readonly #files: string[] = [];
  readonly #kept = { error: 0, warning: 0 };
  readonly #left = { error: 0, warning: 0 };

  /** Sets the order of the files in the diagnostics. */
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
    return this.#kept.error > 0;
  }

  /** Whether no more errors are kept, so that none needs a hint. */
  get isFull(): boolean {
    return this.#kept.error >= MAX_DIAGNOSTICS;
  }

  /** The diagnostics of a severity, sorted by file, line and column. */
  sorted(severity: Diagnostic['severity']): Diagnostic[] {
    const rank = new Map(this.#files.map((file, index) => [file, index]));
    const sorted = [...this.#found.values()]
      .filter(({ diagnostic }) => diagnostic.severity === severity)
      .sort((a, b) => {
        const file = (rank.get(a.diagnostic.location.file) ?? -1) - (rank.get(b.diagnostic.location.file) ?? -1);
        return file || a.start - b.start;
      })
      .map(({ diagnostic }) => diagnostic);
    const left = this.#left[severity];
    const last = sorted.at(-1);
    if (left === 0 || last === undefined) return sorted;
    const message = `${left.toLocaleString('en')} more ${severity}s are not shown`;
    return [...sorted, { code: 'too-many', severity, message, location: last.location, length: 1 }];
  }

  #add(severity: Diagnostic['severity'], code: DiagnosticCode, at: Span, message: string, extras: Extras): void {
    if (this.#kept[severity] >= MAX_DIAGNOSTICS) {
      this.#left[severity] += 1;
      return;
    }
    const { related: other } = extras;
    const key = [at.source.file, at.start, code, message, other?.at.source.file, other?.at.start].join('\0');
    if (this.#found.has(key)) return;
    this.#kept[severity] += 1;
    const { hint, own = '', related }: Extras = at.source.isHidden ? { hint: ADD } : extras;
    const diagnostic: Diagnostic = {
      code,
      severity,
      message: at.source.isHidden ? general(code) : maskCredentials(message),
      location: locationOf(at),
      length: Math.max(1, at.end - at.start),
      ...(at.source.isHidden ? { isHidden: true } : {}),
      ...(hint === undefined ? {} : { hint: maskedBut(own, hint) }),
      ...(related === undefined ? {} : { related: { message: related.message, location: locationOf(related.at) } }),
    };
    this.#found.set(key, { diagnostic, start: at.start });
  }
}

const ADD = 'git does not track the file, so nothing of it is shown here: git add it';

/** What a diagnostic says without a word of the file. */
function general(code: DiagnosticCode): string {
  return (DIAGNOSTIC_CODES as Readonly<Record<string, string>>)[code]?.replace(/\.$/, '') ?? 'the value is invalid';
}
