import { access } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';

/** The git work tree that an absolute folder is in: the nearest one upward with a `.git`, a folder, or in worktrees and submodules a file. */
export async function workTreeOf(folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const here = await access(join(at, '.git')).then(
      () => true,
      () => false,
    );
    if (here) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** Whether a path is a folder or below it; both absolute and without symbolic links. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
