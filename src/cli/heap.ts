/** How much memory the program lets itself have. */
import { setFlagsFromString } from 'node:v8';

/**
 * Collects sooner than V8 would, for about a tenth more processor time where there is much: a CI runner that is small
 * then holds the 10,000 accounts that are read. Only what is allocated after it is concerned, so it is called first.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=20');
}
