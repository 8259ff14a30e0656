/** The report: what it says, and what it never does. */
import { describe, expect, it } from 'vitest';
import { redactor } from './redact.ts';
import { passed, type Run, report } from './report.ts';

const RUN: Run = {
  run: 'mdacc_live_20261124225300_1a2b3c4d',
  version: '0.1.0',
  node: 'v20.20.2',
  at: 'https://api.motherduck.com',
  isSandbox: false,
  parts: { journey: true, facts: true },
  began: Date.UTC(2026, 10, 24, 22, 53),
  steps: [
    { step: 'plan says it', state: 'passed', ms: 940 },
    { step: 'apply does it', state: 'passed', ms: 61_000 },
  ],
  facts: [
    { about: 'A username that exists', documented: '409', seen: '400 BAD_REQUEST "exists"', verdict: 'differs' },
    { about: 'The Date header', documented: 'on every answer', seen: 'there', verdict: 'as documented' },
    { about: 'A page of 1001 users', documented: undefined, seen: '400', verdict: 'noted' },
    { about: 'The query history', documented: 'shown', seen: 'not asked', verdict: 'unseen' },
  ],
  removed: [],
  left: new Map(),
};
const plainly = (text: string) => text;

describe('a report', () => {
  it('says how the product did, what was seen of each fact, and at the end what differs, which fails nothing', () => {
    expect(passed(RUN)).toBe(true);
    expect(report(RUN, plainly)).toBe(`# Live suite

Run \`mdacc_live_20261124225300_1a2b3c4d\` of motherduck-accounts 0.1.0 on Node v20.20.2, at https://api.motherduck.com, 2026-11-24 22:53 UTC.

- **Passed**: 2 of 2 steps passed.
- Facts: 1 as documented, 1 different, 1 noted that are not documented, 1 not looked at.
- Nothing was left behind (after the steps, 0 accounts had to be removed).

## Steps

| step | result | time |
| --- | --- | --- |
| plan says it | passed | 0.9s |
| apply does it | passed | 61s |

## Facts

MotherDuck's documentation as it was read in November 2026, and what was seen.

| about | documented | seen |  |
| --- | --- | --- | --- |
| A username that exists | 409 | 400 BAD_REQUEST "exists" | **differs** |
| The Date header | on every answer | there | as documented |
| A page of 1001 users | - | 400 | noted |
| The query history | shown | not asked | unseen |

## Differences

- A username that exists: documented 409; seen 400 BAD_REQUEST "exists"
`);
  });

  it.each<[string, Partial<Run>, string]>([
    [
      'a step failed',
      { steps: [{ step: 'a', state: 'failed', ms: 1, error: 'it exited with 1' }] },
      '**failed**: it exited with 1',
    ],
    ['a step was not reached', { steps: [{ step: 'a', state: 'skipped', ms: 0 }] }, 'not reached'],
    ['there were no steps', { steps: [] }, '**Failed**: 0 of 0 steps passed.'],
    ['it was interrupted', { broken: 'it was interrupted' }, '**Failed**: 2 of 2 steps passed; it was interrupted.'],
    [
      'something was left',
      { left: new Map([['mdacc_live_x', 'MotherDuck answered 503']]) },
      'npm run test:live -- --clean mdacc_live_20261124225300_1a2b3c4d',
    ],
  ])('is of a run that failed when %s', (_, differs, says) => {
    expect(passed({ ...RUN, ...differs })).toBe(false);
    expect(report({ ...RUN, ...differs }, plainly)).toContain(says);
  });

  it('does not take facts that nobody looked at for facts that are right', () => {
    expect(report({ ...RUN, facts: [] }, plainly)).toContain('## Differences\n\nNothing was looked at.\n');
  });

  it('shows no secret and nobody else, and nothing in it escapes from its cell', () => {
    const secret = 'admin-secret-0123456789-abcdefghij';
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoiYSJ9.c2lnbmF0dXJlc2lnbmF0dXJl';
    const seen = `400 "${secret} of etl_prod, Jo.Doe@acme.com and Zoë Q. is ${jwt}" | <img src=x>\n## [x](y) \`z\` \u001b[2J`;
    const error = `exited with 1: etl_prod. ${secret}`;
    const run: Run = {
      ...RUN,
      steps: [{ step: 'a', state: 'failed', ms: 1, error }],
      facts: [{ about: 'x', documented: 'y', seen, verdict: 'differs' }],
    };
    const text = report(run, redactor(new Set([secret]), new Set(['etl_prod', 'jo.doe@acme.com', 'zoë q.'])));
    expect(text).not.toMatch(/admin-secret|etl_prod|jo\.doe|Zoë|eyJ/i);
    expect(text).not.toContain('\u001b');
    expect(text).toContain(
      String.raw`of \[another account\], \[another account\] and \[another account\] is \[secret\]`,
    );
    expect(text).toContain(String.raw`\| \<img src=x\> ## \[x\](y) \`z\``);
    expect(text.match(/^## .*$/gm)).toEqual(['## Steps', '## Facts', '## Differences']);
  });
});
