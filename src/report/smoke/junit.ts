/** A smoke test as JUnit XML: a suite per account, a case per check. */
import type { AccountSmoke, ConnectionSmoke, Smoke, SmokeCheck } from '../../model/smoke.ts';
import { hintText } from '../hint.ts';
import { junitDocument, xml } from '../junit.ts';

/** Writes the smoke test. */
export function smokeJunit(smoke: Smoke): string {
  const suites = smoke.accounts.map(suiteOf);
  const tests = suites.reduce((sum, suite) => sum + suite.tests, 0);
  const failures = suites.reduce((sum, suite) => sum + suite.failures, 0);
  return junitDocument(
    'mdacc smoke',
    { tests, failures },
    suites.map(({ text }) => text),
  );
}

interface Suite {
  readonly text: string;
  readonly tests: number;
  readonly failures: number;
}

function suiteOf(account: AccountSmoke): Suite {
  const checked = account.connections.flatMap((connection) =>
    connection.checks.map((check) => testcase(account, connection, check)),
  );
  const checks = account.connections.flatMap((connection) => connection.checks);
  const failures = checks.filter((check) => !check.passed).length;
  const why = skippedWhy(account);
  const cases = [...checked, ...(why === undefined ? [] : [skippedCase(account, why)])];
  const head = `  <testsuite name="${xml(account.account)}" tests="${cases.length}" failures="${failures}" skipped="${why === undefined ? 0 : 1}" time="${seconds(account.ms)}">`;
  return { text: [head, ...cases, '  </testsuite>'].join('\n'), tests: cases.length, failures };
}

/** Why an account was not tested, or not to the end. The exit code says that a run was interrupted; no account has failed by that. */
function skippedWhy({ outcome, skipped }: AccountSmoke): string | undefined {
  if (outcome === 'skipped') return skipped ?? 'skipped';
  return outcome === 'interrupted' ? 'interrupted' : undefined;
}

function skippedCase({ account }: AccountSmoke, why: string): string {
  return `    <testcase classname="${xml(account)}" name="smoke" time="0"><skipped>${xml(why)}</skipped></testcase>`;
}

function testcase(account: AccountSmoke, connection: ConnectionSmoke, check: SmokeCheck): string {
  const name = `${check.name} (${connection.type}, ${connection.token ?? 'temporary token'})`;
  const head = `    <testcase classname="${xml(account.account)}" name="${xml(name)}" time="${seconds(check.ms)}"`;
  if (check.passed) return `${head}/>`;
  const { message = `expected ${check.expected ?? ''}, found ${check.found ?? ''}`, hint } = check;
  return `${head}><failure message="${xml(message)}">${hint === undefined ? '' : xml(hintText(hint))}</failure></testcase>`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
