/** `mdacc import`: takes what is live into the configuration and the state, and changes nothing at MotherDuck. */
import { readImportFiles } from '../cli/import-files.ts';
import { type ImportOptions, importLive } from '../cli/importing.ts';
import { runCommand } from '../cli/run.ts';
import { readAsked } from '../import/asked.ts';

interface ImportCommandOptions extends ImportOptions {
  readonly all?: boolean;
}

export function run(options: ImportCommandOptions, names: readonly string[]): Promise<number> {
  return runCommand(options, async (io) => {
    const asked = readAsked(names, options.all ?? false);
    return importLive('import', asked, { read: () => readImportFiles(options, io) }, options, io);
  });
}
