import { defineConfig } from 'vitest/config';

/** The pages in a browser. One file at a time: each starts a browser. */
export default defineConfig({
  test: {
    include: ['test/pages/*.page.ts'],
    globalSetup: ['test/build.ts'],
    fileParallelism: false,
    // Shows what was skipped, and why.
    reporters: ['verbose'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
