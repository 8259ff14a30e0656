import type { Audit } from '../../model/audit.ts';
import { plainCommand, type ToCommand } from '../hint.ts';
import { type Paint, plain } from '../paint.ts';
import { auditHtml } from './html.ts';
import { auditJson } from './json.ts';
import { auditJunit } from './junit.ts';
import { auditMarkdown } from './markdown.ts';
import { auditSarif } from './sarif.ts';
import { auditText } from './text.ts';

/** How an audit can be written. */
export type AuditFormat = 'text' | 'json' | 'markdown' | 'html' | 'sarif' | 'junit';

/** An audit in a format. @param paint Colours of the text. @param toCommand Renders the commands in the text. */
export function renderAudit(
  found: Audit,
  format: AuditFormat,
  paint: Paint = plain,
  toCommand: ToCommand = plainCommand,
): string {
  switch (format) {
    case 'text':
      return auditText(found, paint, toCommand);
    case 'json':
      return auditJson(found);
    case 'markdown':
      return auditMarkdown(found);
    case 'html':
      return auditHtml(found);
    case 'sarif':
      return auditSarif(found);
    case 'junit':
      return auditJunit(found);
    default:
      throw unknownFormat(format);
  }
}

/** For callers that no compiler checks. */
function unknownFormat(format: never): TypeError {
  return new TypeError(`an audit cannot be written as ${String(format)}`);
}
