/** Finds the program of a command before it runs, as the system does. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { posix, resolve, win32 } from 'node:path';

/** What a command's first word names. A batch file needs a shell, which is not used. */
export type ProgramKind = 'program' | 'batch file' | 'nothing';

/** Where to look for a program. */
export interface SearchPath {
  /** The working directory of the command. */
  readonly folder: string;
  readonly platform: NodeJS.Platform;
  /** The value of PATH. */
  readonly path: string | undefined;
}

/** Finds a program the way the system does when it starts: by its path relative to the folder, or by name on the PATH. */
export async function findProgram(program: string, search: SearchPath): Promise<ProgramKind> {
  if (program === '') return 'nothing';
  const isBatch = /\.(cmd|bat)$/i.test(program);
  if (!isBatch && (await exists(program, runnableEndings(program, search), search))) return 'program';
  const endings = search.platform === 'win32' ? ['.cmd', '.bat', ...(isBatch ? [''] : [])] : [];
  return (await exists(program, endings, search)) ? 'batch file' : 'nothing';
}

/** Windows runs a name without an extension only with one added: a file `az` may be a script for other systems. */
function runnableEndings(program: string, { platform }: SearchPath): string[] {
  if (platform !== 'win32') return [''];
  return win32.extname(program) === '' ? ['.com', '.exe'] : ['', '.com', '.exe'];
}

async function exists(program: string, endings: readonly string[], search: SearchPath): Promise<boolean> {
  for (const folder of foldersFor(program, search)) {
    for (const ending of endings) {
      if (await canRun(resolve(search.folder, folder, program + ending))) return true;
    }
  }
  return false;
}

function foldersFor(program: string, { platform, path = '' }: SearchPath): string[] {
  if (/[\\/]/.test(program)) return [''];
  // An empty entry of the PATH is the current folder, where Windows always looks first.
  return platform === 'win32' ? ['', ...path.split(win32.delimiter)] : path.split(posix.delimiter);
}

async function canRun(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
