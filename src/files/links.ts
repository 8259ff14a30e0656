import { readlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, parse, relative, resolve, sep } from 'node:path';
import { UserError } from '../model/user-error.ts';
import { git } from './git.ts';
import { shownRelativePath, targetOf, workTreeOf } from './paths.ts';

/** As `targetOf`, for a file or a folder that is written. @throws UserError LINK_REFUSED; the system's error */
export async function writableTarget(path: string): Promise<string> {
  await refuseTrackedLinks(path);
  return targetOf(path);
}

/**
 * Refuses a path of which some step is a symbolic link that git tracks: the author of a pull request may have chosen its
 * target. A link that git does not track, or outside of any work tree, is the user's own, and is followed.
 *
 * @throws UserError LINK_REFUSED
 */
export async function refuseTrackedLinks(path: string): Promise<void> {
  let reached = parse(resolve(path)).root;
  const steps = stepsOf(resolve(path));
  for (let links = 0; links < 40; ) {
    const step = steps.shift();
    if (step === undefined) return;
    const next = step === '..' ? dirname(reached) : join(reached, step);
    const to = await readlink(next).catch(() => undefined);
    if (to === undefined) {
      reached = next;
      continue;
    }
    await refuseTracked(next);
    links++;
    if (isAbsolute(to)) reached = parse(to).root;
    steps.unshift(...stepsOf(to));
  }
}

function stepsOf(path: string): string[] {
  const { root } = parse(path);
  return path
    .slice(root.length)
    .split(sep)
    .filter((step) => step !== '' && step !== '.');
}

async function refuseTracked(link: string): Promise<void> {
  const tree = await workTreeOf(dirname(link));
  if (tree === undefined) return;
  // Some file systems ignore case, and git does not.
  const pathspec = `:(icase,literal)${relative(tree, link).split(sep).join('/')}`;
  const { exit, stdout, why } = await git(tree, ['ls-files', '-z', '--', pathspec]);
  if (exit === 0 ? stdout === '' : why.includes('not a git repository')) return;
  const shown = shownRelativePath(link);
  const tracks = exit === 0 ? 'that git tracks' : `and git cannot tell whether it tracks it (${why.split('\n')[0]})`;
  throw new UserError(
    'LINK_REFUSED',
    `${shown} is a link ${tracks}, so nothing is written through it`,
    exit === 0 ? `Remove it (git rm --cached ${shown}), or name the file itself.` : 'Make git usable here.',
  );
}
