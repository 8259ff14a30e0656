/**
 * Random stories: a configuration, and runs of apply that are killed or whose calls and stores fail, between changes of the
 * configuration, at MotherDuck and of the clock. A failing one is shrunk and printed; `RANDOM_SEED` and `RANDOM_PATH`, as
 * printed, run it again, and `RANDOM_RUNS` is how many stories are tried.
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { RandomWorld } from './random-world.ts';
import { story } from './steps.ts';

const { RANDOM_SEED, RANDOM_PATH, RANDOM_RUNS } = process.env;
const SEED = 20261129;
const RUNS = 500;

it('every story ends with an empty plan, every secret in its store, and nothing lost, leaked or touched', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (each) => {
      const { problems, log } = await RandomWorld.of(each);
      expect(problems, log.join('\n')).toEqual([]);
    }),
    {
      seed: Number(RANDOM_SEED ?? SEED),
      numRuns: Number(RANDOM_RUNS ?? RUNS),
      ...(RANDOM_PATH === undefined ? {} : { path: RANDOM_PATH }),
    },
  );
}, 600_000);
