/**
 * An audit compares the live organization with the configuration and good practice, and changes nothing:
 *
 *   readings   ->  evidence    evidence.ts: desired, live and state, joined
 *   evidence   ->  findings    rules/: one file per rule, listed in catalog.ts
 *   findings   ->  Audit       here: findings that another rule covers are dropped, the rest is sorted, accepted ones apart
 *
 * It is a pure function: no I/O and no clock, so the same evidence gives the same audit, byte for byte.
 */
import type { Audit, Finding, RuleInfo, Severity } from '../model/audit.ts';
import { compareText } from '../model/collections.ts';
import { defined } from '../model/defined.ts';
import { isoTime } from '../model/time.ts';
import { separateAccepted } from './acceptance.ts';
import * as catalog from './catalog.ts';
import type { Evidence } from './evidence.ts';
import { inventoryOf } from './inventory.ts';
import type { Others, Rule } from './rule.ts';
import { usageOf } from './usage.ts';

/** Every rule, by id. */
export const RULES: readonly Rule[] = Object.values(catalog).sort((a, b) => compareText(a.id, b.id));

/** Most severe first. */
const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** Runs the rules. @param hasInventory Whether the audit lists what is live, which takes memory where there is much. */
export function audit(evidence: Evidence, rules: readonly Rule[] = RULES, hasInventory = true): Audit {
  const { desired, accounts } = evidence;
  const found = findingsOf(evidence, rules);
  const checked = accounts.filter(({ live }) => live !== undefined);
  return {
    organization: desired.organization,
    sandbox: evidence.sandbox,
    ...(evidence.unconfigured ? { unconfigured: true as const } : {}),
    ...defined({ scope: evidence.scope }),
    at: isoTime(evidence.now),
    file: desired.file,
    checked: { accounts: checked.length, tokens: checked.reduce((sum, { tokens }) => sum + tokens.length, 0) },
    ignored: evidence.ignored,
    rules: rules.map(infoOf),
    ...found,
    inventory: hasInventory ? inventoryOf(evidence) : { accounts: [] },
    ...usageOf(evidence),
  };
}

function infoOf({ id, name, severity, title, help }: Rule): RuleInfo {
  return { id, name, severity, title, help };
}

function findingsOf(evidence: Evidence, rules: readonly Rule[]): Pick<Audit, 'findings' | 'accepted'> {
  const unchecked = new Set(rules.filter(({ isChecked }) => isChecked?.(evidence) === false).map(({ id }) => id));
  const nothing: Others = { findings: [], unchecked };
  const first = withoutCovered(
    findingsBy(
      rules.filter(({ afterOthers }) => !afterOthers),
      evidence,
      nothing,
    ),
    rules,
  );
  const last = findingsBy(
    rules.filter(({ afterOthers }) => afterOthers),
    evidence,
    { findings: first, unchecked },
  );
  const { open, accepted } = separateAccepted(first.sort(compare), evidence.desired.acceptances, evidence.now);
  return { findings: [...open, ...last].sort(compare), accepted };
}

function findingsBy(rules: readonly Rule[], evidence: Evidence, others: Others): Finding[] {
  return rules.flatMap((rule) =>
    [...rule.check(evidence, others)].map((found): Finding => {
      const fix = { ...found.fix, text: onOneLine(found.fix.text) };
      return { rule: rule.id, severity: rule.severity, ...found, message: onOneLine(found.message), fix };
    }),
  );
}

/** Without the findings that another rule's finding about the same account and token covers. */
function withoutCovered(findings: readonly Finding[], rules: readonly Rule[]): Finding[] {
  const subjects = new Set(findings.map(findingKey));
  const yields = new Map(rules.map(({ id, yieldsTo = [] }) => [id, yieldsTo]));
  return findings.filter(
    (finding) => !yields.get(finding.rule)?.some((rule) => subjects.has(findingKey({ ...finding, rule }))),
  );
}

/** The output of a secret store's command may have several lines. */
function onOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

function findingKey({ rule, account, token }: Finding): string {
  return JSON.stringify([rule, account, token]);
}

function compare(a: Finding, b: Finding): number {
  return (
    RANK[a.severity] - RANK[b.severity] ||
    compareText(a.account ?? '', b.account ?? '') ||
    compareText(a.token ?? '', b.token ?? '') ||
    compareText(a.rule, b.rule) ||
    compareText(a.message, b.message)
  );
}
