import path from 'node:path';
import { withoutTokens } from '../model/secret.ts';
import { STATE_LIMITS } from '../model/state.ts';

/** How a git command ended. */
interface GitOutcome {
  /** -1: git could not be run. */
  readonly exit: number;
  readonly stdout: string;
  readonly why: string;
}

const YAML_FILES = [':(icase)*.yaml', ':(icase)*.yml'];

/** In seconds. A hostile pattern of .gitignore takes git years. */
const TIME_LIMIT = 5;

/** Questions that a work tree did not answer, which are not asked again for a while: that costs the same time each. */
const unanswered = new Map<string, { readonly outcome: GitOutcome; readonly until: number }>();
const ASK_AGAIN_MS = 60_000;

/** Runs git in a work tree. Nothing that its repository configures is run, and nothing is fetched. */
export async function git(tree: string, words: readonly string[], stdin = '', limit = TIME_LIMIT): Promise<GitOutcome> {
  const question = JSON.stringify([tree, words[0]]);
  const known = unanswered.get(question);
  if (known !== undefined && Date.now() < known.until) return known.outcome;
  const { execFile } = await import('node:child_process');
  return new Promise((resolve) => {
    // A repository may configure a file system monitor program, which must not run. A container often runs as another user.
    const args = ['--no-replace-objects', '-c', 'core.fsmonitor=false', '-c', 'safe.directory=*', '-C', tree, ...words];
    const options = { env: ownEnvironment(), timeout: limit * 1000, maxBuffer: STATE_LIMITS.bytes };
    const child = execFile('git', args, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ exit: 0, stdout, why: '' });
      if (typeof error.code === 'number') return resolve({ exit: error.code, stdout, why: stderr.trim() });
      const failed = error.killed === true ? `git did not answer within ${limit} s` : 'git could not be run';
      const why = String(error.code) === 'ENOENT' ? 'git is not installed' : failed;
      const outcome = { exit: -1, stdout: '', why };
      if (why === failed && error.killed === true)
        unanswered.set(question, { outcome, until: Date.now() + ASK_AGAIN_MS });
      resolve(outcome);
    });
    child.stdin?.on('error', () => {}); // it has exited, and its exit code says how
    child.stdin?.end(stdin);
  });
}

/** That of the process, since the files are those of its machine. Inside a git hook, GIT_DIR and similar variables point to another repository. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(withoutTokens(process.env)).filter(([name]) => !name.toUpperCase().startsWith('GIT_'));
  // Of a partial clone, git would fetch what is missing, with the programs that the repository names for that.
  return { ...Object.fromEntries(kept), LC_ALL: 'C', GIT_ALLOW_PROTOCOL: 'none', GIT_NO_LAZY_FETCH: '1' };
}

/** The files that git ignores, or why git cannot tell. Paths are absolute; the work tree may be a wrong one. */
export async function ignoredFiles(
  tree: string,
  files: readonly string[],
): Promise<ReadonlySet<string> | { readonly why: string }> {
  const { exit, stdout, why } = await git(tree, ['check-ignore', '-z', '--stdin'], `${files.join('\0')}\0`);
  if (exit === 0) return new Set(stdout.split('\0'));
  return exit === 1 || why.includes('not a git repository') ? new Set() : { why };
}

/** A file as a commit has it; undefined: the commit has none there. @param file From the root of the work tree, with `/`. */
export async function fileOfCommit(
  tree: string,
  commit: string,
  file: string,
): Promise<{ readonly text: string } | { readonly why: string } | undefined> {
  // Of objects as they are: no filters, conversions or replacements.
  const listed = await git(tree, ['ls-tree', '-z', '--full-tree', commit, '--', file]);
  if (listed.exit !== 0) return { why: listed.why };
  const [, mode = '', kind, id = ''] = /^(\d+) (\w+) ([\da-f]+)\t/.exec(listed.stdout) ?? [];
  if (id === '') return undefined;
  if (kind !== 'blob' || mode === '120000') return { why: `${file} is not a regular file there` };
  const { exit, stdout, why } = await git(tree, ['cat-file', 'blob', id]);
  return exit === 0 ? { text: stdout } : { why };
}

/** The YAML files of a commit that contain one of some texts, from the root of the work tree; none when git cannot tell. */
export async function yamlContaining(
  tree: string,
  commit: string,
  texts: readonly string[],
): Promise<readonly string[]> {
  const words = ['grep', '-l', '-z', '-a', '-F', '--full-name', ...texts.flatMap((text) => ['-e', text]), commit];
  const { exit, stdout } = await git(tree, [...words, '--', ...YAML_FILES]);
  return exit === 0 ? stdout.split('\0').flatMap((file) => file.slice(commit.length + 1) || []) : [];
}

/**
 * The YAML files that differ between a commit and HEAD, from the root of the work tree; with `all`, every one that either has.
 * None when git cannot tell.
 */
export async function yamlSince(tree: string, commit: string, all: boolean): Promise<readonly string[]> {
  const namesOf = async (...words: string[]) =>
    (await git(tree, [...words, '-z', '--', ...YAML_FILES])).stdout.split('\0').filter((file) => file !== '');
  const differing = await namesOf('diff-tree', '-r', '--name-only', '--no-renames', commit, 'HEAD');
  if (!all) return differing;
  return [...new Set([...differing, ...(await namesOf('ls-files'))])];
}

/** The ids of HEAD and its parents; of a shallow clone, the oldest commit has none. */
export async function headAndParents(tree: string): Promise<readonly string[]> {
  const { stdout } = await git(tree, ['rev-list', '--parents', '-n', '1', 'HEAD']);
  return stdout.trim().split(' ');
}

/** The newest commit that HEAD and another commit have in common; undefined when git cannot tell. */
export async function commonCommit(tree: string, other: string): Promise<string | undefined> {
  const { stdout } = await git(tree, ['merge-base', 'HEAD', other]);
  return stdout.trim() || undefined;
}

/** Whether the repository has a commit. */
export async function hasCommit(tree: string, id: string): Promise<boolean> {
  return (await git(tree, ['cat-file', '-e', `${id}^{commit}`])).exit === 0;
}

/** The state files that git tracks, as absolute paths; none when git cannot tell. */
export async function trackedStates(tree: string): Promise<readonly string[]> {
  const { stdout } = await git(tree, ['ls-files', '-z', '--', '*.state.json']);
  return stdout.split('\0').flatMap((file) => (file === '' ? [] : [path.join(tree, file)]));
}

/** The YAML files that git tracks, as absolute paths; none when git cannot tell. */
export async function trackedYaml(tree: string): Promise<ReadonlySet<string>> {
  const { stdout } = await git(tree, ['ls-files', '-z', '--', ...YAML_FILES]);
  return new Set(stdout.split('\0').map((file) => path.join(tree, file)));
}
