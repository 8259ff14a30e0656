/** The findings of `mdacc validate` as SARIF 2.1.0; each code is a rule. */
import { printable } from '../printable.ts';
import { type SarifResult, sarifLog } from '../sarif.ts';
import { type Checked, endColumns, type Sources } from './checked.ts';

/** @param config The main file. @param codes The meaning of each code. */
export function validateSarif(
  config: string,
  codes: Readonly<Record<string, string>>,
  found: readonly Checked[],
  sources: Sources,
): string {
  const endColumn = endColumns(sources);
  return sarifLog(
    `validate/${printable(config)}`,
    Object.entries(codes).map(([id, meaning]) => ({ id, name: id, short: meaning, full: meaning })),
    found.map((one) => resultOf(printable(one), endColumn(one))),
  );
}

function resultOf({ code, severity, message, hint, location, related }: Checked, endColumn: number): SarifResult {
  return {
    rule: code,
    level: severity,
    message: hint === undefined ? message : `${message}\n${hint}`,
    location: { ...location, endColumn },
    ...(related ? { related: { ...related.location, message: related.message } } : {}),
    identity: [location.file, message],
  };
}
