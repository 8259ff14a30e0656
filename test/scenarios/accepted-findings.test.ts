/** Findings that the configuration accepts: counted, listed last with the reason, and never a failure, until their day. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { Stage } from '../stage.ts';
import { DAY } from '../world.ts';
import { AUDITED } from './audited.ts';

const CONFIGURATION = `${AUDITED}audit:
  accept:
    - { rule: MDA002, accounts: [etl_*], reason: "Anna's laptop until she <leaves> | soon", until: 2099-03-01 }
`;
const LINE = 14;

/** With a token that is not in the configuration. */
async function withLaptop(): Promise<Stage> {
  const folder = await Stage.applied(CONFIGURATION);
  await folder.inSandbox((organization) => organization.mint({ username: 'etl_prod', name: 'laptop', ttl: 7_000_000 }));
  return folder;
}

describe('an accepted finding', () => {
  it('is counted and listed last with its reason, and fails nothing', async () => {
    const folder = await withLaptop();
    const ran = await folder.run('audit --sandbox --fail-on warning');
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/accepted {2}MDA002 {2}etl_prod\/laptop .*\n.*accepted until 2099-03-01: Anna's/);
    expect(ran.stdout).toContain(`(line ${LINE})`);
    expect(ran.stdout).toMatch(/\nAudit: no findings, and 1 accepted, in 1 account with 2 tokens\.\n$/);
    const again = await folder.run('audit --sandbox --fail-on warning');
    expect(again.stdout).toBe(ran.stdout);
  });

  it('is in every format', async () => {
    const folder = await withLaptop();
    const as = async (format: string) => (await folder.run(`audit --sandbox --format ${format}`)).stdout;
    const document = JSON.parse(await as('json')) as object;
    const schema = JSON.parse((await folder.run('schema audit')).stdout) as object;
    const validate = new Ajv2020({ strict: true }).compile(schema);
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    expect(document).toMatchObject({
      summary: { errors: 0, warnings: 0, notes: 0, accepted: 1 },
      findings: [],
      accepted: [{ rule: 'MDA002', token: 'laptop', acceptance: { until: '2099-03-01', location: { line: LINE } } }],
    });
    expect(JSON.parse(await as('sarif'))).toMatchObject({
      runs: [{ results: [{ ruleId: 'MDA002', suppressions: [{ kind: 'external', status: 'accepted' }] }] }],
    });
    const junit = await as('junit');
    expect(junit).toMatch(/<testsuite name="MDA002[^>]* failures="0" skipped="1">/);
    expect(junit).toMatch(/<skipped>[^<]*accepted until 2099-03-01: Anna/);
    expect(await as('markdown')).toMatch(
      /☑️ \| MDA002 \| .*accepted until 2099-03-01: Anna.*&#60;leaves&#62; &#124; soon \|/,
    );
    expect(await as('html')).toMatch(/1 accepted<.*MDA002.*&#60;leaves/s);
  });

  it('has no reason with a credential: the configuration is refused, and no output shows it', async () => {
    const folder = await withLaptop();
    const token = 'eyJhbGciOi.bWFya2VyLW9mLXRoaXM.c2lnbmF0dXJl';
    folder.edit((text) => text.replace(/reason: ".*?"/, `reason: "revoke ${token} later"`));
    for (const format of ['text', 'json', 'sarif', 'junit', 'markdown', 'html']) {
      const { code, stdout, stderr } = await folder.run(`audit --sandbox --format ${format}`);
      expect(code).toBe(1);
      expect(stderr).toMatch(/revoke .* later/);
      expect(stdout + stderr).not.toMatch(/eyJ|bWFya2Vy/);
    }
  });

  it('counts again from the day after its date, and the entry is a finding', async () => {
    const folder = await withLaptop();
    const today = new Date(await folder.inSandbox(async (organization) => organization.now()));
    const day = today.toISOString().slice(0, 10);
    folder.edit((text) => text.replace('2099-03-01', day));
    expect((await folder.run('audit --sandbox')).code).toBe(0);
    await folder.inSandbox((organization) => organization.advance(DAY));
    const { code, document } = await folder.json('audit --sandbox');
    expect(code).toBe(2);
    expect(document).toMatchObject({
      accepted: [],
      findings: [{ rule: 'MDA036', location: { line: LINE } }, { rule: 'MDA002' }],
    });
    expect(JSON.stringify(document)).toMatch(/1 finding counts again/);
    // Another entry accepts it all the same.
    folder.edit((text) => `${text}    - { rule: MDA002, reason: "known", until: 2099-03-01 }\n`);
    const still = (await folder.json('audit --sandbox')).document;
    expect(still).toMatchObject({ accepted: [{ rule: 'MDA002' }], findings: [{ rule: 'MDA036' }] });
    expect(JSON.stringify(still)).not.toMatch(/findings? counts? again/);
  });

  it('of nothing is a note, but not with --only, nor of a rule that was not asked for', async () => {
    const folder = await Stage.applied(CONFIGURATION);
    expect(await folder.json('audit --sandbox')).toMatchObject({
      code: 0,
      document: { findings: [{ rule: 'MDA037', severity: 'note', location: { line: LINE } }], accepted: [] },
    });
    expect(await folder.json('audit --sandbox --only etl_prod')).toMatchObject({ document: { findings: [] } });
    folder.edit((text) => text.replace('MDA002', 'MDA023'));
    expect(await folder.json('audit --sandbox')).toMatchObject({ document: { findings: [] } });
  });
});

describe('audit.accept', () => {
  const errorsOf = async (entry: string) => {
    const folder = new Stage(CONFIGURATION.replace(/ {4}- \{ rule.*/, `    - ${entry}`));
    const { code, document } = await folder.json('validate');
    expect(code).toBe(1);
    return (document as { findings: { message: string; hint?: string; location: object }[] }).findings;
  };

  it('refuses rules that do not exist, with a near one, and rules about entries', async () => {
    expect(await errorsOf('{ rule: MDA02, reason: why }')).toMatchObject([
      { message: expect.stringContaining('the id of an audit rule'), hint: expect.stringMatching(/MDA0\d\d/) },
    ]);
    expect(await errorsOf('{ rule: MDA037, reason: why }')).toHaveLength(1);
  });

  it('wants a reason and a real day, and knows no other key', async () => {
    expect(await errorsOf('{ rule: MDA002 }')).toMatchObject([{ hint: 'say why the finding is accepted' }]);
    expect(await errorsOf('{ rule: MDA002, reason: why, until: 2027-02-30 }')).toMatchObject([
      { message: 'there is no day "2027-02-30"' },
    ]);
    expect(await errorsOf('{ rule: MDA002, reason: why, until: soon }')).toHaveLength(1);
    expect(await errorsOf('{ rule: MDA002, reason: why, acounts: [a] }')).toMatchObject([
      { hint: expect.stringContaining('accounts') },
    ]);
  });
});
