import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { isWithin, targetOf, workTreeOf } from '../files/paths.ts';

/** The maximum depth of `**`. */
const DEEPEST = 12;

/** Whether a file may be included. Other files, such as a secrets file, must not be quoted in errors. */
export function isYamlName(name: string): boolean {
  return /\.ya?ml$/i.test(name);
}

/**
 * The folder in which a glob of `include` starts, relative to the folder of the configuration. Undefined for a pattern that
 * is no glob: it names one file, which must exist.
 */
export async function baseOfGlob(pattern: string): Promise<string | undefined> {
  const { isGlob, base } = (await loadPicomatch()).scan(pattern);
  return isGlob ? base : undefined;
}

/** Most configurations include nothing, so the library is loaded only when it is needed. */
async function loadPicomatch() {
  return (await import('picomatch')).default;
}

/**
 * The files that a glob matches below a folder, as paths relative to that folder, in alphabetical order. Folders that
 * are links are not entered; `**` does not look into node_modules and hidden folders.
 */
export async function matchingFiles(folder: string, pattern: string): Promise<string[]> {
  const picomatch = await loadPicomatch();
  const { base, glob } = picomatch.scan(pattern);
  const matches = picomatch(glob);
  const levels = glob.includes('**') ? DEEPEST : glob.split('/').length;
  const found: string[] = [];
  const walk = async (below: string, left: number): Promise<void> => {
    for (const entry of await entriesIn(path.join(folder, base, below))) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (!entry.isDirectory()) {
        if (matches(name)) found.push(path.posix.join(base, name));
      } else if (left > 1 && entry.name !== 'node_modules' && !entry.name.startsWith('.')) {
        await walk(name, left - 1);
      }
    }
  };
  await walk('', levels);
  return found.sort((a, b) => (a < b ? -1 : 1));
}

/** The entries of a folder; none if it does not exist or cannot be read. */
async function entriesIn(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/**
 * The limits for included files. A configuration in a git work tree includes only files of that tree: its author may be
 * somebody else than the user (a pull request from a fork), and errors quote lines. Outside of git there is no limit.
 */
export class Confines {
  /** The work tree, without symbolic links; undefined outside of any. */
  readonly tree: string | undefined;

  private constructor(tree: string | undefined) {
    this.tree = tree;
  }

  /** The limits for a configuration. @param main the absolute path of its main file; a link belongs to the tree it is in */
  static async of(main: string): Promise<Confines> {
    const folder = path.dirname(main);
    const tree = (await workTreeOf(folder)) ?? (await workTreeOf(await followed(folder)));
    return new Confines(tree && (await followed(tree)));
  }

  /** Whether an absolute path leads out of the tree, directly or by links, even if nothing exists there. */
  async excludes(absolute: string): Promise<boolean> {
    if (this.tree === undefined) return false;
    const target = await targetOf(absolute).catch(() => absolute);
    return !isWithin(this.tree, target);
  }
}

async function followed(folder: string): Promise<string> {
  return await realpath(folder).catch(() => folder);
}
