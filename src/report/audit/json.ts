import type { Audit } from '../../model/audit.ts';
import { jsonText } from '../escape.ts';
import { countFindings } from './findings.ts';

/** An audit as one JSON document, valid against `schemas/audit.schema.json`. */
export function auditJson(audit: Audit): string {
  const { organization, sandbox, at, ...rest } = audit;
  const { error, warning, note } = countFindings(audit);
  const summary = { errors: error, warnings: warning, notes: note, accepted: audit.accepted.length };
  return jsonText({ version: 1, organization, sandbox, at, summary, ...rest });
}
