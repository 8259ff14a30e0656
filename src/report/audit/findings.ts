/** How findings are counted, grouped and named in every format. */
import type { AcceptedFinding, Audit, Finding, Severity } from '../../model/audit.ts';
import type { Hint, Location } from '../../model/user-error.ts';
import { counted } from '../../model/wording.ts';

/** Most severe first. */
export const SEVERITIES = ['error', 'warning', 'note'] as const satisfies readonly Severity[];

/** The number of findings of each severity. */
export function countFindings({ findings }: Audit): Readonly<Record<Severity, number>> {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  return { error: count('error'), warning: count('warning'), note: count('note') };
}

/** `Audit: 2 errors, 1 note in 14 accounts with 31 tokens.` */
export function auditSummary(audit: Audit): string {
  const counts = Object.entries(countFindings(audit)).filter(([, count]) => count > 0);
  const list = counts.map(([severity, count]) => counted(count, severity)).join(', ') || 'no findings';
  const { accounts, tokens } = audit.checked;
  const accepted = audit.accepted.length > 0 ? `, and ${audit.accepted.length} accepted,` : '';
  return `Audit: ${list}${accepted} in ${counted(accounts, 'account')} with ${counted(tokens, 'token')}.`;
}

/** A finding, accepted or not. */
export type AnyFinding = Finding | AcceptedFinding;

/** Whether the configuration accepts a finding. */
export function isAcceptedFinding(finding: AnyFinding): finding is AcceptedFinding {
  return 'acceptance' in finding;
}

/** What to type after an audit without a configuration. */
export function unconfiguredHint({ unconfigured }: Audit): Hint | undefined {
  if (!unconfigured) return undefined;
  const text = 'There is no configuration, so only good practice was checked. Write one that has the live accounts.';
  return { text, command: ['init', '--from-live'] };
}

/** `accepted until 2027-03-01: pool kept warm for the launch` */
export function acceptanceText({ acceptance: { reason, until } }: AcceptedFinding): string {
  return `accepted${until === undefined ? '' : ` until ${until}`}: ${reason}`;
}

/** `etl_prod/airflow`; `the organization` for a finding without an account. */
export function findingSubject({ account, token }: Finding): string {
  return [account, token].filter((part) => part !== undefined).join('/') || 'the organization';
}

/** `motherduck.accounts.yaml:12` */
export function showLocation({ file, line }: Location): string {
  return `${file}:${line}`;
}
