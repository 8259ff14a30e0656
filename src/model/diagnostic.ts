import { defined } from './defined.ts';
import type { Location } from './user-error.ts';

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
    ...defined({ hint }),
    ...(related === undefined ? {} : { related: { ...related.location, message: related.message } }),
  };
}

/**
 * Descriptions of all diagnostics by the stable code that `validate --format json|sarif` shows; kinds of secret stores add
 * theirs. A code never changes its meaning.
 */
export const DIAGNOSTIC_CODES = {
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
  credential: 'A name or a value contains a token or another credential, which plans would show.',
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

/** Codes of secret stores start with `store-`. */
export type DiagnosticCode = keyof typeof DIAGNOSTIC_CODES | `store-${string}`;
