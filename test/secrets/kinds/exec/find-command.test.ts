import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProgram } from '../../../../src/secrets/kinds/exec/find-command.ts';
import { newFolder } from '../../../files/processes.ts';
import { isWindows } from '../../../platform.ts';

/** A folder with a folder of programs, which are files of these names. */
async function place(...names: readonly string[]) {
  const folder = await newFolder();
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const name of names) await writeFile(join(bin, name), '', { mode: 0o755 });
  return { folder, bin };
}

describe('a program on Windows', () => {
  const find = async (program: string, ...names: readonly string[]) => {
    const { folder, bin } = await place(...names);
    return findProgram(program, { folder, platform: 'win32', env: { Path: `${join(folder, 'none')};${bin}` } });
  };

  it.each([
    ['vault', ['vault.exe'], 'program'],
    ['vault.exe', ['vault.exe'], 'program'],
    ['vault', ['vault.com'], 'program'],
    ['bin/vault', ['vault.exe'], 'program'],
    ['az', ['az.cmd'], 'batch file'],
    ['az', ['az', 'az.cmd'], 'batch file'],
    ['az.cmd', ['az.cmd'], 'batch file'],
    ['bin/store.bat', ['store.bat'], 'batch file'],
    ['gcloud', ['gcloud.exe', 'gcloud.cmd'], 'program'],
    ['az', ['az', 'az.ps1'], 'nothing'],
    ['az', [], 'nothing'],
    ['', ['.exe'], 'nothing'],
  ])('%j among %j is a %s', async (program, names, found) => {
    expect(await find(program, ...names)).toBe(found);
  });

  it('is looked up in the working directory, before the PATH', async () => {
    const { bin } = await place('vault.exe');
    expect(await findProgram('vault', { folder: bin, platform: 'win32', env: {} })).toBe('program');
  });
});

describe.skipIf(isWindows)('a program on other systems', () => {
  it('has no extension, and may be run', async () => {
    const { folder, bin } = await place('vault', 'az.exe');
    await writeFile(join(bin, 'notes'), '', { mode: 0o644 });
    const find = (program: string) =>
      findProgram(program, { folder, platform: 'linux', env: { PATH: `/none:${bin}`, Path: bin } });
    expect(await Promise.all(['vault', 'bin/vault', 'az', 'notes', 'bin', ''].map(find))).toEqual([
      'program',
      'program',
      'nothing',
      'nothing',
      'nothing',
      'nothing',
    ]);
  });
});
