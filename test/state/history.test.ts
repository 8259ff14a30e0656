/** The runs that the state remembers, and `mdacc state history`. */
import { describe, expect, it } from 'vitest';
import { isRecordDue, recentApplies, type StateRun, withRun } from '../../src/model/state-run.ts';
import { isWindows } from '../platform.ts';
import { STATE, Stage } from '../stage.ts';
import { documentIn } from './open.ts';

const runsOf = (stage: Stage) => documentIn(stage.read(STATE)).runs ?? [];

describe('the history', () => {
  it('has each run that changed something: when, who, which command, what it did', async () => {
    const stage = await Stage.applied();
    const env = { CI_JOB_URL: 'https://ci.example/jobs/7' };
    await stage.run('rotate etl_prod/airflow --sandbox --yes --no-smoke', env);
    await stage.run('state forget tenant_acme --yes');
    await stage.run('import tenant_acme --sandbox --yes');
    const { code, document } = await stage.json('state history');
    const at = expect.stringMatching(/^2\d{3}-.*Z$/);
    expect({ code, document }).toMatchObject({
      code: 0,
      document: {
        organization: 'acme',
        runs: [
          { at, who: expect.any(String), command: 'apply', counts: { create_account: 3 }, exit_code: 0 },
          { at, who: 'https://ci.example/jobs/7', command: 'rotate', counts: { rotate_token: 1 }, exit_code: 0 },
          { at, command: 'state forget', counts: { forget: 1 }, exit_code: 0 },
          { at, command: 'import', counts: { adopt_account: 1 }, exit_code: 0 },
        ],
      },
    });
    const text = await stage.run('state history');
    expect(text.stdout.split('\n').filter((line) => line.includes(' UTC  '))).toHaveLength(4);
    expect(text.stdout).toContain('1 rotate token');
  });

  it('has a run that records deletion protection alone, once', async () => {
    const stage = await Stage.applied();
    stage.edit((text) => text.replace(/^( {2}etl_prod:\n)/m, '$1    deletion_protection: false\n'));
    for (const _ of ['changes it', 'has nothing to do'])
      expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    expect(runsOf(stage).slice(1)).toMatchObject([{ command: 'apply', counts: { set_deletion_protection: 1 } }]);
    expect((await stage.run('state history')).stdout).toMatch(/ {2}1 set deletion protection$/m);
  });

  it('has one run that changes nothing in twelve hours, so that a second apply writes nothing', async () => {
    const stage = await Stage.applied();
    const written = stage.read(STATE);
    await stage.run('apply --sandbox --yes --no-smoke');
    expect(stage.read(STATE)).toBe(written);
    await stage.inSandbox((organization) => organization.advance(13 * 3600));
    await stage.run('apply --sandbox --yes --no-smoke --due');
    expect(runsOf(stage)).toMatchObject([{ command: 'apply' }, { command: 'apply --due', counts: {}, exit_code: 0 }]);
  });

  it('tells an apply of some accounts from one of all, also of a saved plan', async () => {
    const stage = await Stage.applied();
    await stage.run('plan --sandbox --rotate etl_prod --out rotation.plan');
    await stage.run('apply rotation.plan --sandbox --yes --no-smoke');
    stage.edit((text) => text.replace(/^( {2}etl_prod:\n)/m, '$1    deletion_protection: false\n'));
    await stage.run('apply --sandbox --yes --no-smoke --only etl_prod');
    expect(runsOf(stage).map(({ command }) => command)).toEqual(['apply', 'apply --rotate', 'apply --only']);
  });

  it.skipIf(isWindows)('has a run that failed, and one that was killed', async () => {
    const stage = await Stage.applied();
    stage.edit((text) =>
      `${text}\n`.replace(
        /^ {2}local: .*$/m,
        '  local: { kind: exec, command: [sh, -c, "exit 1", "{account}", "{token}"] }',
      ),
    );
    await stage.run('rotate etl_prod/airflow --sandbox --real-stores --yes --no-smoke');
    expect(runsOf(stage).at(-1)).toMatchObject({ command: 'rotate', counts: { failed: 2 }, exit_code: 3 });
    stage.edit((text) => text.replace('exit 1', 'kill -9 $PPID'));
    await stage.runProgram('rotate etl_prod/airflow --sandbox --real-stores --yes --no-smoke');
    expect(runsOf(stage).at(-1)).toMatchObject({ command: 'rotate' });
    expect(runsOf(stage).at(-1)).not.toHaveProperty('counts');
    expect((await stage.run('state history')).stdout).toMatch(/rotate .*\n.*rotate .*\n/);
  });
});

describe('the runs of a state', () => {
  const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
  const run = (hour: number, more: Partial<StateRun> = {}): StateRun => ({ at: at(hour), command: 'apply', ...more });

  it('end in place, and are the last 200', () => {
    const ended = { counts: { create_token: 1 }, exit_code: 0 };
    const begun = withRun([run(0, ended)], run(1));
    expect(withRun(begun, run(1, ended))).toEqual([run(0, ended), run(1, ended)]);
    expect(withRun(withRun(begun, run(1, ended)), run(1, ended))).toHaveLength(3);
    expect(withRun(begun, run(2))).toHaveLength(3);
    const many = Array.from({ length: 300 }, (_, hour) => hour).reduce<readonly StateRun[]>(
      (runs, hour) => withRun(runs, run(hour)),
      [],
    );
    expect([many.length, many.at(-1)]).toEqual([200, run(299)]);
  });

  it.each(['apply --only', 'apply --rotate', 'apply --destroy', 'rotate', 'rotate --revoke-old', 'destroy'])(
    'tell nothing of how regularly apply runs where they are of "%s"',
    (command) => {
      const runs = [run(0), run(24, { command })];
      expect(recentApplies(runs)).toEqual([Date.parse(at(0))]);
      expect(isRecordDue(runs, run(25))).toBe(true);
      expect(isRecordDue(runs, run(25, { command: 'apply --due' }))).toBe(true);
      expect(isRecordDue(runs, run(25, { command: 'apply --only' }))).toBe(false);
    },
  );

  it.each(['import', 'init'])(
    'tell nothing either where they are of "%s", and need no record soon after it',
    (command) => {
      const runs = [run(0), run(24, { command })];
      expect(recentApplies(runs)).toEqual([Date.parse(at(0))]);
      expect(isRecordDue(runs, run(25))).toBe(false);
      expect(isRecordDue(runs, run(37))).toBe(true);
    },
  );

  it('tell how regularly apply runs', () => {
    const hours = [0, 1, 2, 24, 30, 48, 72, 96, 120, 144];
    const runs = [...hours.map((hour) => run(hour)), run(160, { command: 'state forget' })];
    expect(recentApplies(runs)).toEqual([48, 72, 96, 120, 144].map((hour) => Date.parse(at(hour))));
    expect(isRecordDue(runs, run(155))).toBe(false);
    expect(isRecordDue(runs, run(157))).toBe(true);
    expect(isRecordDue([], run(0))).toBe(true);
  });
});
