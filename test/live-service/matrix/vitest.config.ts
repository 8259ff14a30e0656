import { defineConfig } from 'vitest/config';

/** One suite at a time: each starts some sixty processes. */
export default defineConfig({
  test: {
    include: ['test/live-service/matrix/matrix.served.ts'],
    globalSetup: ['test/build.ts'],
    testTimeout: 600_000,
  },
});
