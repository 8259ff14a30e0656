/** A disk without space: the advice is to free some, and nothing waits for what was lost. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MAIN } from '../in-process.ts';
import { isWindows } from '../platform.ts';
import { outputOf, Stage } from '../stage.ts';

it
  .skipIf(isWindows)
  .each([
    'plan --sandbox --out today.plan',
    'apply --sandbox --yes --no-smoke --rotate etl_prod',
    'smoke --sandbox',
    'import --all --sandbox --yes',
    'init --config other.yaml',
  ])('the advice is to free space: %s', async (words) => {
  const stage = await Stage.applied();
  // As on a full disk, but for the code: EFBIG.
  const limited = ['-c', 'ulimit -f 0; exec "$@"', 'bash', process.execPath, MAIN, ...words.split(' ')];
  const env = { PATH: process.env.PATH ?? '', HOME: stage.path };
  const { code, stderr } = await outputOf(spawn('bash', limited, { cwd: stage.path, env }));
  expect(stderr).toContain('EFBIG');
  expect(stderr).toContain('Free space on its disk');
  expect(stderr).not.toMatch(/write access|writable|you can write/);
  expect(code).toBe(1);
});

it.runIf(existsSync('/dev/full'))('a sandbox whose address is lost is not served on', async () => {
  const full = openSync('/dev/full', 'w');
  const child = new Stage().spawn('sandbox serve --port 0', {}, { stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  const { code, stderr } = await outputOf(child);
  expect(code).toBe(1);
  expect(stderr).toContain('(ENOSPC)');
});
