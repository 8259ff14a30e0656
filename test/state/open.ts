/** Opens and locks states in files, for tests. */
import { onTestFinished } from 'vitest';
import type { LockRequest, StateLock } from '../../src/state/backend.ts';
import { fileBackend } from '../../src/state/kinds/file/backend.ts';
import { storedIn } from '../../src/state/kinds/file/text.ts';
import { type OpenedState, openState, type StateOptions } from '../../src/state/opened-state.ts';
import { replay } from '../../src/state/state-change.ts';
import type { StateDocument } from '../../src/state/state-document.ts';

/** Opens the state in a file, until the test has ended. */
export async function openFile(path: string, organization = 'acme', options: StateOptions = {}): Promise<OpenedState> {
  const backend = fileBackend(path);
  onTestFinished(() => backend.settle());
  return openState(backend, organization, options);
}

/** The document in the text of a state file, also during a run. */
export function documentIn(text: string) {
  const { snapshot, changes } = storedIn(text);
  return replay(
    JSON.parse(snapshot ?? '{}'),
    changes.map((line) => JSON.parse(line)),
  ) as unknown as StateDocument;
}

export const WHO = 'ann';

export const lockFile = (
  path: string,
  command: string,
  waitMs: number,
  say: Pick<LockRequest, 'warn' | 'note'>,
  signal?: AbortSignal,
): Promise<StateLock> => fileBackend(path).lock({ command, who: WHO, waitMs, ...say, ...(signal ? { signal } : {}) });
