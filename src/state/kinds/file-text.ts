/** What the text of a state file holds, also when its end was never written. */
import type { StoredState } from '../backend.ts';

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
 * Whether a last line was being written when its run ended, so that nobody was told that it is kept. A change that lacks the
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
