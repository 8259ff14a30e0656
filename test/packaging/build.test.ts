/** The build is reproducible, so that anyone can verify that a package was built from these sources. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { newFolder } from '../files/processes.ts';
import { ROOT } from '../in-process.ts';

/** The hash of every file in a folder, by path, but of what runs of the program have compiled. */
function contents(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  const hashes = files
    .filter((file) => !file.startsWith(`compiled${path.sep}`))
    .map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(path.join(folder, file)))
        .digest('hex'),
    ]);
  return Object.fromEntries(hashes.sort());
}

it('gives the same bytes in another folder and from another working directory', async () => {
  const folder = await newFolder();
  execFileSync(process.execPath, [path.join(ROOT, 'scripts/build.mjs'), 'dist'], { cwd: folder });
  expect(readdirSync(folder)).toEqual(['dist']);
  expect(contents(path.join(folder, 'dist'))).toEqual(contents(path.join(ROOT, 'dist')));
});
