import type { Location } from '../model/user-error.ts';
import type { DiagnosticCode } from './codes.ts';

/** Something wrong, or doubtful, at a place of a file. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  /** What is wrong, on one line. Never holds a value from the environment. */
  readonly message: string;
  /** What to do or type instead. */
  readonly hint?: string;
  readonly location: Location;
  /** How many characters of the line are meant, at least one. */
  readonly length: number;
  /** The other place, when two places disagree. */
  readonly related?: { readonly message: string; readonly location: Location };
}

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
  readonly related?: Location & { readonly message: string };
}

/** A diagnostic with its fields in a fixed order, ready for JSON. */
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
