/** Reminds the user to commit the state file and the files written with it: an older state in another clone makes plans wrong. */
import { dirname } from 'node:path';
import { targetOf, workTreeOf } from '../files/paths.ts';
import { isCi } from '../model/ci.ts';
import { enumerated } from '../model/wording.ts';
import { gitExposure } from '../secrets/git-exposure.ts';
import type { OpenedState } from '../state/opened-state.ts';
import type { Io } from './io.ts';

/**
 * Reminds where this run changed files that git would add: the state's, and others. Outside of git, the run that began the state
 * says to keep it. The state of a sandbox is of no use to anybody else, and a pipeline commits it itself.
 *
 * @param before The serial of the state before the run changed it.
 * @param others Files that this run changed too.
 */
export async function remindToCommit(
  { file, state }: Pick<OpenedState, 'file' | 'state'>,
  before: number,
  io: Io,
  others: readonly string[] = [],
): Promise<void> {
  if (state.sandbox || isCi(io.env)) return;
  const changed = file === undefined || state.serial === before ? others : [...others, file];
  const isBegun = before === 0 && state.serial > 0;
  if (isBegun && file !== undefined && workTreeOf(dirname(await targetOf(file))) === undefined)
    io.note(`Keep ${file}, for example in git: it says what is managed, and has no secret.`);
  const exposed: string[] = [];
  for (const each of changed) if ((await gitExposure(await targetOf(each))).exposed === true) exposed.push(each);
  if (exposed.length > 0) io.note(`Commit ${enumerated(exposed)}, which this run changed.`);
}
