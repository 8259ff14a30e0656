import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { posix, resolve, win32 } from 'node:path';

/** What a command's first word leads to; a batch file is run by a shell alone, and none is involved. */
export type Found = 'program' | 'batch file' | 'nothing';

export interface SearchPlace {
  /** Where the command will run. */
  readonly folder: string;
  readonly platform: NodeJS.Platform;
  /** The PATH; absent or empty: none. */
  readonly path: string | undefined;
}

/** Looks for it as starting it will: a path, seen from the folder, or a name on the PATH. */
export async function findProgram(program: string, place: SearchPlace): Promise<Found> {
  if (program === '') return 'nothing';
  const isBatch = /\.(cmd|bat)$/i.test(program);
  if (!isBatch && (await isThere(program, runnableEndings(program, place), place))) return 'program';
  const endings = place.platform === 'win32' ? ['.cmd', '.bat', ...(isBatch ? [''] : [])] : [];
  return (await isThere(program, endings, place)) ? 'batch file' : 'nothing';
}

/** Windows runs a name as it stands only where it has an ending: `az` may be a script for other systems. */
function runnableEndings(program: string, { platform }: SearchPlace): string[] {
  if (platform !== 'win32') return [''];
  return win32.extname(program) === '' ? ['.com', '.exe'] : ['', '.com', '.exe'];
}

async function isThere(program: string, endings: readonly string[], place: SearchPlace): Promise<boolean> {
  for (const folder of foldersFor(program, place)) {
    for (const ending of endings) {
      if (await canRun(resolve(place.folder, folder, program + ending))) return true;
    }
  }
  return false;
}

function foldersFor(program: string, { platform, path = '' }: SearchPlace): string[] {
  if (/[\\/]/.test(program)) return [''];
  // An empty entry of the PATH is the current folder, in which Windows always looks first.
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
