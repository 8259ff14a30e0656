import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder for folders that are removed after the tests of all files. */
    folders: string;
    /** Whether `-u` was given, so that golden files are written. */
    updates: boolean;
  }
}

/** The scenarios run the built program, so it is built from what is here before any test, unless MDACC_BUILT says that it was. */
export function setup({ provide, config }: TestProject): () => void {
  if (!process.env.MDACC_BUILT) execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  const folders = mkdtempSync(path.join(tmpdir(), 'mdacc-'));
  // Some tests run programs as another user.
  chmodSync(folders, 0o755);
  provide('folders', folders);
  provide('updates', config.snapshotOptions.updateSnapshot === 'all');
  return () => rmSync(folders, { recursive: true, force: true, maxRetries: 10 });
}
