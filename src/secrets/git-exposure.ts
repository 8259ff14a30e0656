import { dirname } from 'node:path';
import { git } from '../files/git.ts';
import { workTreeOf } from '../files/paths.ts';

/** Whether the next `git add .` would add a file. */
type GitExposure =
  /** Outside of any work tree, or ignored. */
  | { readonly exposed: false }
  | { readonly exposed: true; readonly tree: string; readonly tracked: boolean }
  /** git failed. */
  | { readonly exposed: 'unknown'; readonly tree: string; readonly why: string };

/** Checks a file, which may not exist yet. `path` is absolute and without symbolic links. */
export async function gitExposure(path: string): Promise<GitExposure> {
  const tree = workTreeOf(dirname(path));
  if (tree === undefined) return { exposed: false };
  // A tracked file is not ignored: check-ignore reads the index too.
  const ignored = await git(tree, ['check-ignore', '-q', '--', path]);
  if (ignored.exit === 0) return { exposed: false };
  if (ignored.exit === 1) {
    const tracked = await git(tree, ['ls-files', '--error-unmatch', '--', path]);
    return { exposed: true, tree, tracked: tracked.exit === 0 };
  }
  if (ignored.why.includes('not a git repository')) return { exposed: false };
  return { exposed: 'unknown', tree, why: ignored.why };
}
