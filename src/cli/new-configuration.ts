/** Where init --from-live begins, and import of names or of Terraform where there is no configuration: with a new one, and no state. */
import { stat } from 'node:fs/promises';
import { notFound } from '../config/errors.ts';
import { newImportFiles, readImportFiles } from '../engine/import-files.ts';
import { statePath } from '../engine/state-location.ts';
import { initialConfig, tightestGuardrails } from '../import/initial-config.ts';
import { DEFAULT_ORGANIZATION } from '../model/defaults.ts';
import { UserError } from '../model/user-error.ts';
import { importContext } from './configuration.ts';
import type { ImportLiveOptions, ImportStart } from './importing.ts';
import type { Io } from './io.ts';

/** The options of a command that can write a new configuration. */
export interface NewOptions extends ImportLiveOptions {
  /** The name of the organization. */
  readonly organization?: string;
}

/** Begins with the configuration, or with a new one where there is none. @throws UserError CONFIG_NOT_FOUND when another one may be meant */
export async function startWith(options: NewOptions, io: Io): Promise<ImportStart> {
  const { config } = options;
  if (await isThere(config)) return { read: () => readImportFiles(options, importContext(io)) };
  const missing = await notFound(config);
  // Its hint names a file that is there.
  if (missing.hint.command === undefined) throw missing;
  return startNew(options, io);
}

/** Begins with a new configuration. @throws UserError FILE_EXISTS when there is a state */
export async function startNew(options: NewOptions, io: Io): Promise<ImportStart> {
  const { config, organization = DEFAULT_ORGANIZATION } = options;
  await refuseState(statePath(options));
  const message = `the organization is named ${DEFAULT_ORGANIZATION}, also in the state`;
  const unnamed = { message, hint: { text: 'Give it another name with --organization NAME.' } };
  return {
    notices: options.organization === undefined ? [unnamed] : [],
    read: () => newImportFiles(config, initialConfig(organization), io.env),
    adjust: (live) => newImportFiles(config, initialConfig(organization, tightestGuardrails(live)), io.env),
  };
}

/** Refuses to begin beside the state of another configuration, which knows the locations of secrets. */
async function refuseState(state: string): Promise<void> {
  if (!(await isThere(state))) return;
  const hint =
    'Restore its configuration from git. To start again, move the state file away: live accounts are then adopted.';
  throw new UserError('FILE_EXISTS', `${state} exists, but its configuration does not`, hint);
}

/** Whether a file or a folder is at the path. */
export function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
