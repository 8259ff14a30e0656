/** A smoke test as JUnit XML: a suite per account, a case per check. */
import type { AccountSmoke, ConnectionSmoke, Smoke, SmokeCheck } from '../../model/smoke.ts';
import { hintText } from '../hint.ts';
import { junitDocument, xml } from '../junit.ts';

/** Writes the smoke test. */
export function smokeJunit(smoke: Smoke): string {
  const cases = smoke.accounts.flatMap((account) => account.connections.flatMap((connection) => connection.checks));
  const failures = cases.filter((check) => !check.passed).length;
  return junitDocument('mdacc smoke', { tests: cases.length, failures }, smoke.accounts.map(suite));
}

function suite(account: AccountSmoke): string {
  const checks = account.connections.flatMap((connection) => connection.checks);
  const skipped = account.outcome === 'skipped';
  const head = `  <testsuite name="${xml(account.account)}" tests="${skipped ? 1 : checks.length}" failures="${checks.filter((check) => !check.passed).length}" skipped="${skipped ? 1 : 0}" time="${seconds(account.ms)}">`;
  const body = skipped
    ? [
        `    <testcase classname="${xml(account.account)}" name="smoke" time="0"><skipped>${xml(account.skipped ?? '')}</skipped></testcase>`,
      ]
    : account.connections.flatMap((connection) =>
        connection.checks.map((check) => testcase(account, connection, check)),
      );
  return [head, ...body, '  </testsuite>'].join('\n');
}

function testcase(account: AccountSmoke, connection: ConnectionSmoke, check: SmokeCheck): string {
  const name = `${check.name} (${connection.type}, ${connection.token})`;
  const head = `    <testcase classname="${xml(account.account)}" name="${xml(name)}" time="${seconds(check.ms)}"`;
  if (check.passed) return `${head}/>`;
  const { message = `expected ${check.expected ?? ''}, found ${check.found ?? ''}`, hint } = check;
  return `${head}><failure message="${xml(message)}">${hint === undefined ? '' : xml(hintText(hint))}</failure></testcase>`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
