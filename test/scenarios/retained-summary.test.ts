/** What a plan without changes says where managed accounts left the configuration, and the history of a run that was killed. */
import { expect, it } from 'vitest';
import { expectGolden } from '../golden/golden.ts';
import { STATE, Stage } from '../stage.ts';

/** A plan as it is shown, with other dates each day. */
async function shown(stage: Stage): Promise<string> {
  const { stdout } = await stage.run('plan --sandbox');
  return stdout.replace(/\d{4}-\d\d-\d\d(?! \d\d:\d\d UTC)/g, '<date>');
}

it('does not say that MotherDuck matches the configuration', async () => {
  const stage = await Stage.applied();
  expectGolden('plans', 'a plan without changes > of all managed accounts', await shown(stage));
  stage.edit((text) => text.replace(/^ {2}tenant_\w+:.*\n/gm, ''));
  expectGolden('plans', 'a plan without changes > where managed accounts left the configuration', await shown(stage));
});

it('says what a run did that did not come to its end, as far as the state has it', async () => {
  const stage = await Stage.applied();
  const state = JSON.parse(stage.read(STATE));
  const [run] = state.runs;
  state.runs = [{ at: run.at, who: run.who, command: run.command }];
  stage.write(STATE, `${JSON.stringify(state, null, 2)}\n`);
  const { stdout } = await stage.run('state history');
  expect(stdout).toMatch(/ 3 accounts, 4 tokens$/m);
});
