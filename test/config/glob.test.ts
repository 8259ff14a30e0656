/** The files that a glob matches on the disk are those that it names in a commit, where no folder is read. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { GLOB_BUDGET, isNamedBy, matchingFiles } from '../../src/config/glob.ts';
import { newFolder } from '../files/processes.ts';

const below = (levels: number) => 'd/'.repeat(levels - 1);

it.each([
  ['**/*.yaml', [`${below(12)}x.yaml`]],
  [`${below(12)}*.yaml`, [`${below(12)}x.yaml`]],
  [`${below(13)}*.yaml`, [`${below(13)}x.yaml`]],
  [`*/${below(12)}x.yaml`, []],
  [`{*/${below(12)}x,*}.yaml`, ['x.yaml']],
  ['*/*/x.yaml', [`${below(3)}x.yaml`]],
  ['./**/{x,y}.yaml', [`${below(12)}x.yaml`, '.hidden/x.yaml']],
])('%s', async (pattern, some) => {
  const folder = await newFolder();
  const files = [1, 2, 3, 12, 13, 14].map((levels) => `${below(levels)}x.yaml`);
  for (const file of [...files, '.hidden/x.yaml', 'node_modules/x.yaml']) {
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(folder, file), '');
  }
  const matching = await matchingFiles(folder, pattern, { left: GLOB_BUDGET });
  expect(matching).toEqual(expect.arrayContaining(some.filter((file) => !file.startsWith('.'))));
  for (const file of [...files, '.hidden/x.yaml', 'node_modules/x.yaml'])
    expect([file, isNamedBy(pattern, file)]).toEqual([file, matching.includes(file)]);
});
