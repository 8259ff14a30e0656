/** An audit as JUnit XML: a suite per rule, a case per finding. Accepted ones are skipped; notes pass, with their text as output. */
import type { Audit, RuleInfo } from '../../model/audit.ts';
import { printable } from '../escape.ts';
import { hintText } from '../hint.ts';
import { junitDocument, xml } from '../junit.ts';
import { type AnyFinding, acceptanceText, findingSubject, isAcceptedFinding, showLocation } from './findings.ts';

/** Writes the audit. */
export function auditJunit(given: Audit): string {
  const audit = printable(given);
  const suites = audit.rules.map((rule) => suiteOf(rule, [...audit.findings, ...audit.accepted]));
  const name = `mdacc audit ${audit.organization}${audit.sandbox ? ' (sandbox)' : ''}`;
  const counts = { tests: sum(suites, 'tests'), failures: sum(suites, 'failures') };
  return junitDocument(
    name,
    counts,
    suites.map(({ text }) => text),
  );
}

interface Suite {
  readonly text: string;
  readonly tests: number;
  readonly failures: number;
}

function suiteOf(rule: RuleInfo, all: readonly AnyFinding[]): Suite {
  const findings = all.filter((finding) => finding.rule === rule.id);
  const failures = findings.filter(isFailure).length;
  const skipped = findings.filter(isAcceptedFinding).length;
  const tests = Math.max(1, findings.length);
  const className = xml(`${rule.id} ${rule.name}`);
  const cases = findings.length === 0 ? [passing(className, rule.title)] : casesOf(className, findings);
  const head = `  <testsuite name="${className}" tests="${tests}" failures="${failures}"${skipped === 0 ? '' : ` skipped="${skipped}"`}>`;
  return { text: [head, ...cases, '  </testsuite>'].join('\n'), tests, failures };
}

/** A rule without findings has one case, named after its title. */
function passing(className: string, title: string): string {
  return `    <testcase classname="${className}" name="${xml(`not found: ${title}`)}"/>`;
}

/** Test systems identify a case by its name from run to run, so cases of one name are numbered. */
function casesOf(className: string, findings: readonly AnyFinding[]): string[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const subject = findingSubject(finding);
    const count = (seen.get(subject) ?? 0) + 1;
    seen.set(subject, count);
    const name = count === 1 ? subject : `${subject} (${count})`;
    return `    <testcase classname="${className}" name="${xml(name)}">${outcome(finding)}</testcase>`;
  });
}

function outcome(finding: AnyFinding): string {
  const { severity, message, fix, location } = finding;
  const more = `${hintText(fix)}${location === undefined ? '' : `\n${showLocation(location)}`}`;
  if (isAcceptedFinding(finding)) {
    const why = `${message} (${acceptanceText(finding)})`;
    return `<skipped>${xml(why)}</skipped>`;
  }
  return isFailure(finding)
    ? `<failure type="${severity}" message="${xml(message)}">${xml(more)}</failure>`
    : `<system-out>${xml(`${message}\n${more}`)}</system-out>`;
}

function isFailure(finding: AnyFinding): boolean {
  return finding.severity !== 'note' && !isAcceptedFinding(finding);
}

function sum(suites: readonly Suite[], what: 'tests' | 'failures'): number {
  return suites.reduce((total, suite) => total + suite[what], 0);
}
