import type { Audit, Severity } from '../../model/audit.ts';
import { counted } from '../../model/counted.ts';

/** How many findings there are of each severity. */
export function countFindings({ findings }: Audit): Readonly<Record<Severity, number>> {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  return { error: count('error'), warning: count('warning'), note: count('note') };
}

/** `Audit: 2 errors, 1 note in 14 accounts with 31 tokens.` */
export function auditSummary(audit: Audit): string {
  const found = Object.entries(countFindings(audit)).filter(([, count]) => count > 0);
  const said = found.map(([severity, count]) => counted(count, severity)).join(', ') || 'no findings';
  const { accounts, tokens } = audit.checked;
  return `Audit: ${said} in ${counted(accounts, 'account')} with ${counted(tokens, 'token')}.`;
}
