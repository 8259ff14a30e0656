/** The findings of `mdacc validate` as SARIF 2.1.0; each code is a rule. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import { printable } from '../escape.ts';
import { type SarifResult, sarifLog } from '../sarif.ts';
import { endColumns, type Validation } from './validation.ts';

/** Writes the validation. */
export function validateSarif(validation: Validation): string {
  const endColumn = endColumns(validation);
  return sarifLog(
    `validate/${printable(validation.config)}`,
    Object.entries(validation.codes).map(([id, meaning]) => ({ id, name: id, short: meaning, full: meaning })),
    validation.findings.map((one) => resultOf(printable(one), endColumn(one))),
  );
}

function resultOf({ code, severity, message, hint, location, related }: Diagnostic, endColumn: number): SarifResult {
  return {
    rule: code,
    level: severity,
    message: hint === undefined ? message : `${message}\n${hint}`,
    location: { ...location, endColumn },
    ...(related ? { related: { ...related.location, message: related.message } } : {}),
    identity: [location.file, message],
  };
}
