import { lstatSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, parse, relative, resolve, sep } from 'node:path';
import { shellCommand } from '../model/shell.ts';
import { UserError } from '../model/user-error.ts';
import { git } from './git.ts';
import { shownRelativePath, targetOf, workTreeOf } from './paths.ts';

/** As `targetOf`, for a file or a folder that is written. @throws UserError LINK_REFUSED; the system's error */
export async function writableTarget(path: string): Promise<string> {
  await refuseTrackedLinks(path);
  return targetOf(path);
}

/** @throws UserError LINK_REFUSED when `findTrackedLink` finds a link */
export async function refuseTrackedLinks(path: string): Promise<void> {
  const found = await findTrackedLink(path);
  if (found === undefined) return;
  const shown = shownRelativePath(found.link);
  const tracks = found.why === '' ? 'that git tracks' : `and git cannot tell whether it tracks it (${found.why})`;
  const hint =
    found.why === ''
      ? `Remove it (${shellCommand('git rm --cached', shown)}), or name the file itself.`
      : 'Make git usable here.';
  throw new UserError('LINK_REFUSED', `${shown} is a link ${tracks}, so nothing is written through it`, hint);
}

interface TrackedLink {
  readonly link: string;
  /** Why git cannot tell whether it tracks the link; empty when it does. */
  readonly why: string;
}

/**
 * The first step of a path that is a symbolic link which git tracks: the author of a pull request may have chosen its
 * target. A link that git does not track, or outside of any work tree, is the user's own, and is followed.
 */
export async function findTrackedLink(path: string): Promise<TrackedLink | undefined> {
  let reached = parse(resolve(path)).root;
  const steps = stepsOf(resolve(path));
  for (let links = 0; links < 40; ) {
    const step = steps.shift();
    if (step === undefined) return undefined;
    const next = step === '..' ? dirname(reached) : join(reached, step);
    const to = isLink(next) ? await readlink(next).catch(() => undefined) : undefined;
    if (to === undefined) {
      reached = next;
      continue;
    }
    const why = await whyTracked(next);
    if (why !== undefined) return { link: next, why };
    links++;
    if (isAbsolute(to)) reached = parse(to).root;
    steps.unshift(...stepsOf(to));
  }
  return undefined;
}

/** Synchronous, since each of the many steps would otherwise take longer to wait for than to read. */
function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  } catch {
    return false;
  }
}

function stepsOf(path: string): string[] {
  const { root } = parse(path);
  return path
    .slice(root.length)
    .split(sep)
    .filter((step) => step !== '' && step !== '.');
}

/** Whether git surely tracks a file or link. */
export async function isTracked(path: string): Promise<boolean> {
  return (await whyTracked(path)) === '';
}

async function whyTracked(link: string): Promise<string | undefined> {
  const tree = workTreeOf(dirname(link));
  if (tree === undefined) return undefined;
  // Some file systems ignore case, and git does not.
  const pathspec = `:(icase,literal)${relative(tree, link).split(sep).join('/')}`;
  const { exit, stdout, why } = await git(tree, ['ls-files', '-z', '--', pathspec]);
  if (exit === 0) return stdout === '' ? undefined : '';
  return why.includes('not a git repository') ? undefined : (why.split('\n')[0] ?? 'git failed');
}
