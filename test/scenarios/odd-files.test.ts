/** What is no regular file, or a huge one, in the place of each file that the program reads: a plain error, soon. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isWindows } from '../platform.ts';
import { CONFIG, outputOf, SANDBOX, STATE, Stage } from '../stage.ts';

/** Only catches what hangs. */
const LIMIT_MS = 60_000;

/** An error, and what to do. */
const PLAIN = /(Error: |:\d+:\d+: ).*\n(.|\n)* {2,}\S/;

const KINDS: Record<string, (file: string) => void> = {
  'a pipe': (file) => execFileSync('mkfifo', [file]),
  'a folder': (file) => mkdirSync(file),
  'a link to a device': (file) => symlinkSync('/dev/zero', file),
  'a huge file': (file) => {
    writeFileSync(file, '');
    truncateSync(file, 2 ** 40);
  },
};

/** The commands that read a file, by its name. A completion offers nothing then, and says nothing. */
const READERS: Record<string, readonly string[]> = {
  [CONFIG]: ['validate', 'plan --sandbox', '__complete 2 mdacc rotate'],
  'more.yaml': ['validate'],
  [STATE]: ['plan --sandbox', 'state list', 'apply --sandbox --yes'],
  [`${STATE}.lock`]: ['plan --sandbox', 'apply --sandbox --yes', 'state unlock --yes'],
  'today.plan': ['apply today.plan --sandbox --yes', 'plan --sandbox --out today.plan'],
  '.motherduck/secrets.env': ['apply --sandbox --yes'],
  [`${SANDBOX}/organization.jsonl`]: ['plan --sandbox', 'sandbox reset'],
  '.gitignore': ['init --config new.yaml'],
};

describe.skipIf(isWindows)('in the place of', () => {
  describe.each(Object.keys(READERS))('%s', (name) => {
    it.each(Object.keys(KINDS))('%s', { timeout: 2 * LIMIT_MS }, async (kind) => {
      for (const command of READERS[name] ?? []) {
        const stage = new Stage();
        if (name === 'more.yaml') stage.edit((text) => `${text}\ninclude: [more.yaml]\n`);
        rmSync(stage.file(name), { force: true });
        mkdirSync(path.dirname(stage.file(name)), { recursive: true, mode: 0o700 });
        if (name.startsWith(SANDBOX)) stage.write(`${SANDBOX}/organization.lock`, '');
        KINDS[kind]?.(stage.file(name));
        const child = stage.spawn(command);
        const late = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
        onTestFinished(() => clearTimeout(late));
        const { code, signal, stdout, stderr } = await outputOf(child);
        expect([command, signal]).toEqual([command, null]);
        if (command.startsWith('__complete')) continue;
        const said = stdout + stderr;
        expect({ command, code, said }).toEqual({ command, code: 1, said: expect.stringMatching(PLAIN) });
        expect(said).not.toMatch(/\bbug\b|\(E[A-Z]+\)|: E[A-Z]+\.?\n/);
      }
    });
  });
});
