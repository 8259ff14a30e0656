/** Refuses a state that belongs to something else: another organization, sandbox or configuration. */

import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { leaveSandboxCommand } from '../files/move-aside.ts';
import { shownRelativePath } from '../files/paths.ts';
import { DEFAULT_SANDBOX } from '../model/defaults.ts';
import { moveAwayCommand, shellPath } from '../model/shell.ts';
import { ownState, type State, secretFilesOf } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import type { StateBackend } from './backend.ts';

/** What a state belongs to. */
export type StateOf = Pick<State, 'organization' | 'organization_id' | 'sandbox' | 'configuration'>;

/** Where a state is. */
type Named = Pick<StateBackend, 'name' | 'file'>;

/** What a state must fit, and where the state is. */
export interface FitsIn extends StateOf {
  /** The configuration's folder. */
  readonly folder: string;
  /** The folder of the sandbox, where it is known; at MotherDuck, that of the one that `--sandbox` would use. */
  readonly sandboxFolder?: string;
}

/** @throws UserError STATE_FOREIGN */
export function refuseForeign(backend: Named, state: State, of: FitsIn): void {
  const { name: path, file } = backend;
  if (state.organization !== of.organization) {
    throw new UserError(
      'STATE_FOREIGN',
      `${path} is the state of the organization "${state.organization}", but the configuration is for "${of.organization}"`,
      file === undefined
        ? 'Name a matching configuration with --config, or correct `organization` or `state` in the configuration.'
        : 'Name matching files with --config and --state, or correct `organization` in the configuration.',
    );
  }
  if (state.sandbox && !of.sandbox) {
    const message = `${path} is the state of a sandbox, but this command would use it with MotherDuck`;
    throw new UserError('STATE_FOREIGN', message, leaveOrGoOn(howToLeave(backend, state, of), waysBack(of)));
  }
  if (!state.sandbox && of.sandbox) {
    const message = `${path} is the state of the real organization, but this command would use it in a sandbox`;
    const hint =
      'Use the sandbox in a copy of the folder without its state, so that the secrets of real tokens are not overwritten either.';
    throw new UserError('STATE_FOREIGN', message, hint);
  }
  const { organization_id: known } = state;
  if (of.sandbox && known !== undefined && of.organization_id !== undefined && known !== of.organization_id) {
    throw otherSandbox(backend, howToLeave(backend, state, of), of);
  }
}

/** How to leave the sandbox that a state is of. */
function howToLeave({ name, file }: Named, state: State, { folder }: FitsIn): string {
  const command = leaveSandboxCommand(file === undefined ? undefined : name, secretFilesOf(state, folder));
  if (file !== undefined) return command;
  const elsewhere = 'keep the new state elsewhere (`state` in the configuration)';
  return command === '' ? `${elsewhere}.` : `${elsewhere}, and move the secrets of the sandbox aside: ${command}`;
}

/** The options for the sandboxes that are there: a state does not know the folder of its own. */
function waysBack({ folder, sandboxFolder }: FitsIn): string {
  const usual = resolve(folder, DEFAULT_SANDBOX);
  const named = resolve(sandboxFolder ?? usual);
  return [
    ...(existsSync(named) ? ['--sandbox'] : []),
    ...(named !== usual && existsSync(usual) ? [sandboxDir(usual)] : []),
    'the --sandbox-dir that it was made with',
  ].join(', or ');
}

/** Unlike `--sandbox`, it prevails over MDACC_SANDBOX. */
function sandboxDir(folder: string): string {
  return `--sandbox-dir ${shellPath(shownRelativePath(folder))}`;
}

/** @param leave how to leave the sandbox that the state is of */
function otherSandbox({ name: path, file }: Named, leave: string, { folder, sandboxFolder }: FitsIn): UserError {
  const usual = resolve(folder, DEFAULT_SANDBOX);
  const used = sandboxFolder === undefined ? undefined : resolve(sandboxFolder);
  const name = used === undefined ? 'the one that is served' : shownRelativePath(used);
  const message = `${path} is the state of another sandbox than ${name}, or of this one before it was reset or removed`;
  if (used === usual || !existsSync(usual)) {
    const gone = file === undefined ? leave : `remove what is left of it: ${leave}`;
    const hint = `Name the other sandbox's folder with --sandbox-dir. If it is gone, ${gone}`;
    return new UserError('STATE_FOREIGN', message, hint);
  }
  return new UserError('STATE_FOREIGN', message, leaveOrGoOn(leave, sandboxDir(usual)));
}

/** The command comes last, where it is easy to copy. */
function leaveOrGoOn(leave: string, how: string): string {
  return `Leave the sandbox (or go on in it with ${how}): ${leave}`;
}

/** With a shared state, each configuration of a folder would delete the accounts of the others. */
export async function refuseOtherConfiguration(
  { name: path, file }: Named,
  state: State,
  own: string | undefined,
  folder: string,
) {
  const { configuration } = state;
  if (own === undefined || configuration === undefined || configuration === own) return;
  if (!(await isFile(join(folder, configuration)))) return; // it was renamed
  const message = `${path} is the state of ${configuration}, but the configuration is ${own}`;
  if (file !== undefined && basename(path) === ownState(own)) {
    // It is where this configuration's state belongs, so it was copied there.
    const hint = `It is a copy. If ${own} replaces ${configuration}, remove ${configuration}. If not, move the copy away, and ${own} begins with a state of its own: ${moveAwayCommand(path)}`;
    throw new UserError('STATE_FOREIGN', message, hint);
  }
  const apart =
    file === undefined
      ? `Give ${own} a location of its own under \`state\``
      : 'Leave out --state (MDACC_STATE), so that each configuration has a state of its own';
  throw new UserError(
    'STATE_FOREIGN',
    message,
    `${apart}. If ${own} replaces ${configuration}, remove ${configuration}.`,
  );
}

/** Whether a file is at the path; false when that cannot be told. */
export function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
