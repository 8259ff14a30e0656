/** Lines typed in a shell, in a folder, with the built `mdacc` on the PATH. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { MAIN, type Ran } from '../in-process.ts';
import type { Stage } from '../stage.ts';

/** Puts `mdacc` into the folder; `shell` finds it there. */
export function installMdacc(folder: Stage): void {
  mkdirSync(folder.file('.bin'));
  folder.write('.bin/mdacc', `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
  chmodSync(folder.file('.bin/mdacc'), 0o755);
}

/** One command of mdacc, without anything that only a shell knows. */
const PLAIN = /^mdacc((?: [\w./@:=,-]+)*)(?: +#.*)?$/;

/** Runs lines to their end, without a terminal; a single plain command in this process, which is faster. */
export function shell(folder: Stage, lines: string, program = '/bin/sh'): Promise<Ran> {
  const [, words] = PLAIN.exec(lines) ?? [];
  if (words !== undefined) return folder.run(words);
  const env = { PATH: `${folder.file('.bin')}:${process.env.PATH ?? ''}`, HOME: folder.path, ...folder.env };
  return new Promise((resolve) => {
    const child = execFile(program, ['-c', lines], { cwd: folder.path, env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end();
  });
}
