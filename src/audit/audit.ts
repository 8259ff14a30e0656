/**
 * An audit compares the live organization with the configuration and good practice, and changes nothing:
 *
 *   readings   ->  evidence    evidence.ts: desired, live and state, joined
 *   evidence   ->  findings    rules/: one file per rule, listed in catalog.ts
 *   findings   ->  Audit       here: findings that another rule covers are dropped, the rest is sorted
 *
 * It is a pure function: no I/O and no clock, so the same evidence gives the same audit, byte for byte.
 */
import type { Audit, Finding, RuleInfo, Severity } from '../model/audit.ts';
import { isoTime } from '../model/time.ts';
import * as catalog from './catalog.ts';
import type { Evidence } from './evidence.ts';
import type { Rule } from './rule.ts';

/** Every rule, by id. */
export const RULES: readonly Rule[] = Object.values(catalog).sort((a, b) => order(a.id, b.id));

/** Most severe first. */
const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** Runs the rules. */
export function audit(evidence: Evidence, rules: readonly Rule[] = RULES): Audit {
  const { desired, accounts } = evidence;
  const checked = accounts.filter(({ live }) => live !== undefined);
  return {
    organization: desired.organization,
    sandbox: evidence.sandbox,
    ...(evidence.scope ? { scope: evidence.scope } : {}),
    at: isoTime(evidence.now),
    file: desired.file,
    checked: { accounts: checked.length, tokens: checked.reduce((sum, { tokens }) => sum + tokens.length, 0) },
    ignored: evidence.ignored,
    rules: rules.map(infoOf),
    findings: findingsOf(evidence, rules),
  };
}

function infoOf({ id, name, severity, title, help }: Rule): RuleInfo {
  return { id, name, severity, title, help };
}

function findingsOf(evidence: Evidence, rules: readonly Rule[]): Finding[] {
  const findings = rules.flatMap((rule) =>
    [...rule.check(evidence)].map((found): Finding => {
      const fix = { ...found.fix, text: onOneLine(found.fix.text) };
      return { rule: rule.id, severity: rule.severity, ...found, message: onOneLine(found.message), fix };
    }),
  );
  const subjects = new Set(findings.map(subjectOf));
  const yields = new Map(rules.map(({ id, yieldsTo = [] }) => [id, yieldsTo]));
  return findings
    .filter((finding) => !yields.get(finding.rule)?.some((rule) => subjects.has(subjectOf({ ...finding, rule }))))
    .sort(compare);
}

/** The output of a secret store's command may have several lines. */
function onOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

function subjectOf({ rule, account, token }: Finding): string {
  return JSON.stringify([rule, account, token]);
}

function compare(a: Finding, b: Finding): number {
  return (
    RANK[a.severity] - RANK[b.severity] ||
    order(a.account ?? '', b.account ?? '') ||
    order(a.token ?? '', b.token ?? '') ||
    order(a.rule, b.rule) ||
    order(a.message, b.message)
  );
}

/** By character codes, not by locale, which differs between machines. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
