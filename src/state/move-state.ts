/** Moves a state from one location to another, of any kinds. A move that ended on its way is finished by the next one. */
import { randomUUID } from 'node:crypto';
import { basename, resolve } from 'node:path';
import type { State } from '../model/state.ts';
import { runBy, withRun } from '../model/state-run.ts';
import { UserError } from '../model/user-error.ts';
import { counted } from '../model/wording.ts';
import type { StateBackend } from './backend.ts';
import { movedAway, type ReadState, readKept } from './read-state.ts';
import { movedChange, wholeChange } from './state-change.ts';
import { serializeState, statePieces } from './state-document.ts';

/** The result of a move. */
interface StateMove {
  /** Whether this run changed something. */
  readonly isMoved: boolean;
  /** The state, where it is now. */
  readonly state: State;
}

/** Who moves a state, and when. */
interface StateMover {
  readonly who: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Whether both keep the state in the same location. */
export function isSameBackend(from: StateBackend, to: StateBackend): boolean {
  if (from.file !== undefined && to.file !== undefined) return resolve(from.file) === resolve(to.file);
  return from.file === undefined && to.file === undefined && from.name === to.name;
}

/**
 * Moves the state, under the locks of both locations. It is written to the new one first, then the old one says where it is:
 * at every moment one of them has it, and a run that still uses the old one fails at its next write.
 *
 * @throws UserError STATE_FOREIGN: the new location has another state; STATE_MOVED; STATE_INVALID when there is none to move
 */
export async function moveState(from: StateBackend, to: StateBackend, mover: StateMover): Promise<StateMove> {
  const [old, there] = [await readKept(from), await readKept(to)];
  if (isSameBackend(from, to) || old === undefined || old.moved !== undefined) {
    return { isMoved: false, state: alreadyIn(to, there, from, old) };
  }
  if (there !== undefined && !isOutdated(there, old)) {
    if (!isCopyOf(there, old)) throw occupied(to, there, from, old);
    // An earlier move ended before the old location knew of it.
    await leave(from, old.state, to, mover);
    return { isMoved: true, state: there.state };
  }
  if (there !== undefined && there.state.serial > old.state.serial) throw refused(to, there, from, old);
  const state: State = {
    ...old.state,
    serial: Math.max(old.state.serial, there?.state.serial ?? 0) + 1,
    runs: withRun(old.state.runs, {
      ...runBy({ command: 'state migrate', who: mover.who }, mover.at),
      counts: {},
      exit_code: 0,
    }),
    moved_from: { place: locationOf(from), serial: old.state.serial, at: mover.at },
  };
  await to.append({
    serial: state.serial,
    text: JSON.stringify(wholeChange(state, randomUUID())),
    snapshot: () => statePieces(state),
    after: there?.state.serial ?? 0,
  });
  await leave(from, old.state, to, mover);
  return { isMoved: true, state };
}

/** Whether the new place has an older copy, which may be replaced. */
function isOutdated({ state, moved }: ReadState, { state: old }: ReadState): boolean {
  if (state.lineage !== old.lineage) return false;
  // The state was moved away from there, or an earlier move ended before that location knew of it.
  if (moved !== undefined || old.moved_from?.serial === state.serial) return true;
  // A copy that no run has used.
  const from = state.moved_from;
  return from !== undefined && state.serial === from.serial + 1 && from.serial < old.serial;
}

/** Whether the new location has everything that the old one has. */
function isCopyOf({ state }: ReadState, { state: old }: ReadState): boolean {
  if (state.lineage !== old.lineage) return false;
  return (state.moved_from?.serial ?? 0) >= old.serial || serializeState(state) === serializeState(old);
}

async function leave(from: StateBackend, state: State, to: StateBackend, { who, at }: StateMover): Promise<void> {
  const left: State = { ...state, serial: state.serial + 1 };
  await from.leave({
    serial: left.serial,
    text: JSON.stringify(movedChange(left, { to: locationOf(to), at, who }, randomUUID())),
    snapshot: () => statePieces(state),
  });
}

/** As other machines may know it: without the folder of a file. */
function locationOf({ name, file }: StateBackend): string {
  return file === undefined ? name : basename(file);
}

/** The state that needs no move. @throws UserError STATE_MOVED, STATE_INVALID */
function alreadyIn(
  to: StateBackend,
  there: ReadState | undefined,
  from: StateBackend,
  old: ReadState | undefined,
): State {
  if (there?.moved !== undefined) throw movedAway(to, there.moved);
  const isSuccessor =
    old === undefined || (there?.state.lineage === old.state.lineage && there.state.serial >= old.state.serial);
  if (there !== undefined && isSuccessor) return there.state;
  if (old?.moved !== undefined && old.moved.to !== locationOf(to)) throw movedAway(from, old.moved);
  const locations = isSameBackend(from, to) ? to.name : `${from.name}, nor at ${to.name}`;
  throw new UserError(
    'STATE_INVALID',
    `there is no state at ${locations}`,
    'Name the location that it is moved from with --from FILE: the configuration as it was before you changed "state" (git show HEAD:FILE), or a state file.',
  );
}

function refused(to: StateBackend, there: ReadState, from: StateBackend, old: ReadState): UserError {
  return there.moved === undefined ? occupied(to, there, from, old) : movedAway(to, there.moved);
}

function occupied(to: StateBackend, there: ReadState, from: StateBackend, old: ReadState): UserError {
  const of = ({ state }: ReadState) =>
    `"${state.organization}", ${counted(state.accounts.size, 'account')}, serial ${state.serial}`;
  const isSame = there.state.lineage === old.state.lineage;
  const message = isSame
    ? `${from.name} (serial ${old.state.serial}) and ${to.name} (serial ${there.state.serial}) have the same state, and both were changed since it was copied`
    : `${to.name} has another state (${of(there)}) than ${from.name} (${of(old)})`;
  const away = from.file === undefined ? `name another location than ${from.name}` : `move ${from.file} away`;
  return new UserError(
    'STATE_FOREIGN',
    `${message}: nothing was overwritten`,
    `If the state in ${to.name} is the right one, ${away}. If not, name a location without a state under "state".`,
  );
}
