/** `mdacc import`: adds live accounts and tokens to the configuration and the state, without changing MotherDuck. */
import { readImportFiles } from '../cli/import-files.ts';
import { type ImportOptions, importLive } from '../cli/importing.ts';
import { runCommand } from '../cli/run.ts';
import { parseSelection } from '../import/selection.ts';
import { UserError } from '../model/user-error.ts';

interface ImportCommandOptions extends ImportOptions {
  readonly all?: boolean;
}

export function run(options: ImportCommandOptions, names: readonly string[]): Promise<number> {
  return runCommand(options, async (io) => {
    refuseFolder(names, options);
    const selection = parseSelection(names, options.all ?? false);
    return importLive('import', selection, { read: () => readImportFiles(options, io) }, options, io);
  });
}

/** `--sandbox` takes a folder, so in `--sandbox etl_prod` it takes the account for one. */
function refuseFolder(names: readonly string[], { all, sandbox }: ImportCommandOptions): void {
  if (all || names.length > 0 || typeof sandbox !== 'string') return;
  const hint = { text: 'If it is an account, put it first.', command: ['import', sandbox, '--sandbox'] };
  throw new UserError('USAGE', `--sandbox takes ${sandbox} as its folder, and no account is named`, hint);
}
