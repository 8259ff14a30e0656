import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

/** Rooms whose tests leave nothing behind in their process, so that they share one: half of a short test is its start. */
const ROOMS = [
  'apply',
  'audit',
  'config',
  'import',
  'live',
  'model',
  'motherduck',
  'openapi',
  'plan',
  'report',
  'sandbox',
  'yaml',
];
const sharing = ROOMS.map((room) => `test/${room}/**/*.test.ts`);
// Long, since machines are busy and many tests start processes.
const timeouts = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    globalSetup: ['test/build.ts'],
    // Many tests wait for processes, so three files at a time keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...timeouts, name: 'apart', include: ['test/**/*.test.ts'], exclude: sharing } },
      { test: { ...timeouts, name: 'sharing', include: sharing, isolate: false } },
    ],
  },
});
