import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

/** What a shell may say to the program, the libraries of clouds and every connection: tests set what they need themselves. */
const OF_THE_SHELL = /^(mdacc_(config|state|sandbox)$|motherduck_|aws_|azure_|google_|(http|https|all|no)_proxy$)/i;
const { https_proxy, HTTPS_PROXY = https_proxy } = process.env;
// What test/packaging installs may come from the registry.
if (HTTPS_PROXY) process.env.npm_config_https_proxy ??= HTTPS_PROXY;
for (const name of Object.keys(process.env)) if (OF_THE_SHELL.test(name)) delete process.env[name];

/** Tests of much data. To start a program takes the longer the larger a process has grown, which stays so after them. */
const LARGE = ['test/config/endless.test.ts', 'test/plan/many-tokens.test.ts'];
/** Tests that leave something behind in their process: mocks of modules, and what lasts until the end of a file. */
const APART = [
  ...LARGE,
  'test/ci/**/*.test.ts',
  'test/crash/**/*.test.ts',
  'test/packaging/**/*.test.ts',
  'test/secrets/kinds/exec/run-command.test.ts',
];
// Long, since machines are busy and many tests start processes.
const timeouts = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    globalSetup: ['test/build.ts'],
    // Many tests wait for processes, so three files at a time keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...timeouts, name: 'apart', include: APART } },
      // Half of a short test is the start of its process, so the files of all others share one a worker.
      { test: { ...timeouts, name: 'sharing', include: ['test/**/*.test.ts'], exclude: APART, isolate: false } },
    ],
  },
});
