import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { interpreterOf } from '../../src/secrets/interpreters.ts';
import { scriptOf } from '../../src/secrets/kinds/exec/find-command.ts';
import { repositoryFiles } from '../../src/secrets/kinds/exec/repository-files.ts';
import { unexpandedWords } from '../../src/secrets/unexpanded.ts';
import { newFolder } from '../files/processes.ts';

describe('all checks know the same shells', () => {
  it.each(['sh', 'bash', 'dash', 'zsh', 'ksh', 'ash', 'fish', '/bin/ash', 'BASH.EXE'])('%s', async (shell) => {
    expect(interpreterOf(shell)).toMatchObject({ isShell: true });
    expect(scriptOf([shell, 'put.sh', 'x'])).toBe('put.sh');
    expect(unexpandedWords([shell, '-c', '$HOME/put'])).toEqual([undefined, undefined, undefined]);
    const folder = await newFolder();
    writeFileSync(join(folder, 'put'), 'x');
    expect([...(await repositoryFiles([['env', shell, 'put']], folder)).keys()]).toHaveLength(1);
  });
});

it.each(['shell', 'rash', 'nodes', 'put.sh', '', 'vault'])('no interpreter: "%s"', (word) => {
  expect(interpreterOf(word)).toBeUndefined();
});
