/** What V8 is told about the commands that read an organization: they are short, and their runners may be small. */
import { setFlagsFromString } from 'node:v8';

/** V8 of Node 20, 22 and 24. One that does not know a flag would complain of it on stderr. */
const KNOWS_THE_FLAGS = ['11.', '12.', '13.'];

/**
 * Set before anything is read. For commands alone: the library does not set what goes for a process that is not its own.
 *
 * The heap is collected sooner, for a tenth more processor time where there is much: 10,000 accounts then fit in 300 MB.
 */
export function suitEngineToCommand(): void {
  if (!KNOWS_THE_FLAGS.some((version) => process.versions.v8.startsWith(version))) return;
  setFlagsFromString('--heap-growing-percent=20');
}
