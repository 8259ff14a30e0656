/** An audit tells a setup that failed, which is an error, from one that is not applied yet, which is a warning. */
import { expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const configuration = (setup: string) => `version: 1
organization: acme
accounts:
  etl: { smoke: false${setup} }
`;

async function findings(stage: Stage) {
  const { document } = await stage.json('audit --sandbox');
  const all = (document as { findings: { rule: string; message: string; account: string; fix: unknown }[] }).findings;
  return all.filter(({ rule }) => ['MDA044', 'MDA047'].includes(rule));
}

it('is a finding until it has run, as long as it failed, and when it changed', async () => {
  const stage = new Stage(configuration(''));
  expect(await stage.run('apply --sandbox --yes')).toMatchObject({ code: 0 });
  expect(await findings(stage)).toEqual([]);

  stage.edit(() => configuration(', setup: ["SELECT 1", "SELECT * FROM nosuch"]'));
  expect(await findings(stage)).toMatchObject([
    { rule: 'MDA044', severity: 'warning', account: 'etl', message: 'its setup is not applied yet' },
  ]);
  expect(await stage.run('apply --sandbox --yes')).toMatchObject({ code: 4 });
  expect(await findings(stage)).toMatchObject([
    {
      rule: 'MDA047',
      severity: 'error',
      message: expect.stringMatching(/^its setup failed\b.*, \d{4}-/),
      fix: { command: expect.arrayContaining(['apply']) },
    },
  ]);
  expect(await stage.run('audit --sandbox')).toMatchObject({ code: 2 });

  stage.edit(() => configuration(', setup: ["SELECT 1"]'));
  expect(await stage.run('apply --sandbox --yes')).toMatchObject({ code: 0 });
  expect(await findings(stage)).toEqual([]);
  stage.edit(() => configuration(', setup: ["SELECT 2"]'));
  expect(await findings(stage)).toMatchObject([
    { severity: 'warning', message: 'its setup has changed, and the change is not applied yet' },
  ]);
  expect(await stage.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 2 });
  stage.edit(() => configuration(''));
  expect(await findings(stage)).toEqual([]);
});
