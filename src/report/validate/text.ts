import { renderDiagnostics } from '../../yaml/render.ts';
import type { InContext } from '../hint.ts';
import { type Layout, type Paint, plain } from '../terminal-text.ts';
import { type Validation, validateSummary } from './validation.ts';

/** A validation for a terminal: each finding with its line of the file, and a summary. */
export function validateText(
  validation: Validation,
  paint: Paint = plain,
  _inContext?: InContext,
  { columns }: Layout = {},
): string {
  const { findings, sources } = validation;
  const shown = findings.length === 0 ? '' : `${renderDiagnostics(findings, sources, paint, columns)}\n`;
  return shown + validateSummary(validation);
}
