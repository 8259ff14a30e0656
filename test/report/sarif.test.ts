/** SARIF: valid by its official schema, and as GitHub's code scanning needs it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import Ajv from 'ajv-draft-04';
import { describe, expect, it } from 'vitest';
import type { Audit, Finding } from '../../src/model/audit.ts';
import { auditSarif } from '../../src/report/audit/sarif.ts';
import { type SarifResult, sarifLog } from '../../src/report/sarif.ts';
import { Stage } from '../stage.ts';
import { CLEAN, FOUND, NAUGHTY, renamed } from './audits.ts';

const SCHEMA = createRequire(import.meta.url).resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
const isUriReference = (text: string) => /^[\x21-\x7e]*$/.test(text) && URL.canParse(text, 'https://base/');
const validate = new Ajv.default({
  allErrors: true,
  // The schema has a pattern that is none by the stricter grammar.
  unicodeRegExp: false,
  formats: { uri: (text: string) => URL.canParse(text), 'uri-reference': isUriReference, 'date-time': true },
}).compile(JSON.parse(readFileSync(SCHEMA, 'utf8')) as object);

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly [
    {
      readonly physicalLocation: {
        readonly artifactLocation: { readonly uri: string };
        readonly region: { readonly startLine: number; readonly endColumn?: number };
      };
    },
  ];
  readonly partialFingerprints: { readonly primaryLocationLineHash: string };
}

/** Checks a log and gives its only run. */
function runOf(text: string) {
  const log: unknown = JSON.parse(text);
  validate(log);
  expect(validate.errors).toBeNull();
  const { runs } = log as {
    runs: [
      {
        tool: { driver: { rules: { id: string; help: object }[] } };
        automationDetails: object;
        results: Result[];
        invocations?: [{ toolExecutionNotifications: [{ message: { text: string } }] }];
      },
    ];
  };
  return runs[0];
}

const fingerprints = (audit: Audit) =>
  runOf(auditSarif(audit)).results.map((result) => result.partialFingerprints.primaryLocationLineHash);

describe('an audit as SARIF', () => {
  it('has the rules, and every finding at its line', async () => {
    runOf(auditSarif(FOUND));
    await expect(auditSarif(FOUND)).toMatchFileSnapshot('../golden/audit.sarif.json');
  });

  it('is valid for a clean organization and with hostile names, and the schema refuses what is not SARIF', () => {
    expect(runOf(auditSarif(CLEAN)).results).toEqual([]);
    runOf(auditSarif(renamed(FOUND, `\u0000\u202e\ud800 "%](x) ${NAUGHTY}`)));
    expect(validate({ version: '2.1.0', runs: [{ results: [] }] })).toBe(false);
    expect(validate(JSON.parse(auditSarif(FOUND).replace('"ruleIndex"', '"surprise"')))).toBe(false);
  });

  it('gives every result a place and the rule that its index means', () => {
    const { tool, results } = runOf(auditSarif(FOUND));
    expect(results).toHaveLength(FOUND.findings.length);
    for (const { ruleId, ruleIndex, locations } of results) {
      expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
      expect(locations[0].physicalLocation.region.startLine).toBeGreaterThan(0);
    }
    expect(results[0]?.locations[0].physicalLocation.artifactLocation.uri).toBe('motherduck.accounts.yaml');
  });

  it('keeps its fingerprints when lines, messages and times move, and tells findings of one line apart', () => {
    const before = fingerprints(FOUND);
    expect(new Set(before).size).toBe(FOUND.findings.length);
    const moved = FOUND.findings.map((finding) => ({
      ...finding,
      message: `${finding.message}, 3 days ago`,
      location: { file: 'other.yaml', line: 99, column: 1 },
    }));
    expect(fingerprints({ ...FOUND, at: '2027-01-01T00:00:00.000Z', findings: moved })).toEqual(before);
    expect(fingerprints({ ...FOUND, organization: 'other' })).not.toContain(before[0]);
  });

  it('has the most severe results where code scanning would refuse the run, and says how many are not shown', () => {
    const findings = Array.from({ length: 12_000 }, (_, index): Finding => {
      const severity = index % 3 === 0 ? 'note' : index % 3 === 1 ? 'warning' : 'error';
      return { rule: 'MDA001', severity, account: `tenant_${index}`, message: 'm', fix: { text: 'f' } };
    });
    const { results, invocations } = runOf(auditSarif({ ...FOUND, findings }));
    const count = (level: string) => results.filter((result) => result.level === level).length;
    expect([results.length, count('error'), count('warning'), count('note')]).toEqual([5000, 4000, 1000, 0]);
    expect(invocations?.[0].toolExecutionNotifications[0].message.text).toMatch(/\b7000 results\b.*\b5000\b/);
    const few = runOf(auditSarif({ ...FOUND, findings: findings.slice(0, 5000) }));
    expect([few.results.length, few.invocations]).toEqual([5000, undefined]);
  });

  it('makes no link of a name', () => {
    const { results } = runOf(auditSarif(renamed(FOUND, '[here](https://evil.example)')));
    for (const { message } of results) expect(message.text).not.toMatch(/\]\(/);
  });
});

it.each([
  ['motherduck.accounts.yaml', 'motherduck.accounts.yaml'],
  ['./teams/bi.yaml', 'teams/bi.yaml'],
  ['teams\\bi.yaml', 'teams/bi.yaml'],
  ['teams/data platform #1 100%.yaml', 'teams/data%20platform%20%231%20100%25.yaml'],
  ['../ümlaut.yaml', '../%C3%BCmlaut.yaml'],
  ['a:b.yaml', 'a%3Ab.yaml'],
  ['/etc/mdacc/a b.yaml', 'file:///etc/mdacc/a%20b.yaml'],
  ['C:\\conf\\a b.yaml', 'file:///C:/conf/a%20b.yaml'],
])('the file %s has the URI %s', (file, uri) => {
  const result: SarifResult = { rule: 'r', level: 'note', message: 'm', location: { file, line: 1 }, identity: [] };
  const { results } = runOf(sarifLog('test', [{ id: 'r', name: 'r', short: 's', full: 'f', level: 'note' }], [result]));
  expect(results[0]?.locations[0].physicalLocation.artifactLocation.uri).toBe(uri);
});

describe('mdacc validate --format sarif', () => {
  it('has every finding where it stands, and every code as a rule', async () => {
    const folder = new Stage();
    folder.edit((text) => text.replace('airflow: pipeline', 'airflow: pipelin').replace('pool_size: 4', 'poolsize: 4'));
    const { code, stdout, stderr } = await folder.run('validate --format sarif');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const { results, tool, automationDetails } = runOf(stdout);
    expect(results.map(({ message }) => message.text)).toEqual([
      expect.stringMatching(/"poolsize"\n.*"pool_size"/),
      expect.stringMatching(/"pipelin"\n.*"pipeline"/),
    ]);
    expect(results.map(({ ruleIndex, message, ...rest }) => rest)).toMatchInlineSnapshot(`
      [
        {
          "level": "error",
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "motherduck.accounts.yaml",
                },
                "region": {
                  "endColumn": 47,
                  "startColumn": 39,
                  "startLine": 31,
                },
              },
            },
          ],
          "partialFingerprints": {
            "primaryLocationLineHash": "266ee8f3dbdb90e1fe4457fa3a536032:1",
          },
          "ruleId": "unknown-key",
        },
        {
          "level": "error",
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "motherduck.accounts.yaml",
                },
                "region": {
                  "endColumn": 23,
                  "startColumn": 16,
                  "startLine": 33,
                },
              },
            },
          ],
          "partialFingerprints": {
            "primaryLocationLineHash": "a69e7b8daa6009cad860b9865e3ad7ca:1",
          },
          "ruleId": "unknown-policy",
        },
      ]
    `);
    expect(results.every(({ ruleId, ruleIndex }) => tool.driver.rules[ruleIndex]?.id === ruleId)).toBe(true);
    expect(automationDetails).toEqual({ id: 'validate/motherduck.accounts.yaml/' });
  });

  it('of a valid configuration has no result', async () => {
    const { code, stdout } = await new Stage().run('validate --format sarif');
    expect(code).toBe(0);
    expect(runOf(stdout).results).toEqual([]);
  });
});
