import { diagnosticJson } from '../../model/diagnostic.ts';
import { jsonText } from '../escape.ts';
import type { Validation } from './validation.ts';

/** A validation as one JSON document, valid against `schemas/validate.schema.json`. */
export function validateJson({ desired, files, findings }: Validation): string {
  return jsonText({ version: 1, valid: desired !== undefined, files, findings: findings.map(diagnosticJson) });
}
