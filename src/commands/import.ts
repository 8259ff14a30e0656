/** `mdacc import`: adds live accounts and tokens to the configuration and the state, without changing MotherDuck. */
import { readImportFiles } from '../cli/import-files.ts';
import { type Beginning, importLive } from '../cli/importing.ts';
import type { Io } from '../cli/io.ts';
import { beginNew, isThere, type NewOptions } from '../cli/new-configuration.ts';
import { runCommand } from '../cli/run.ts';
import { readTerraform } from '../cli/terraform.ts';
import { parseSelection } from '../import/selection.ts';
import { terraformSelection } from '../import/terraform.ts';
import { UserError } from '../model/user-error.ts';

interface ImportCommandOptions extends NewOptions {
  readonly all?: boolean;
  readonly terraform?: string;
  readonly takeSecrets?: boolean;
}

export function run(options: ImportCommandOptions, names: readonly string[]): Promise<number> {
  const { all = false, terraform } = options;
  return runCommand(options, async (io) => {
    if (terraform !== undefined) return fromTerraform(terraform, options, names, io);
    refuseAlone(options);
    const selection = parseSelection(names, all);
    const argv = ['import', ...(all ? ['--all'] : []), ...names];
    return importLive('import', selection, { argv, read: () => readImportFiles(options, io) }, options, io);
  });
}

/** Imports what Terraform manages; into a new configuration where there is none. */
async function fromTerraform(
  file: string,
  options: ImportCommandOptions,
  names: readonly string[],
  io: Io,
): Promise<number> {
  if (options.all || names.length > 0) {
    const hint = { text: 'Import what Terraform has first.', command: ['import', '--terraform', file] };
    throw new UserError('USAGE', `--terraform and ${options.all ? '--all' : 'names'} were both given`, hint);
  }
  const instances = await readTerraform(file);
  const beginning: Beginning = (await isThere(options.config))
    ? { read: () => readImportFiles(options, io) }
    : await beginNew(options, io);
  const { takeSecrets: takesSecrets = false } = options;
  const argv = ['import', '--terraform', file, ...(takesSecrets ? ['--take-secrets'] : [])];
  const terraform = { file, instances, takesSecrets };
  return importLive('import', terraformSelection(instances), { ...beginning, argv, terraform }, options, io);
}

/** Options that only --terraform has. */
function refuseAlone({ organization, takeSecrets }: ImportCommandOptions): void {
  const given = [
    ...(takeSecrets ? ['--take-secrets'] : []),
    ...(organization === undefined ? [] : ['--organization', organization]),
  ];
  if (given[0] === undefined) return;
  const command = ['import', '--terraform', 'terraform.tfstate', ...given];
  throw new UserError('USAGE', `${given[0]} was given without --terraform`, { text: 'Give both.', command });
}
