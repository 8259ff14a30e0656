/**
 * Stops the program at every request that changes something and at every write of its files, and lets the next apply
 * mend what is left. That one apply must be enough: the configured tokens live with their secrets stored, nothing twice,
 * nothing that nobody knows, and what is not ours as it was. A kill leaves the folder as it is at that moment, so one run
 * of the program gives what a kill would leave at each point; every twelfth point is tried with a real SIGKILL, as are
 * those where other processes or the time matter.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isWindows } from '../platform.ts';
import { STATE } from '../stage.ts';
import type { CrashStage } from './crash-stage.ts';
import { isTornOrWhole, type Point, tryAll } from './points.ts';
import { ACTIONS, prepareFirstRun, prepareLeak, prepareMainPlan, setupRuns } from './prepare.ts';
import { type How, Scenario } from './scenario.ts';
import { planned } from './snapshot.ts';

const MINUTE = 60_000;
const LONG = { timeout: 10 * MINUTE };

/** In memory where there is such a place: SIGKILL does not ask whether a disk has synced, and disks are slow. */
const base = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mdacc-crash-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** How many points of each kind were covered. */
const covered: Record<string, number> = {};

afterAll(() => {
  const count = (kind: string) => covered[kind] ?? 0;
  const total = Object.values(covered).reduce((sum, each) => sum + each, 0);
  console.log(
    `crash harness: ${total} points covered (${count('request')} mutating requests before/after, ` +
      `${count('state')} state writes, ${count('secret')} secret writes, ${count('smoke')} smoke requests, ` +
      `${count('lock')} lock files, ${count('parallel')} with accounts in parallel, ` +
      `${count('second')} within one second, ${count('twice')} killed twice)`,
  );
});

/** One attempt a point; where several are given together, one kill after the other, and then one apply. */
async function survives(
  scenario: Scenario,
  kind: string,
  points: readonly (Point | readonly Point[])[],
  how: How = {},
): Promise<void> {
  const problems = await tryAll(points.map(flat), (kills) => scenario.attempt(kills, how));
  covered[kind] = (covered[kind] ?? 0) + points.length;
  expect(problems.join('\n\n')).toBe('');
}

function flat(point: Point | readonly Point[]): readonly Point[] {
  return [point].flat();
}

describe.skipIf(isWindows)('an apply with every kind of action, killed and done again', () => {
  let scenario: Scenario;
  const of = (...kinds: readonly Point['what'][]) => scenario.points.filter(({ what }) => kinds.includes(what));

  beforeAll(async () => {
    scenario = await Scenario.prepare({ base, name: 'main', prepare: prepareMainPlan, setupRuns, smoke: false });
  }, MINUTE);

  it('has every kind of action in its plan', async () => {
    const stage = await scenario.open();
    expect(await planned(stage)).toEqual(expect.arrayContaining(ACTIONS));
    await stage.close();
  });

  it('before and after each request that changes something', LONG, async () => {
    const points = of('request');
    expect(points.length).toBeGreaterThanOrEqual(2 * 15);
    await survives(scenario, 'request', points);
  });

  it('in each write of the state', LONG, async () => {
    const points = of('state').filter(isTornOrWhole);
    expect(points.length).toBeGreaterThanOrEqual(2 * 25);
    await survives(scenario, 'state', points);
  });

  it('in each write of a secret', LONG, async () => {
    const points = of('secret', 'vault').filter(isTornOrWhole);
    expect(points.length).toBeGreaterThanOrEqual(2 * 7);
    await survives(scenario, 'secret', points);
  });

  it('while a lock is taken, given back, and taken over', LONG, async () => {
    const points = of('lock', 'lock release').filter(({ when, at }) => when === 'before' && at <= 2);
    expect(points).toHaveLength(4);
    const first: Point = { what: 'request', when: 'after', at: 4, about: '' };
    // The next run locks the takeover, then puts its own lock in the place of the old one.
    const takeovers = (['before', 'after'] as const).map((when): Point[] => [
      first,
      { what: 'lock', when, at: 2, about: 'taken over' },
    ]);
    await survives(scenario, 'lock', [...points, ...takeovers], { isReal: true, isRepairedByProgram: true });
  });

  it('with several accounts at a time', LONG, async () => {
    // Writes are then gathered, so that there are fewer of them.
    const early = [...of('request'), ...of('state').filter(({ at }) => at <= 20)];
    const points = early.filter((_, index) => index % 14 === 7);
    expect(points.length).toBeGreaterThanOrEqual(6);
    await survives(scenario, 'parallel', points, { parallelism: 4, isReal: true });
  });

  it('when the next apply comes within the same second', LONG, async () => {
    // The first token that is revoked is one without an overlap: whether that has ended depends on the time.
    const at = scenario.trace.requests.findIndex((request) => request.startsWith('DELETE')) + 1;
    const points = of('request').filter((point) => point.at === at);
    expect(points).toHaveLength(2);
    await survives(scenario, 'second', points, { clockStands: true, isReal: true });
  });

  it('twice: again while the next apply mends', LONG, async () => {
    const firsts = of('request', 'secret').filter(({ at }, index) => at <= 9 && index % 5 === 2);
    const pairs = firsts.map((first, index): Point[] => {
      const second = { at: 1 + (index % 3), about: 'of the next apply' };
      if (index % 2 === 0) return [first, { what: 'request', when: 'after', ...second }];
      return [first, { what: 'state', when: 'before', ...second }];
    });
    expect(pairs.length).toBeGreaterThanOrEqual(7);
    await survives(scenario, 'twice', pairs);
  });
});

describe.skipIf(isWindows)('a rotation that revokes the old tokens at once, killed', () => {
  let scenario: Scenario;
  const of = (kind: Point['what']) => scenario.points.filter(({ what }) => kind === what);
  const command = 'rotate etl_prod/airflow --revoke-old --yes';

  beforeAll(async () => {
    scenario = await Scenario.prepare({
      ...{ base, name: 'leak', prepare: prepareLeak, smoke: true, command },
      // Any apply continues what was begun; before that, the command is typed again.
      next: (stage) => (isBegun(stage) ? 'apply --yes' : command),
    });
  }, MINUTE);

  it('before and after each request: the next apply revokes them', LONG, async () => {
    expect(of('request')).toHaveLength(2 * 3);
    await survives(scenario, 'request', of('request'));
  });

  it('in each write of the state', LONG, async () => {
    await survives(scenario, 'state', of('state').filter(isTornOrWhole));
  });

  it('in each write of a secret', LONG, async () => {
    await survives(scenario, 'secret', of('secret').filter(isTornOrWhole));
  });
});

/** Whether the state has the request, or it was completed. */
function isBegun(stage: CrashStage): boolean {
  const state = stage.read(STATE);
  return state.includes('"revoke_old"') || state.includes('"airflow.3"');
}

describe.skipIf(isWindows)('a first apply with its smoke test, killed and done again', () => {
  let scenario: Scenario;
  const of = (kind: Point['what']) => scenario.points.filter(({ what }) => kind === what);

  beforeAll(async () => {
    scenario = await Scenario.prepare({ base, name: 'first', prepare: prepareFirstRun, smoke: true });
  }, MINUTE);

  it('before and after each request, the test’s own too', LONG, async () => {
    const points = of('request');
    expect(points).toHaveLength(2 * 4);
    await survives(scenario, 'request', points.slice(0, 4));
    await survives(scenario, 'smoke', points.slice(4));
  });

  it('in the writes that make its files, and in those after the test', LONG, async () => {
    const states = of('state');
    expect(states.length).toBeGreaterThanOrEqual(3 * 6);
    await survives(scenario, 'state', [...states.slice(0, 3), ...states.slice(-5)].filter(isTornOrWhole));
    // The check writes once too.
    expect(of('secret')).toHaveLength(4);
    await survives(scenario, 'secret', of('secret'));
  });
});
