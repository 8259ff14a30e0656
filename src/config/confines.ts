/**
 * A configuration that stands in a git work tree has all of its files there: whoever wrote it need not be who runs it (a
 * pull request from a fork), and what is wrong with a file is shown with its lines. Outside of git it includes what it likes.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { targetOf } from '../files/atomic.ts';
import { isWithin, workTreeOf } from '../files/work-tree.ts';

export class Confines {
  /** The work tree, without symbolic links; undefined outside of any. */
  readonly tree: string | undefined;

  private constructor(tree: string | undefined) {
    this.tree = tree;
  }

  /** Those of a configuration by the absolute path of its main file. A link in a work tree belongs to that one. */
  static async of(main: string): Promise<Confines> {
    const folder = path.dirname(main);
    const tree = (await workTreeOf(folder)) ?? (await workTreeOf(await followed(folder)));
    return new Confines(tree && (await followed(tree)));
  }

  /** Whether an absolute path leads out, by itself or by links; also when nothing is there. */
  async excludes(absolute: string): Promise<boolean> {
    if (this.tree === undefined) return false;
    const target = await targetOf(absolute).catch(() => absolute);
    return !isWithin(this.tree, target);
  }
}

async function followed(folder: string): Promise<string> {
  return await realpath(folder).catch(() => folder);
}
