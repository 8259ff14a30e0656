import { existsSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { errnoOf } from './system-errors.ts';

/** A path for output, the same on every system: with `/`, which Windows accepts too. */
export function shownPath(path: string, separator: string = sep): string {
  return separator === '/' ? path : path.replaceAll(separator, '/');
}

/** As `shownPath`, relative to the current folder; the current folder itself is shown in full. */
export function shownRelativePath(path: string): string {
  return shownPath(relative('', path) || path);
}

/** The git work tree of an absolute folder: the nearest ancestor with a `.git`, which is a file in worktrees and submodules. */
export function workTreeOf(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : workTreeOf(parent);
}

/** The path of a file from the root of its git work tree, for reports that programs read; as shown where there is none. */
export function repositoryPath(file: string): string {
  const path = resolve(file);
  const root = workTreeOf(dirname(path));
  return root === undefined ? shownPath(file) : shownPath(relative(root, path));
}

/** Whether `path` is `folder` or below it. Both are absolute and without symbolic links. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * The path with all symbolic links resolved, even when the file does not exist yet, so that each file has one target.
 * Its steps are synchronous: waiting for them takes longer. @throws The system's error.
 */
export async function targetOf(path: string): Promise<string> {
  let target = resolve(path);
  for (let links = 0; links < 40; links++) {
    try {
      return realpathSync.native(target);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    const next = readLink(target);
    if (next === undefined) return join(realFolder(dirname(target)), basename(target));
    target = resolve(dirname(target), next);
  }
  return target;
}

/** The same at once, of a path as of its nearest folder that exists; the path itself where nothing can be resolved. */
export function realPathOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return dirname(path) === path ? path : join(realPathOf(dirname(path)), basename(path));
  }
}

function realFolder(folder: string): string {
  try {
    return realpathSync.native(folder);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    return join(realFolder(dirname(folder)), basename(folder));
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
