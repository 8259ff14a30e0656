import { access, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { codeOf } from './system-errors.ts';

/** A path as people and other programs are shown it, on every system alike: with `/`, which Windows takes too. */
export function shownPath(path: string, separator: string = sep): string {
  return separator === '/' ? path : path.replaceAll(separator, '/');
}

/** As `shownPath`, from the current folder, which is named in full itself. */
export function shownFromHere(path: string): string {
  return shownPath(relative('', path) || path);
}

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

/** Where symbolic links from `path` and on the way to it lead, even when nothing is there yet: one file has one target. */
export async function targetOf(path: string): Promise<string> {
  let target = resolve(path);
  for (let links = 0; links < 40; links++) {
    try {
      return await realpath(target);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    const next = await readlink(target).catch(() => undefined);
    if (next === undefined) return join(await realFolder(dirname(target)), basename(target));
    target = resolve(dirname(target), next);
  }
  return target;
}

async function realFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    return join(await realFolder(dirname(folder)), basename(folder));
  }
}
