/** What a plan without changes says where managed accounts left the configuration, and the history of a run that was killed. */
import { expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

it('does not say that MotherDuck matches the configuration', async () => {
  const stage = await Stage.applied();
  expect((await stage.run('plan --sandbox')).stdout).toContain('MotherDuck matches the configuration');
  stage.edit((text) => text.replace(/^ {2}tenant_\w+:.*\n/gm, ''));
  const { stdout } = await stage.run('plan --sandbox');
  expect(stdout).not.toContain('matches');
  expect(stdout.trimEnd().split('\n').at(-1)).toContain('2 managed accounts');
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
