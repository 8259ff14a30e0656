/** `mdacc import`: adds live accounts and tokens to the configuration and the state, without changing MotherDuck. */
import { readImportFiles } from '../cli/import-files.ts';
import { type ImportOptions, importLive } from '../cli/importing.ts';
import { runCommand } from '../cli/run.ts';
import { parseSelection } from '../import/selection.ts';

interface ImportCommandOptions extends ImportOptions {
  readonly all?: boolean;
}

export function run(options: ImportCommandOptions, names: readonly string[]): Promise<number> {
  return runCommand(options, async (io) => {
    const selection = parseSelection(names, options.all ?? false);
    const argv = ['import', ...(options.all ? ['--all'] : []), ...names];
    return importLive('import', selection, { argv, read: () => readImportFiles(options, io) }, options, io);
  });
}
