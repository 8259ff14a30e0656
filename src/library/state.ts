import type { StateWriter } from '../apply/state-writer.ts';
import { statePath } from '../engine/state.ts';
import type { Desired } from '../model/desired.ts';
import type { State } from '../model/state.ts';
import { openState as openStateFile } from '../state/state-file.ts';
import { lockState } from '../state/state-lock.ts';
import type { Service } from './service.ts';

export interface StateQuestion {
  readonly desired: Desired;
  readonly service: Service;
  /** The state's file; `motherduck.accounts.state.json` beside the configuration unless given. */
  readonly stateFile?: string;
}

/**
 * Reads the state, for a plan or an audit that only looks. Where there is no file yet, it is empty.
 *
 * @throws {@link UserError} STATE_INVALID, STATE_NEWER, STATE_FOREIGN (of another organization, or of a sandbox)
 */
export async function readState(question: StateQuestion): Promise<State> {
  return (await openFile(question)).state;
}

/** The state, locked by this program until it is closed. */
export interface OpenState {
  /** As it is now. */
  readonly state: State;
  /** Saves what is not saved yet, and releases the lock; to be called in the end, also after an error. @throws {@link UserError} STATE_UNWRITABLE */
  close(): Promise<void>;
  /** @internal */
  readonly stateWriter: StateWriter;
}

/**
 * Locks the state and opens it, for an apply. Open it before the organization is read, so that no other run changes what
 * was read.
 *
 * @param question `wait`: how long to wait for another run, in seconds; not at all unless given. `onWarning` is told when
 * the lock of a run that is gone was taken over. `signal` ends the waiting.
 * @throws {@link UserError} STATE_LOCKED, STATE_UNWRITABLE, INTERRUPTED, and what `readState` throws
 */
export async function openState(
  question: StateQuestion & {
    readonly wait?: number;
    readonly onWarning?: (message: string) => void;
    readonly signal?: AbortSignal;
  },
): Promise<OpenState> {
  const { wait = 0, onWarning = () => {}, signal } = question;
  const lock = await lockState(fileOf(question), 'library', wait * 1000, { warn: onWarning }, signal);
  try {
    const stateWriter = await openFile(question);
    return {
      stateWriter,
      get state() {
        return stateWriter.state;
      },
      close: () => stateWriter.close().finally(() => lock.release()),
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function openFile(question: StateQuestion) {
  const { desired, service } = question;
  return openStateFile(fileOf(question), desired.organization, { sandbox: service.isSandbox });
}

function fileOf({ desired, stateFile }: StateQuestion): string {
  return statePath({ config: desired.file, ...(stateFile === undefined ? {} : { state: stateFile }) });
}

/** The state, whichever way it was come by. */
export function snapshotOf(state: State | OpenState): State {
  return 'stateWriter' in state ? state.state : state;
}
