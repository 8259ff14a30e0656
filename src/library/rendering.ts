import type { Audit } from '../model/audit.ts';
import type { Plan } from '../model/plan.ts';
import { type AuditFormat, renderAudit as auditIn, type PlanFormat, renderPlan as planIn } from '../report/formats.ts';

/** A plan as text without colours, JSON (`schemas/plan.schema.json`), Markdown for a pull request, or a page of HTML. */
export function renderPlan(plan: Plan, format: PlanFormat): string {
  return planIn(plan, format);
}

/** An audit as text without colours, JSON (`schemas/audit.schema.json`), Markdown, HTML, SARIF 2.1.0 or JUnit XML. */
export function renderAudit(audit: Audit, format: AuditFormat): string {
  return auditIn(audit, format);
}
