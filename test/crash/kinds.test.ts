/**
 * As crash.test.ts, for states in the servers that stand for clouds, and in a table of the sandbox: the program is
 * stopped also at every request and statement that changes something there, before it arrives, and after it took effect
 * with its answer lost. The lock of a run that was killed is removed with `state unlock`.
 *
 * By default some points of one kind; with MDACC_CRASH_KINDS=all (or names, with commas) all points of all kinds.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isWindows } from '../platform.ts';
import { type Point, tryAll } from './points.ts';
import { ACTIONS, prepareMainPlan, setupRuns } from './prepare.ts';
import { type How, Scenario } from './scenario.ts';
import { planned } from './snapshot.ts';
import { SERVICE_KINDS } from './state-service.ts';

const LONG = { timeout: 30 * 60_000 };
const { MDACC_CRASH_KINDS: wanted = '' } = process.env;
const ALL = [...SERVICE_KINDS, 'motherduck'] as const;
const kinds = wanted === 'all' ? ALL : ALL.filter((kind) => (wanted || 's3').includes(kind));
const isThinned = wanted === '';

const base = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mdacc-crash-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe.skipIf(isWindows).each(kinds)('an apply whose state is in %s, killed and done again', (kind) => {
  let scenario: Scenario;
  const covered: string[] = [];
  const of = (...what: readonly Point['what'][]) => scenario.points.filter((point) => what.includes(point.what));

  beforeAll(async () => {
    scenario = await Scenario.prepare({ base, name: kind, prepare: prepareMainPlan, setupRuns, smoke: false, kind });
  }, LONG.timeout);
  afterAll(() => console.log(`crash harness over ${kind}: ${covered.join(', ')}`));

  async function survives(name: string, points: readonly (readonly Point[])[], how: How = {}): Promise<void> {
    // The few requests for the lock differ most.
    const step = isThinned ? (name === 'requests for the lock and a snapshot' ? 3 : 8) : 1;
    const chosen = points.filter((_, index) => index % step === step >> 1);
    const problems = await tryAll(chosen, (kills) => scenario.attempt(kills, how));
    covered.push(`${chosen.length} of ${points.length} ${name}`);
    expect(problems.join('\n\n')).toBe('');
  }
  const each = (points: readonly Point[]) => points.map((point) => [point]);

  it('has every kind of action in its plan', async () => {
    const stage = await scenario.open();
    expect(await planned(stage)).toEqual(expect.arrayContaining(ACTIONS));
    await stage.close();
  });

  it('before and after each request that changes something at MotherDuck', LONG, async () => {
    expect(of('request').length).toBeGreaterThanOrEqual(2 * 15);
    await survives('requests', each(of('request')));
  });

  it('before and after each request that takes a serial', LONG, async () => {
    expect(of('state').length).toBeGreaterThanOrEqual(2 * 25);
    await survives('serials', each(of('state')));
  });

  it('in each write of a secret', LONG, async () => {
    await survives('writes of a secret', each(of('secret', 'vault')));
  });

  it('while the lock is taken and released, and a snapshot is written', LONG, async () => {
    const points = of('state lock', 'state snapshot');
    // The lock twice, since whether conditions are respected is tried; its renewal; the snapshot; both removed.
    expect(points.length).toBeGreaterThanOrEqual(2 * 6);
    await survives('requests for the lock and a snapshot', each(points), { isReal: true });
  });

  it('with several accounts at a time', LONG, async () => {
    const early = [...of('request'), ...of('state').filter(({ at }) => at <= 16)];
    const points = early.filter((_, index) => index % 7 === 3);
    await survives('with accounts in parallel', each(points), { parallelism: 4, isReal: true });
  });

  it('twice: again while the next apply mends', LONG, async () => {
    const firsts = of('request', 'state').filter(({ at }, index) => at <= 12 && index % 3 === 1);
    const pairs = firsts.map((first, index): Point[] => {
      const second = { at: 1 + (index % 3), about: 'of the next apply' };
      return [
        first,
        { what: index % 2 === 0 ? 'request' : 'state', when: index % 4 < 2 ? 'after' : 'before', ...second },
      ];
    });
    await survives('killed twice', pairs);
  });
});
