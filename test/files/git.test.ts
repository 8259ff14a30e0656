import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fileOfCommit, git, ignoredFiles } from '../../src/files/git.ts';
import { isWindows } from '../platform.ts';

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

it.skipIf(isWindows)('a hostile partial clone fetches nothing, and so runs nothing', async () => {
  const tree = mkdtempSync(path.join(tmpdir(), 'mdacc-git-'));
  onTestFinished(() => rmSync(tree, { recursive: true }));
  const run = async (...words: string[]) => {
    const { exit, stdout, why } = await git(tree, words);
    if (exit !== 0) throw new Error(why);
    return stdout.trim();
  };
  await run('init', '-q');
  mkdirSync(path.join(tree, 'victim'));
  writeFileSync(path.join(tree, 'victim/.gitignore'), '*.env\n');
  await run('add', '-f', 'victim/.gitignore');
  await run('-c', 'user.email=a@b', '-c', 'user.name=a', 'commit', '-qm', 'x');
  const blob = await run('rev-parse', 'HEAD:victim/.gitignore');
  await run('update-index', '--skip-worktree', 'victim/.gitignore');
  rmSync(path.join(tree, 'victim/.gitignore'));
  rmSync(path.join(tree, '.git/objects', blob.slice(0, 2), blob.slice(2)));
  const [program, trace] = [path.join(tree, 'evil.sh'), path.join(tree, 'ran')];
  writeFileSync(program, `#!/bin/sh\ntouch '${trace}'\nexit 1\n`);
  chmodSync(program, 0o755);
  for (const [name = '', value = ''] of [
    ['core.repositoryformatversion', '1'],
    ['extensions.partialClone', 'origin'],
    ['remote.origin.promisor', 'true'],
    ['remote.origin.url', tree],
    ['remote.origin.uploadpack', program],
    ['protocol.allow', 'always'],
    ['protocol.file.allow', 'always'],
    ['protocol.ext.allow', 'always'],
  ]) {
    await run('config', name, value);
  }
  for (const url of [tree, `file://${tree}`, `ext::${program}`]) {
    await run('config', 'remote.origin.url', url);
    await ignoredFiles(tree, [path.join(tree, 'victim/secrets.env')]);
    await fileOfCommit(tree, 'HEAD', 'victim/.gitignore');
    expect(existsSync(trace)).toBe(false);
  }
});
