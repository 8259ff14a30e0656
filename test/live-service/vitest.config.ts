import { defineConfig } from 'vitest/config';
import { Leash } from './leash.ts';
import { StepReporter } from './step-reporter.ts';

const steps = process.env.MDACC_LIVE_STEPS;

/** The live suite's own: its files are no tests of the normal suite. main.ts runs it. */
export default defineConfig({
  test: {
    include: ['test/live-service/*.live.ts'],
    reporters: ['default', ...(steps ? [new StepReporter(steps), new Leash()] : [])],
    // A step is a few commands, and a command may wait for connections of a minute each.
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});
