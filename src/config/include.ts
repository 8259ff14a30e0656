import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { ignoredFiles, trackedYaml } from '../files/git.ts';
import { isWithin, workTreeOf } from '../files/paths.ts';
import { compareText, groupBy } from '../model/collections.ts';
import { matchesGlob } from '../model/username.ts';

/** The maximum depth of `**`. */
const DEEPEST = 12;
/** How many characters of patterns the globs of a configuration may compare with names of files, so that each ends soon. */
export const GLOB_BUDGET = 10_000_000;
/** Characters. */
const LONGEST = 1000;
/** The maximum number of patterns that the braces of one glob expand to. */
const MAX_ALTERNATIVES = 1000;

/** Whether a file may be included. Other files, such as a secrets file, must not be quoted in errors. */
export function isYamlName(name: string): boolean {
  return /\.ya?ml$/i.test(name);
}

/**
 * The folder in which a glob of `include` starts, relative to the folder of the configuration. Undefined for a pattern that
 * is no glob: it names one file, which must exist.
 */
export function baseOfGlob(pattern: string): string | undefined {
  if (!/[*?{]/.test(pattern)) return undefined;
  const steps = pattern.split('/');
  const first = steps.findIndex((step) => /[*?{]/.test(step));
  return steps.slice(0, first).join('/') || (pattern.startsWith('/') ? '/' : '');
}

/** Why a glob cannot be followed. */
export class GlobTooLarge extends Error {}

/**
 * The files that a glob matches below a folder, as paths relative to that folder, in alphabetical order. In it `*` and `?`
 * match within a name, `**` any folders, and `{a,b}` either. Folders that are links are not entered; `**` does not look
 * into node_modules and hidden folders.
 *
 * @param budget what is left of GLOB_BUDGET
 * @throws GlobTooLarge
 */
export async function matchingFiles(folder: string, pattern: string, budget: { left: number }): Promise<string[]> {
  if (pattern.length > LONGEST) throw new GlobTooLarge('is too long');
  const base = baseOfGlob(pattern) ?? '';
  const glob = pattern.slice(base.length).replace(/^\/+/, '');
  const alternatives = alternativesOf(glob).map((each) =>
    each.split('/').filter((step) => step !== '.' && step !== ''),
  );
  const levels = Math.min(
    DEEPEST,
    Math.max(...alternatives.map((steps) => (steps.includes('**') ? DEEPEST : steps.length))),
  );
  const found: string[] = [];
  const cost = alternatives.flat().reduce((sum, step) => sum + step.length + 1, 1);
  const walk = async (below: readonly string[]): Promise<void> => {
    for (const entry of await entriesIn(path.join(folder, base, ...below))) {
      budget.left -= cost;
      if (budget.left < 0) throw new GlobTooLarge('looks at too many files');
      const steps = [...below, entry.name];
      if (!entry.isDirectory()) {
        if (alternatives.some((alternative) => matchesSteps(alternative, steps)))
          found.push(path.posix.join(base, ...steps));
      } else if (steps.length < levels && entry.name !== 'node_modules' && !entry.name.startsWith('.')) {
        await walk(steps);
      }
    }
  };
  await walk([]);
  return found.sort(compareText);
}

/** Whether a glob, or the name of a file, names a file below a folder; both are relative to it, with `/`. */
export function isNamedBy(pattern: string, file: string): boolean {
  const base = baseOfGlob(pattern);
  if (base === undefined) return path.posix.normalize(pattern) === file;
  if (pattern.length > LONGEST) return false;
  const steps = path.posix.relative(base, file).split('/');
  if (steps.slice(0, -1).some((step) => step === 'node_modules' || step.startsWith('.'))) return false;
  try {
    const glob = pattern.slice(base.length).replace(/^\/+/, '');
    return alternativesOf(glob).some((each) =>
      matchesSteps(
        each.split('/').filter((step) => step !== '.' && step !== ''),
        steps,
      ),
    );
  } catch (error) {
    if (error instanceof GlobTooLarge) return false;
    throw error;
  }
}

/** The patterns that the braces of a glob expand to. */
function alternativesOf(glob: string): string[] {
  let patterns = [''];
  for (const part of glob.match(/\{[^{}]*\}|[^{}]+|[{}]/g) ?? []) {
    const choices = /^\{.*,.*\}$/.test(part) ? part.slice(1, -1).split(',') : [part];
    patterns = patterns.flatMap((before) => choices.map((choice) => before + choice));
    if (patterns.length > MAX_ALTERNATIVES) throw new GlobTooLarge('has too many braces');
  }
  return patterns;
}

/** Compares the steps of two paths. A step of the pattern gets a mark, so that only `**` is the star of matchesGlob. */
function matchesSteps(pattern: readonly string[], steps: readonly string[]): boolean {
  const marked = pattern.map((step) => (step === '**' ? '*' : `/${step}`));
  return matchesGlob(marked, steps, (one, step) => matchesStep(one.slice(1), step));
}

function matchesStep(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  return matchesGlob([...pattern], [...name], (one, character) => one === '?' || one === character);
}

/** The entries of a folder; none if it does not exist or cannot be read. */
async function entriesIn(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

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
