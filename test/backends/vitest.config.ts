import { defineConfig } from 'vitest/config';

/** The kinds of state against servers of other makers. One file at a time: each starts servers. */
export default defineConfig({
  test: {
    include: ['test/backends/*.real.ts'],
    globalSetup: ['test/build.ts'],
    fileParallelism: false,
    // Shows what was skipped, and why.
    reporters: ['verbose'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
