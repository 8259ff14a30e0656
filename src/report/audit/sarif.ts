/** An audit as SARIF 2.1.0, for code scanning. */
import type { Audit } from '../../model/audit.ts';
import { printable } from '../escape.ts';
import { hintText } from '../hint.ts';
import { sarifLog } from '../sarif.ts';
import { type AnyFinding, acceptanceText, findingSubject, isAcceptedFinding } from './findings.ts';

/** Writes the audit. */
export function auditSarif(given: Audit): string {
  const { organization, file, rules, findings, accepted } = printable(given);
  return sarifLog(
    `audit/${organization}/${file}`,
    rules.map(({ id, name, severity, title, help }) => ({ id, name, short: title, full: help, level: severity })),
    [...findings, ...accepted].map((finding: AnyFinding) => ({
      rule: finding.rule,
      level: finding.severity,
      message: `${findingSubject(finding)}: ${finding.message}\n${hintText(finding.fix)}`,
      // GitHub drops a result without a location, so such results point to the configuration.
      location: finding.location ?? { file, line: 1 },
      ...(finding.account === undefined ? {} : { subject: findingSubject(finding) }),
      ...(isAcceptedFinding(finding) ? { suppressed: acceptanceText(finding) } : {}),
      identity: [organization, finding.account ?? '', finding.token ?? ''],
    })),
  );
}
