/** JUnit XML, by the schema that Jenkins holds it against. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import type { AccountSmoke, ConnectionSmoke, Smoke } from '../../src/model/smoke.ts';
import { auditJunit } from '../../src/report/audit/junit.ts';
import { smokeJunit } from '../../src/report/smoke/junit.ts';
import { CLEAN, FOUND, NAUGHTY, renamed } from './audits.ts';

const schema = readFileSync('test/report/schemas/jenkins-junit.xsd', 'utf8');

async function problemsOf(contents: string): Promise<string[]> {
  const { errors } = await validateXML({ xml: { fileName: 'report.xml', contents }, schema });
  return errors.map(({ message }) => message);
}

describe('an audit as JUnit XML', () => {
  it('has a suite a rule, and a case a finding', async () => {
    expect(await problemsOf(auditJunit(FOUND))).toEqual([]);
    await expect(auditJunit(FOUND)).toMatchFileSnapshot('../golden/audit.junit.xml');
  });

  it('is valid for a clean organization and with hostile names; the schema refuses what is not JUnit', async () => {
    expect(await problemsOf(auditJunit(CLEAN))).toEqual([]);
    const acceptance = { reason: NAUGHTY, location: { file: NAUGHTY, line: 1, column: 1 } };
    const accepted = FOUND.findings.map((finding) => ({ ...finding, acceptance }));
    expect(await problemsOf(auditJunit({ ...FOUND, findings: [], accepted }))).toEqual([]);
    expect(auditJunit(CLEAN)).toContain('tests="6" failures="0">\n');
    expect(await problemsOf(auditJunit(renamed(FOUND, `]]>\u0000\ud800\uffff🦆 & ${NAUGHTY}`)))).toEqual([]);
    expect(await problemsOf(auditJunit(FOUND).replace('<system-out>', '<system-in>'))).not.toEqual([]);
    expect(await problemsOf(auditJunit(FOUND).replaceAll('system-out>', 'surprise>'))).not.toEqual([]);
  });

  it('fails for errors and warnings alone, and numbers cases of one name', () => {
    const text = auditJunit(FOUND);
    expect(text.match(/<failure /g)).toHaveLength(5);
    expect(text).toContain('<testsuites name="mdacc audit acme (sandbox)" tests="7" failures="5">');
    expect(text).toMatch(
      /name="etl_prod\/&quot;[^"]*&gt;"><failure .*name="etl_prod\/&quot;[^"]*&gt; \(2\)"><failure /s,
    );
    expect(text).toMatch(/name="etl_prod"><system-out>never smoke-tested/);
  });
});

it('a smoke test as JUnit XML is valid, whatever the names are', async () => {
  const connection: ConnectionSmoke = {
    type: 'read_write',
    token: NAUGHTY,
    temporary: false,
    passed: false,
    shut_down: false,
    checks: [
      { name: 'connects', passed: true, ms: 812 },
      { name: 'size', passed: false, ms: 3, expected: 'pulse', found: NAUGHTY },
    ],
  };
  const account = (outcome: AccountSmoke['outcome'], connections: readonly ConnectionSmoke[]): AccountSmoke => {
    return { account: NAUGHTY, outcome, connections, verified: [], warnings: [], ms: 815 };
  };
  const accounts = [
    account('failed', [connection]),
    account('skipped', []),
    account('interrupted', []),
    account('interrupted', [{ ...connection, passed: true, checks: connection.checks.slice(0, 1) }]),
  ];
  const smoke: Smoke = { at: FOUND.at, accounts, warnings: [], passed: false };
  const text = smokeJunit(smoke);
  expect(await problemsOf(text)).toEqual([]);
  const counts = [...text.matchAll(/<testsuite .*tests="(\d+)" failures="(\d+)" skipped="(\d+)"/g)].map(([, ...each]) =>
    each.map(Number),
  );
  // CI must not show an account as passed that was not tested to the end.
  expect(counts).toEqual([
    [2, 1, 0],
    [1, 0, 1],
    [1, 0, 1],
    [2, 0, 1],
  ]);
  expect(text).toContain('tests="6" failures="1">');
  for (const [element, count] of [
    ['testcase', 6],
    ['failure', 1],
    ['skipped', 3],
  ] as const)
    expect(text.match(new RegExp(`<${element}[ >]`, 'g'))).toHaveLength(count);
});
