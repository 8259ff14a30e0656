import { maskCredentials } from '../model/credential.ts';
import type { Location } from '../model/user-error.ts';
import { locationOf, type Span } from './source.ts';

/** An error or a warning at a location of a file. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  /** The problem, on one line. Never contains a value from the environment. */
  readonly message: string;
  /** How to fix it. */
  readonly hint?: string;
  readonly location: Location;
  /** The number of characters to mark, at least one. */
  readonly length: number;
  /** The other location of a conflict between two. */
  readonly related?: { readonly message: string; readonly location: Location };
  /** Its line is not shown: on a runner, of a file that git does not track. */
  readonly isHidden?: true;
}

/** A diagnostic as `validate --format json` shows it. */
export interface DiagnosticJson {
  readonly file: string;
  /** Lines and columns count from 1. */
  readonly line: number;
  readonly column: number;
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  /** The problem, on one line. Never contains a value from the environment. */
  readonly message: string;
  /** How to fix it. */
  readonly hint?: string;
  /** The other location of a conflict between two. */
  readonly related?: RelatedLocation;
}

/** A second location of a diagnostic, and what is there. */
export interface RelatedLocation extends Location {
  readonly message: string;
}

/** Converts a diagnostic to JSON data, with a fixed order of fields. */
export function diagnosticJson(diagnostic: Diagnostic): DiagnosticJson {
  const { code, severity, message, hint, location, related } = diagnostic;
  return {
    ...location,
    code,
    severity,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(related === undefined ? {} : { related: { ...related.location, message: related.message } }),
  };
}

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
export interface Extras {
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

/**
 * Descriptions of all diagnostics by the stable code that `validate --format json|sarif` shows; kinds of secret stores add
 * theirs. A code never changes its meaning.
 */
export const CODES = {
  encoding: 'A file is not UTF-8 text.',
  'too-large': 'The files together are too large, or have too much of one thing.',
  'too-many': 'There are more errors or warnings than are shown.',
  'too-deep': 'A file is nested too deeply.',
  'yaml-syntax': 'A file is not well-formed YAML.',
  'yaml-documents': 'A file contains more than one YAML document.',
  'yaml-tag': 'A value has a YAML tag.',
  'yaml-alias': 'An alias or merge key refers to nothing usable, or expands to too many values.',
  'empty-file': 'The configuration is empty.',
  'duplicate-key': 'A key is repeated in one mapping.',
  'include-missing': 'An included file does not exist or cannot be read.',
  'include-ending': 'An included file does not end in .yaml or .yml.',
  'include-outside':
    'An included file is outside of the git work tree of the configuration, or of its folder where there is none.',
  'include-link': 'An included file is a link, or is reached through one.',
  'include-ignored': 'An included file is ignored by git.',
  'include-glob': 'An include pattern is too long, or would look at too many files.',
  'include-variable': 'An include pattern has an environment variable.',
  'include-nothing': 'An include pattern matches no file.',
  'variable-missing': 'An environment variable is not set.',
  'variable-secret': 'A value would contain a token or another secret from the environment.',
  'variable-job': 'A variable of a CI job has another value in the job of a pull request than in the one that applies.',
  'variable-malformed': 'A ${ in a value is not followed by the name of an environment variable.',
  'version-unsupported': 'The format version is not supported.',
  'unknown-key': 'A key that is not allowed here.',
  'missing-key': 'A required key is missing.',
  'wrong-type': 'A value has the wrong type.',
  'bad-value': 'A value is not one of those allowed.',
  'bad-name': 'A name has characters or a length that are not allowed.',
  'unknown-policy': 'A token names a policy that does not exist.',
  'unknown-pool': 'Ducklings name a pool that does not exist.',
  'unknown-template': 'An account names a template that does not exist.',
  'unknown-store': 'A policy or token names a secret store that does not exist.',
  'duplicate-name': 'A name is in two files.',
  'duplicate-account': 'Two accounts differ only in case.',
  'policy-incomplete': 'A token has a setting neither of its own nor from its policy.',
  'not-a-new-name': 'An account of that name can be managed, but not created.',
  'no-accounts': 'The configuration has no accounts.',
  'ttl-range': 'A ttl is outside of what MotherDuck accepts.',
  'ttl-guardrail': 'A ttl is longer than guardrails.max_token_ttl.',
  'ttl-never': 'A token would never expire, and guardrails.allow_never_expiring is not set.',
  'rotate-before': 'A token would be replaced at once, or never before it expires.',
  'rotate-before-long': 'A token is replaced in the first half of its ttl.',
  'rotate-before-ignored': 'A token that never expires has a rotate_before or a jitter, which has no effect.',
  overlap: 'A replaced token would outlive its replacement.',
  'overlap-cut-short': 'A replaced token expires before its overlap ends.',
  'token-name': 'A token name is reserved or too long.',
  'token-name-series': 'Two tokens of an account would have the same names over time.',
  'cooldown-pulse': 'A Duckling has a cooldown, and its size has a fixed one.',
  'cooldown-range': 'A cooldown is outside of what MotherDuck accepts.',
  'size-not-allowed': 'A size is not among guardrails.allowed_sizes.',
  'size-read-scaling': 'A size that read scaling supports only when MotherDuck enabled it.',
  'pool-empty': 'An account has a read scaling token and a pool of size 0.',
  'pool-size-total': 'The pool sizes together are larger than guardrails.max_pool_size_total.',
  'rates-missing': 'guardrails.max_compute_ceiling is set without compute_rates.',
  'rate-missing': 'A used size has no rate in compute_rates.',
  'setup-character': 'An SQL statement of setup contains a character that a plan cannot show.',
  'setup-placeholder': 'A statement of setup has an unknown placeholder, which is sent as it is.',
  'setup-statement': 'An entry of setup is not one SQL statement.',
  'setup-transaction': 'A setup begins a transaction and does not end it.',
  'setup-token': 'An SQL statement of setup contains a token or another credential.',
  'setup-name': 'An SQL statement of setup or smoke.query has {account} without quotes, and a username needs them.',
  'smoke-query': 'A query of the smoke test is not one SQL statement.',
  unused: 'Something is defined and never used.',
} satisfies Record<string, string>;

const ADD = 'git does not track the file, so nothing of it is shown here: git add it';

/** What a diagnostic says without a word of the file. */
function general(code: DiagnosticCode): string {
  return (CODES as Readonly<Record<string, string>>)[code]?.replace(/\.$/, '') ?? 'the value is invalid';
}

/** Codes of secret stores start with `store-`. */
export type DiagnosticCode = keyof typeof CODES | `store-${string}`;
