import { dirname } from 'node:path';
import { workTreeOf } from '../files/paths.ts';
import { withoutTokens } from '../model/secret.ts';

/** Whether the next `git add .` would add a file. */
export type GitExposure =
  /** Outside of any work tree, or ignored. */
  | { readonly exposed: false }
  | { readonly exposed: true; readonly tree: string; readonly tracked: boolean }
  /** git failed. */
  | { readonly exposed: 'unknown'; readonly tree: string; readonly why: string };

/** Checks a file, which may not exist yet. `path` is absolute and without symbolic links. */
export async function gitExposure(path: string): Promise<GitExposure> {
  const tree = await workTreeOf(dirname(path));
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

async function git(tree: string, words: readonly string[]): Promise<{ readonly exit: number; readonly why: string }> {
  const { execFile } = await import('node:child_process');
  return new Promise((resolve) => {
    // A repository may configure a file system monitor program, which must not run.
    const args = ['-c', 'core.fsmonitor=false', '-C', tree, ...words];
    execFile('git', args, { env: ownEnvironment(), timeout: 30_000 }, (error, _, stderr) => {
      if (error === null) return resolve({ exit: 0, why: '' });
      if (typeof error.code === 'number') return resolve({ exit: error.code, why: stderr.trim() });
      resolve({ exit: -1, why: String(error.code) === 'ENOENT' ? 'git is not installed' : 'git could not be run' });
    });
  });
}

/** Inside a git hook, GIT_DIR and similar variables point to another repository. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(withoutTokens(process.env)).filter(([name]) => !name.toUpperCase().startsWith('GIT_'));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}
