/** A state file that is gone, and that git still has: to begin without it would make known secrets unknown, and leave replaced tokens live. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileOfCommit } from '../files/git.ts';
import { isTracked } from '../files/links.ts';
import { repositoryPath, workTreeOf } from '../files/paths.ts';
import { shellPath } from '../model/shell.ts';
import type { State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import type { StateOf } from './foreign-state.ts';
import { stateOfText } from './read-state.ts';

/** The state as git has it; undefined where the file is there, git has none, or its last commit has no valid one. */
async function removedState(file: string): Promise<State | undefined> {
  const path = resolve(file);
  const tree = workTreeOf(dirname(path));
  if (tree === undefined || existsSync(path) || !(await isTracked(path))) return undefined;
  const committed = await fileOfCommit(tree, 'HEAD', repositoryPath(path));
  if (committed === undefined || 'why' in committed) return undefined;
  return stateOfText(file, committed.text).catch(() => undefined);
}

/** What to do where a state file is gone that git still has; undefined where it has none. */
export async function bringBack(file: string): Promise<string | undefined> {
  const state = await removedState(file);
  return state && hintFor(file, state);
}

/**
 * Refuses to begin without a state that git still has of the same organization. The state of a sandbox is removed before the first
 * apply at MotherDuck, and when the sandbox is made again.
 *
 * @throws UserError STATE_INVALID
 */
export async function refuseRemovedState(file: string, of: StateOf): Promise<void> {
  const state = await removedState(file);
  if (state === undefined || state.organization !== of.organization || state.sandbox !== of.sandbox) return;
  const [id, own] = [state.organization_id, of.organization_id];
  if (id !== undefined && own !== undefined && id !== own) return;
  throw new UserError('STATE_INVALID', `there is no state at ${file}, but git has one`, hintFor(file, state));
}

/** The state of a sandbox fits the folder of that sandbox alone, which may be gone. */
function hintFor(file: string, { sandbox }: State): string {
  const [back, out] = [`git checkout -- ${shellPath(file)}`, `git rm --cached ${shellPath(file)}`];
  return sandbox
    ? `Git has the state of a sandbox there. If you go on with that sandbox, bring it back: ${back}. Otherwise take it out of git: ${out}. The next apply then begins a new one.`
    : `Bring it back: ${back}. To begin without it, take it out of git too: ${out}`;
}
