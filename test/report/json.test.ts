/** JSON reports: the same values for a parser, and nothing in their texts that a terminal hides or turns around. */
import { describe, expect, it } from 'vitest';
import type { Applied } from '../../src/apply/apply.ts';
import type { Smoke } from '../../src/model/smoke.ts';
import { appliedJson } from '../../src/report/apply/json.ts';
import { auditJson } from '../../src/report/audit/json.ts';
import { auditSarif } from '../../src/report/audit/sarif.ts';
import { jsonText } from '../../src/report/escape.ts';
import { planJson } from '../../src/report/plan/json.ts';
import { smokeJson } from '../../src/report/smoke/json.ts';
import { Stage } from '../stage.ts';
import * as audits from './audits.ts';
import { everything, renamed } from './plans.ts';

/** Turned around, of no width, a line to some programs, a control character, a tag that only programs see. */
const UNSEEN = '\u202e\u2066\u200b\ufeff\u00ad\u2028\u2029\u007f\u009b\u{e0041}';
const SEEN = 'über "日本" 🦆 \\u202e';

it('escapes what is not seen, and nothing else', () => {
  const text = jsonText({ [UNSEEN]: [UNSEEN, SEEN] });
  const escapes = '\\u202e\\u2066\\u200b\\ufeff\\u00ad\\u2028\\u2029\\u007f\\u009b\\udb40\\udc41';
  expect(text).toBe(`{\n  "${escapes}": [\n    "${escapes}",\n    ${JSON.stringify(SEEN)}\n  ]\n}\n`);
  expect(JSON.parse(text)).toEqual({ [UNSEEN]: [UNSEEN, SEEN] });
});

describe('every JSON report', () => {
  it('has its names in characters that are seen, and they are the same names', async () => {
    const plan = renamed(await everything(), UNSEEN);
    const applied: Applied = {
      outcomes: [],
      smoke: [],
      failures: [],
      warnings: [],
      interrupted: false,
      unsaved: [],
      saved: true,
    };
    const smoke: Smoke = { at: plan.at, accounts: [], warnings: [{ message: UNSEEN }], passed: true };
    const reports = [
      planJson(plan),
      auditJson(audits.renamed(audits.FOUND, UNSEEN)),
      appliedJson({ plan, applied: applied, smoke: smoke }),
      smokeJson(smoke),
    ];
    for (const report of reports) {
      expect(report).not.toMatch(/[\p{Cf}\u2028\u2029\u007f-\u009f]/u);
      expect(JSON.stringify(JSON.parse(report))).toContain(JSON.stringify(UNSEEN).slice(1, -1));
    }
    expect(auditSarif(audits.renamed(audits.FOUND, UNSEEN))).not.toMatch(/[\p{Cf}\u2028\u2029\u007f-\u009f]/u);
  });

  it('is so of an error, too', async () => {
    const folder = new Stage('version: 1\norganization: acme\naccounts: {}\n');
    const { code, stdout } = await folder.run(['audit', '--sandbox', '--format', 'json', '--only', `x${UNSEEN}`]);
    expect(code).toBe(64);
    expect(stdout).toContain('\\u202e');
    expect((JSON.parse(stdout) as { error: { message: string } }).error.message).toContain(`x${UNSEEN}`);
  });
});
