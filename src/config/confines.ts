import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { ignoredFiles, trackedYaml } from '../files/git.ts';
import { isWithin, workTreeOf } from '../files/paths.ts';
import { groupBy } from '../model/collections.ts';

/** Names of `.git` on some file system: case is ignored, as are dots and spaces at the end and characters that are not shown. */
function isGitFolder(name: string): boolean {
  return /^(\.git|git~\d+)$/i.test(
    name.replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '').replace(/[. ]+$/, ''),
  );
}

/** Why a file is not read as configuration. */
export type Exclusion = 'outside' | 'link';

/**
 * The limits for the files of a configuration: its git work tree, or its folder outside of any. The author of a
 * configuration may be somebody else than the user (a pull request from a fork), and errors quote lines, so no link is
 * followed and nothing is read that belongs to the repository's machinery or is ignored.
 */
export class Confines {
  /** An absolute path; links that lead to it are the user's own. */
  readonly root: string;
  readonly #isTree: boolean;

  private constructor(root: string, isTree: boolean) {
    this.root = root;
    this.#isTree = isTree;
  }

  /** The limits for a configuration. @param main the absolute path of its main file */
  static async of(main: string): Promise<Confines> {
    const folder = path.dirname(main);
    const tree = workTreeOf(folder);
    return new Confines(tree ?? folder, tree !== undefined);
  }

  /** The root in words. */
  get noun(): string {
    return this.#isTree ? 'the git work tree' : 'the folder';
  }

  /** Whether an absolute path is out of bounds, even if nothing exists there. */
  async excludes(absolute: string): Promise<Exclusion | undefined> {
    if (!isWithin(this.root, absolute)) return 'outside';
    const steps = path.relative(this.root, absolute).split(path.sep);
    if (steps.some(isGitFolder)) return 'outside';
    let reached = this.root;
    for (const step of steps) {
      if (step === '') continue;
      reached = path.join(reached, step);
      const facts = await lstat(reached).catch(() => undefined);
      if (facts === undefined) return undefined;
      if (facts.isSymbolicLink()) return 'link';
    }
    return undefined;
  }

  /** Which of the files git ignores, or why git cannot tell. */
  async ignored(files: readonly string[]): Promise<ReadonlySet<string> | { readonly why: string }> {
    const ignored = new Set<string>();
    for (const [tree, all] of this.#byTree(files)) {
      const found = await ignoredFiles(tree, all);
      if ('why' in found) return found;
      for (const file of found) ignored.add(file);
    }
    return ignored;
  }

  /** Which of the files git does not track, or may not; none outside of a work tree. */
  async untracked(files: readonly string[]): Promise<ReadonlySet<string>> {
    const untracked = new Set<string>();
    for (const [tree, all] of this.#byTree(files)) {
      const tracked = await trackedYaml(tree);
      for (const file of all) if (!tracked.has(file)) untracked.add(file);
    }
    return untracked;
  }

  /** A folder of the tree may be one of its own, such as a submodule. */
  #byTree(files: readonly string[]): ReadonlyMap<string, string[]> {
    const trees = new Map<string, string>();
    return groupBy(this.#isTree ? files : [], (file) => {
      const folder = path.dirname(file);
      const tree = trees.get(folder) ?? workTreeOf(folder) ?? this.root;
      trees.set(folder, tree);
      return tree;
    });
  }
}
