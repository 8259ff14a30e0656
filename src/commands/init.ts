/** `mdacc init`: writes a starter file or a configuration of the live accounts, and adds secrets to .gitignore. Overwrites nothing. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { EXIT, runCommand } from '../cli/exit-codes.ts';
import { importLive } from '../cli/importing.ts';
import type { Io } from '../cli/io.ts';
import { isThere, type NewOptions, startNew } from '../cli/new-configuration.ts';
import { contextOf } from '../cli/typed-options.ts';
import { alreadyThere, ignoreInGit, newImportFiles, writeNew } from '../engine/import-files.ts';
import { starterConfig } from '../import/initial-config.ts';
import { IMPORT_NAMES } from '../import/selection.ts';
import { DEFAULT_CONFIG, DEFAULT_ORGANIZATION } from '../model/defaults.ts';
import { UserError } from '../model/user-error.ts';
import { counted } from '../model/wording.ts';
import { commandText } from '../report/hint.ts';

interface InitOptions extends NewOptions {
  readonly fromLive?: boolean;
}

export function run(options: InitOptions): Promise<number> {
  return runCommand(options, (io) => (options.fromLive ? fromLive(options, io) : fromStarter(options, io)));
}

async function fromStarter(
  { config, organization = DEFAULT_ORGANIZATION, dryRun }: InitOptions,
  io: Io,
): Promise<number> {
  await refuseFolder(config);
  const text = starterConfig(organization);
  await newImportFiles(config, text, io.env);
  if (dryRun) {
    if (await isThere(config)) throw alreadyThere(config);
    io.result(text);
    return EXIT.done;
  }
  await writeNew(config, text);
  const { added, file } = await ignoreInGit(config);
  io.report(`Wrote ${config}${added > 0 ? `, and ${counted(added, 'line')} to ${file}` : ''}.\n`);
  io.note(`Next: put your own names into ${config}, then\n${nextSteps(io).join('\n')}`);
  return EXIT.done;
}

/** The commands from a new configuration to the first apply, each with its purpose. */
function nextSteps({ options: { config, state } }: Io): string[] {
  const inContext = contextOf({ ...(config ? { config } : {}), ...(state ? { state } : {}) });
  const steps = [
    [commandText(['validate'], inContext), 'check the configuration'],
    [commandText(['plan', '--sandbox'], inContext), 'show what apply would change, in an organization on this machine'],
    [commandText(['plan'], inContext), 'the same at MotherDuck, with MOTHERDUCK_ADMIN_TOKEN set'],
    [commandText(['apply'], inContext), 'create the accounts and tokens'],
  ] as const;
  const width = Math.max(...steps.map(([command]) => command.length));
  return steps.map(([command, purpose]) => `  ${command.padEnd(width)}  ${purpose}`);
}

async function fromLive(options: InitOptions, io: Io): Promise<number> {
  const { config } = options;
  await refuseFolder(config, '--from-live');
  if (await isThere(config)) throw alreadyThere(config);
  const { organization } = options;
  const instead = [...IMPORT_NAMES, ...(organization === undefined ? [] : ['--organization', organization])];
  return importLive('init', { what: 'all', instead }, await startNew(options, io), options, io);
}

/** @throws UserError FILE_UNWRITABLE: `--config FOLDER` */
async function refuseFolder(file: string, ...flags: readonly string[]): Promise<void> {
  const isFolder = /[\\/]$/.test(file) || (await stat(file).catch(() => undefined))?.isDirectory() === true;
  if (!isFolder) return;
  const command = ['init', ...flags, '--config', path.join(file, DEFAULT_CONFIG)];
  throw new UserError('FILE_UNWRITABLE', `${file} is a folder, and --config names a file`, {
    text: 'Name the file.',
    command,
  });
}
