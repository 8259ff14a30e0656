/** Reminds to commit a state file: an older one, in another clone, makes plans wrong. */
import { targetOf } from '../files/paths.ts';
import { gitExposure } from '../secrets/git-exposure.ts';
import type { OpenedState } from '../state/opened-state.ts';
import type { Io } from './io.ts';
import { isCi } from './terminal.ts';

/**
 * Reminds where this run changed the state and git would add its file. The state of a sandbox is of no use to anybody else, and
 * a pipeline commits it itself.
 *
 * @param before The serial of the state before the run changed it.
 */
export async function remindToCommit(
  { file, state }: Pick<OpenedState, 'file' | 'state'>,
  before: number,
  io: Io,
): Promise<void> {
  if (file === undefined || state.sandbox || state.serial === before || isCi(io.env)) return;
  const { exposed } = await gitExposure(await targetOf(file));
  if (exposed === true) io.note(`Commit ${file}, which this run changed.`);
}
