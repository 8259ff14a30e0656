/** The text of a state file, and the state in it, also when its end was never written. */

import { NotAFileError, NotTextError, readText } from '../../../files/read-text.ts';
import { errnoOf } from '../../../files/system-errors.ts';
import { shellCommand } from '../../../model/shell.ts';
import { STATE_LIMITS } from '../../../model/state.ts';
import { type Hint, UserError } from '../../../model/user-error.ts';
import type { StoredState } from '../../backend.ts';
import { inMegabytes } from '../../state-size.ts';
import { restoreHint } from './errors.ts';

/** How the line of a change begins. */
const CHANGE = '{"serial":';

/** The snapshot and the changes in the text of a state file. */
export function storedIn(text: string): StoredState {
  const end = text.lastIndexOf('\n') + 1;
  // After a power failure the disk may have the end of a file, and zeros where its text should be.
  const last = text.slice(end).replace(/\0+$/, '');
  const kept = text.slice(0, end) + (end > 0 && isTorn(last) ? '' : last);
  const at = kept.search(/^\{"serial":/m);
  if (at === -1) return { snapshot: kept, changes: [] };
  const changes = kept.slice(at).split('\n');
  if (changes.at(-1) === '') changes.pop();
  return { snapshot: kept.slice(0, at), changes };
}

/**
 * Whether the last line was being written when its run ended, so that its change was not confirmed. A change that lacks the
 * end of its line alone may be one that was kept, in a file that an editor has saved.
 */
function isTorn(last: string): boolean {
  if (!last.startsWith(CHANGE)) return CHANGE.startsWith(last);
  try {
    JSON.parse(last);
    return false;
  } catch {
    return true;
  }
}

/**
 * The file's text without a byte order mark; undefined when there is no file.
 *
 * @param most The largest size, in bytes.
 * @throws UserError STATE_INVALID
 */
export async function readStateText(path: string, most: number = STATE_LIMITS.bytes): Promise<string | undefined> {
  try {
    return (await readText(path, { most }))?.replace(/^\uFEFF/, '');
  } catch (error) {
    const invalid = (problem: string, hint: Hint | string) =>
      new UserError('STATE_INVALID', `${path} ${problem}`, hint, { cause: error });
    if (error instanceof NotTextError) throw invalid('is not UTF-8 text', await restoreHint(path, '?'));
    const code = errnoOf(error) ?? 'failed';
    if (code === 'EFBIG')
      throw invalid(`is larger than ${inMegabytes(most)}`, 'Check that --state names a state file.');
    const why = error instanceof NotAFileError ? error.message : code;
    const access =
      code === 'EACCES' || code === 'EPERM'
        ? `Give this user read access (${shellCommand('chmod u+r', path)}), or name`
        : 'Name';
    throw invalid(`cannot be read: ${why}`, `${access} another state file with --state.`);
  }
}

/** What remains of a file whose state was moved elsewhere. */
export function leftFile(path: string): string {
  return `${path}.migrated`;
}

/** A state that was moved from this file, so that no run begins a new one there; undefined: there was none. */
export async function storedLeft(path: string): Promise<StoredState | undefined> {
  const text = await readText(leftFile(path), { most: STATE_LIMITS.bytes }).catch(() => undefined);
  const stored = text === undefined ? undefined : storedIn(text);
  return stored?.changes.at(-1)?.includes('"moved":{') ? stored : undefined;
}
