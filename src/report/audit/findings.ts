/** How findings are put in order and named, whatever the format. */
import type { Audit, Finding, Severity } from '../../model/audit.ts';
import type { Location } from '../../model/user-error.ts';

/** Gravest first. */
export const SEVERITIES = ['error', 'warning', 'note'] as const satisfies readonly Severity[];

/** The findings of one severity by account, in the audit's order; those of the whole organization under undefined. */
export function byAccount({ findings }: Audit, severity: Severity): Map<string | undefined, Finding[]> {
  const groups = new Map<string | undefined, Finding[]>();
  for (const finding of findings) {
    if (finding.severity !== severity) continue;
    const group = groups.get(finding.account);
    if (group) group.push(finding);
    else groups.set(finding.account, [finding]);
  }
  return groups;
}

/** `etl_prod/airflow`, or what it is that no account is. */
export function subjectOf({ account, token }: Finding): string {
  return [account, token].filter((part) => part !== undefined).join('/') || 'the organization';
}

/** `motherduck.accounts.yaml:12` */
export function placeOf({ file, line }: Location): string {
  return `${file}:${line}`;
}
