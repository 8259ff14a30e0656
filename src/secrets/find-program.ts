import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';

/** Whether a command's first word leads to something that can be run: a path, seen from `from`, or a name on the PATH. */
export async function findProgram(program: string, from: string): Promise<boolean> {
  if (program === '') return false;
  const isPath = /[\\/]/.test(program);
  const folders = isPath ? [''] : (process.env.PATH ?? '').split(delimiter);
  const endings = process.platform === 'win32' ? ['', '.exe', '.com'] : [''];
  for (const folder of folders) {
    for (const ending of endings) {
      if (await canRun(resolve(from, isPath ? program + ending : join(folder || '.', program + ending)))) return true;
    }
  }
  return false;
}

async function canRun(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
