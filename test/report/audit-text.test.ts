/** An audit as text and as JSON. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { Audit, Finding, Severity } from '../../src/model/audit.ts';
import { auditJson } from '../../src/report/audit/json.ts';
import { auditText } from '../../src/report/audit/text.ts';
import { coloured } from '../../src/report/terminal-text.ts';
import { auditOf } from '../audit/auditing.ts';
import { seeded } from '../audit/seeded.ts';
import { expectGolden } from '../golden/golden.ts';

function audit(...findings: readonly Finding[]): Audit {
  return {
    organization: 'acme',
    sandbox: false,
    at: '2026-11-25T01:10:20.000Z',
    file: 'motherduck.accounts.yaml',
    checked: { accounts: 14, tokens: 31 },
    ignored: [],
    rules: [],
    accepted: [],
    inventory: { accounts: [] },
    findings,
  };
}

const DIFFER: Finding = {
  rule: 'MDA010',
  severity: 'error',
  account: 'etl_prod',
  message: 'read/write size is giga, the configuration says standard',
  fix: { text: 'Change the configuration, or apply it.', command: ['apply', '--only', 'etl_prod'] },
  location: { file: 'motherduck.accounts.yaml', line: 31, column: 5 },
};
const STRAY: Finding = {
  rule: 'MDA002',
  severity: 'warning',
  account: 'tenant_acme',
  token: 'laptop',
  message: 'not in the configuration',
  fix: { text: 'Revoke at MotherDuck if unused, or adopt.', command: ['import', 'tenant_acme/laptop'] },
  location: { file: 'accounts/tenants.yaml', line: 7, column: 3 },
};

describe('an audit as text', () => {
  it('has a line per finding with the fix below, most severe first, and a summary', () => {
    expectGolden(
      'audits',
      'as text, with findings',
      auditText({ ...audit(DIFFER, STRAY), ignored: ['legacy_1', 'legacy_2'] }),
      'exact',
    );
  });

  it('shows the first of many notes alike, every error and warning, and one smoke test for all', () => {
    const untested = (severity: Severity) =>
      Array.from(
        { length: 14 },
        (_, n): Finding => ({
          rule: 'MDA017',
          severity,
          account: `tenant_${n}`,
          message: 'never smoke-tested',
          fix: { text: 'Run the smoke test.', command: ['smoke', '--only', `tenant_${n}`] },
        }),
      );
    const lines = (severity: Severity) => auditText(audit(...untested(severity))).split('\n');
    const named = (severity: Severity) => lines(severity).filter((line) => line.includes('never smoke-tested'));
    expect([named('note').length, named('warning').length, named('error').length]).toEqual([3, 14, 14]);
    expect(lines('note').some((line) => line.includes('and 11 more'))).toBe(true);
    expect(lines('note').some((line) => line.endsWith(': mdacc smoke'))).toBe(true);
  });

  it('shows one fix for findings of one rule, with one command', () => {
    const stray = (token: string, account = 'etl_prod'): Finding => ({
      ...STRAY,
      account,
      token,
      fix: { text: 'Revoke at MotherDuck if unused, or adopt.', command: ['import', `${account}/${token}`] },
    });
    const owed = (account: string): Finding => ({
      ...DIFFER,
      account,
      fix: { text: 'Apply the configuration.', command: ['apply', '--only', account] },
    });
    const text = auditText(
      audit(owed('a'), owed('東京'), owed('a'), stray('x'), stray('y z'), {
        ...STRAY,
        fix: { text: 'Else.' },
      }),
    );
    expectGolden('audits', 'as text, with findings of one rule', text, 'exact');
  });

  it('never makes one command of several that delete', () => {
    const gone = (account: string): Finding => ({
      ...DIFFER,
      fix: { text: 'Delete it.', command: ['apply', '--prune', '--only', account] },
    });
    const text = auditText(audit(gone('a'), gone('b')));
    for (const account of ['a', 'b'])
      expect(text).toContain(`\n         Delete it: mdacc apply --prune --only ${account}\n`);
  });

  it('makes one command of several that only show what would be deleted', () => {
    const idle = (account: string): Finding => ({
      ...DIFFER,
      account,
      fix: { text: 'See what that would delete.', command: ['plan', '--prune', '--only', account] },
    });
    const text = auditText(audit(idle('a'), idle('b')));
    expect(text.match(/See what .*/g)).toEqual(['See what that would delete: mdacc plan --prune --only a --only b']);
  });

  it('has an example where a command would have too many names', () => {
    const many = Array.from(
      { length: 9 },
      (_, index): Finding => ({
        ...DIFFER,
        fix: { text: 'Change the configuration, or apply it.', command: ['apply', '--only', `a_${index}`] },
      }),
    );
    expectGolden('audits', 'as text, with an example of a command', auditText(audit(...many)), 'exact');
  });

  it('says that nothing was found, and where', () => {
    expectGolden(
      'audits',
      'as text, without findings',
      auditText({ ...audit(), sandbox: true, checked: { accounts: 1, tokens: 1 } }),
      'exact',
    );
  });

  it('counts names that are too many to be written out', () => {
    const ignored = Array.from({ length: 12 }, (_, index) => `legacy_${index}`);
    expect(auditText({ ...audit(), ignored })).toContain(
      '12 accounts (legacy_0, legacy_1, legacy_2, legacy_3, legacy_4, legacy_5, legacy_6, legacy_7, legacy_8, legacy_9 and 2 more)',
    );
  });

  it('in colour is the same text, and obeys no escape sequence of a name', async () => {
    const { world, desired, readings } = await seeded();
    await world.api.createToken('laptop', { name: '\u001b[2J\nno' });
    const result = await auditOf(world, desired, readings);
    const text = auditText(result);
    expectGolden('audits', 'as text, with every rule', text, {
      id: /[0-9a-f]{8}-[0-9a-f-]{27}/g,
      date: /\d{4}-\d\d-\d\d/g,
    });
    expect(text).toContain('laptop/\ufffd[2J\ufffdno');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    expect(auditText(result, coloured).replace(/\x1b\[\d+m/g, '')).toBe(text);
  });

  it('has no more empty lines in colour', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    expect(auditText(audit(DIFFER), coloured).replace(/\x1b\[\d+m/g, '')).toBe(auditText(audit(DIFFER)));
  });
});

describe('an audit as JSON', () => {
  const schema = JSON.parse(readFileSync('schemas/audit.schema.json', 'utf8')) as object;
  const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);

  it('is valid against its schema, with every rule in it', async () => {
    const { world, desired, readings } = await seeded();
    const result = await auditOf(world, desired, readings);
    const document: unknown = JSON.parse(auditJson(result));
    validate(document);
    expect(validate.errors).toBeNull();
    const count = (severity: Severity) => result.findings.filter((finding) => finding.severity === severity).length;
    const summary = { errors: count('error'), warnings: count('warning'), notes: count('note') };
    expect(Math.min(...Object.values(summary))).toBeGreaterThan(0);
    expect(document).toMatchObject({ version: 1, summary });
    expect(validate({ ...JSON.parse(auditJson(result)), surprise: 1 })).toBe(false);
  });
});
