import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { git } from '../../src/files/git.ts';

it('a hostile .gitignore does not hold git for ever', async () => {
  const tree = mkdtempSync(path.join(tmpdir(), 'mdacc-git-'));
  expect(await git(tree, ['init', '-q'])).toMatchObject({ exit: 0 });
  writeFileSync(path.join(tree, '.gitignore'), `${'*a'.repeat(25)}*b\n`);
  const words = ['check-ignore', '-z', '--stdin'];
  const outcome = await git(tree, words, `${'a'.repeat(230)}.yaml\0`, 0.5);
  expect(outcome).toEqual({ exit: -1, stdout: '', why: 'git did not answer within 0.5 s' });
  // Asked again, it would answer.
  rmSync(path.join(tree, '.gitignore'));
  expect(await git(tree, words, 'a.yaml\0')).toEqual(outcome);
  expect(await git(tree, ['ls-files'])).toMatchObject({ exit: 0 });
});
