import { existsSync, realpathSync } from 'node:fs';
import { access, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { codeOf } from './system-errors.ts';

/** A path for output, the same on every system: with `/`, which Windows accepts too. */
export function shownPath(path: string, separator: string = sep): string {
  return separator === '/' ? path : path.replaceAll(separator, '/');
}

/** As `shownPath`, relative to the current folder; the current folder itself is shown in full. */
export function shownRelativePath(path: string): string {
  return shownPath(relative('', path) || path);
}

/** The git work tree of an absolute folder: the nearest ancestor with a `.git`, which is a file in worktrees and submodules. */
export async function workTreeOf(folder: string): Promise<string | undefined> {
  for (let ancestor = folder; ; ancestor = dirname(ancestor)) {
    const isTree = await access(join(ancestor, '.git')).then(
      () => true,
      () => false,
    );
    if (isTree) return ancestor;
    if (dirname(ancestor) === ancestor) return undefined;
  }
}

/** The path of a file from the root of its git work tree, for reports that programs read; as shown where there is none. */
export function repositoryPath(file: string): string {
  const path = resolve(file);
  const root = rootAbove(dirname(path));
  return root === undefined ? shownPath(file) : shownPath(relative(root, path));
}

function rootAbove(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : rootAbove(parent);
}

/** Whether `path` is `folder` or below it. Both are absolute and without symbolic links. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The path with all symbolic links resolved, even when the file does not exist yet, so that each file has one target. @throws The system's error. */
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

/** The same at once, of a path as of its nearest folder that exists; the path itself where nothing can be resolved. */
export function realPathOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return dirname(path) === path ? path : join(realPathOf(dirname(path)), basename(path));
  }
}

async function realFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    return join(await realFolder(dirname(folder)), basename(folder));
  }
}
