import { renderDiagnostics } from '../../yaml/render.ts';
import type { InContext } from '../hint.ts';
import { type Paint, plain } from '../terminal-text.ts';
import { type Validation, validateSummary } from './validation.ts';

/** A validation for a terminal: each finding with its line of the file, and a summary. @param columns The terminal's width. */
export function validateText(
  validation: Validation,
  paint: Paint = plain,
  _inContext?: InContext,
  columns?: number,
): string {
  const { findings, sources } = validation;
  const shown = findings.length === 0 ? '' : `${renderDiagnostics(findings, sources, paint, columns)}\n`;
  return shown + validateSummary(validation);
}
