/** Why a state file is not written, and what to do; how a damaged one is known, and comes back. */

import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf, isDiskFull, isMountPoint } from '../../../files/system-errors.ts';
import { AFTER_OTHER_RUNS, thenAgain } from '../../../model/hints.ts';
import { shellCommand } from '../../../model/shell.ts';
import { type Hint, UserError } from '../../../model/user-error.ts';

/** What is known of the file that was read. */
export interface ReadFile {
  /** Undefined: there was no file. */
  readonly digest: string | undefined;
  readonly lineage: string | undefined;
}

/** The run lost its lock. */
export function lockBroken(path: string): UserError {
  return new UserError(
    'STATE_LOST',
    `the lock of ${path} was removed or replaced during this run, so another run may have written the state: nothing more was written`,
    AFTER_OTHER_RUNS,
  );
}

/** Another program wrote the file while the run had its lock. */
export function writtenByOther(path: string): UserError {
  return new UserError(
    'STATE_LOST',
    `${path} was changed by another program during this run: nothing more was written, and what the other program wrote stays`,
    `Check the file (git diff). ${AFTER_OTHER_RUNS}`,
  );
}

/** The file is another one than was read. */
export function changedOutside(path: string, opened: ReadFile, now: string | undefined): UserError {
  const hint = 'The file was not overwritten. Check it, then run the command again.';
  const { digest, lineage } = opened;
  const isChanged = digest !== undefined && (now === undefined || (lineage !== undefined && now.includes(lineage)));
  if (isChanged) {
    const what = now === undefined ? 'removed' : 'changed';
    return new UserError('STATE_INVALID', `${path} was ${what} by another program after it was read`, hint);
  }
  const before = digest === undefined ? 'there was no file' : 'the file had another lineage';
  return new UserError('STATE_FOREIGN', `${path} is now a different state: when it was read, ${before}`, hint);
}

/** A write failed. */
export function unwritable(path: string, error: unknown): UserError {
  const code = errnoOf(error) ?? 'failed';
  const fix = isDiskFull(error)
    ? `Free space on the disk of ${path}`
    : isMountPoint(error)
      ? `Mount the folder of ${path}, and not the file by itself, whose place no new file can take`
      : `Give this user write access to ${path} and its folder, where a temporary file is created`;
  return new UserError('STATE_UNWRITABLE', `${path} cannot be written: ${code}`, thenAgain(fix), { cause: error });
}

/** The fix for a damaged state: restore it, from the newest backup in its folder if there is one. A file of another kind stays. */
export async function restoreHint(path: string, text: string): Promise<Hint> {
  const names = await readdir(dirname(path)).catch(() => []);
  const backup = names
    .filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith('.backup'))
    .sort()
    .at(-1);
  if (backup === undefined && text.trim() !== '' && !isLikeState(text)) {
    const kind = /^(version|organization|accounts)\s*:/m.test(text)
      ? 'It looks like a configuration.'
      : 'It does not look like a state.';
    return {
      text: `${kind} Leave out --state (MDACC_STATE), or name the state's file. A damaged state comes back from git or a backup.`,
    };
  }
  const also = backup === undefined ? '' : `, or the backup ${join(dirname(path), backup)}`;
  const advice = `Copy the file away first: it may have what a run wrote after the last commit. Then restore the last good version (${shellCommand('git checkout --', path)}${also}). If there is none, move the file away and adopt what is live.`;
  return { text: advice, command: ['apply'] };
}

/** Whether a text has the first lines of a state, so that advice to restore it harms no other file. */
export function isLikeState(text: string): boolean {
  return /^\s{0,2}"(lineage|serial)"/m.test(text);
}
