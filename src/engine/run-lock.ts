/** The lock of the state during a run, and who runs it. */
import { userInfo } from 'node:os';
import { defined } from '../model/defined.ts';
import type { Seconds } from '../model/time.ts';
import type { StateBackend } from '../state/backend.ts';
import type { RunContext } from './service.ts';

/** Who runs a command: the URL of a CI job, or the user. */
export function whoRuns(env: NodeJS.ProcessEnv): string {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID, CI_JOB_URL, BUILD_URL } = env;
  if (GITHUB_SERVER_URL && GITHUB_REPOSITORY && GITHUB_RUN_ID) {
    return `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
  }
  return CI_JOB_URL || BUILD_URL || userName();
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'an unknown user'; // The user id has no name, as in some containers.
  }
}

/**
 * Locks the state, does the work, and releases the lock even if the work throws.
 *
 * @param command which another run is shown while the state is locked
 * @param wait how long to wait for another run, in seconds
 * @throws UserError STATE_LOCKED, INTERRUPTED
 */
export async function underStateLock<T>(
  backend: StateBackend,
  { command, who }: { readonly command: string; readonly who: string },
  wait: Seconds,
  { warn, note, signal }: RunContext,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await backend.lock({
    command,
    who,
    waitMs: wait * 1000,
    warn,
    ...defined({ note, signal }),
  });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
