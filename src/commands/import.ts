/** `mdacc import`: adds live accounts and tokens to the configuration and the state, without changing MotherDuck. */
import { importContext } from '../cli/configuration.ts';
import { runCommand } from '../cli/exit-codes.ts';
import { importLive } from '../cli/importing.ts';
import type { Io } from '../cli/io.ts';
import { type NewOptions, startWith } from '../cli/new-configuration.ts';
import { readTerraform } from '../cli/terraform.ts';
import { readImportFiles } from '../engine/import-files.ts';
import { parseSelection } from '../import/selection.ts';
import { terraformSelection } from '../import/terraform.ts';
import { UserError } from '../model/user-error.ts';

interface ImportCommandOptions extends NewOptions {
  readonly all?: boolean;
  readonly terraform?: string;
  readonly adoptSecrets?: boolean;
}

export function run(options: ImportCommandOptions, names: readonly string[]): Promise<number> {
  const { all = false, terraform } = options;
  return runCommand(options, async (io) => {
    if (terraform !== undefined) return fromTerraform(terraform, options, names, io);
    refuseAlone(options, names);
    const selection = parseSelection(names, all);
    const argv = ['import', ...(all ? ['--all'] : []), ...names, ...furtherWords(options)];
    const start = all ? { read: () => readImportFiles(options, importContext(io)) } : await startWith(options, io);
    return importLive('import', selection, { ...start, argv }, options, io);
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
  const start = await startWith(options, io);
  const { adoptSecrets: adoptsSecrets = false } = options;
  const argv = ['import', '--terraform', file, ...(adoptsSecrets ? ['--adopt-secrets'] : []), ...furtherWords(options)];
  const terraform = { file, instances, adoptsSecrets };
  return importLive('import', terraformSelection(instances), { ...start, argv, terraform }, options, io);
}

/** The options that an import to type again needs, to do the same. */
function furtherWords({ store, into, organization, dryRun }: ImportCommandOptions): string[] {
  const valued = Object.entries({ store, into, organization });
  const words = valued.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
  return dryRun ? [...words, '--dry-run'] : words;
}

/** Options that only --terraform has, and a new configuration, which --all does not write. */
function refuseAlone({ organization, adoptSecrets }: ImportCommandOptions, names: readonly string[]): void {
  if (!adoptSecrets && organization !== undefined) {
    if (names.length > 0) return;
    const hint = {
      text: 'Begin with all that is live.',
      command: ['init', '--from-live', '--organization', organization],
    };
    throw new UserError('USAGE', '--organization was given, and no names or --terraform', hint);
  }
  const given = [
    ...(adoptSecrets ? ['--adopt-secrets'] : []),
    ...(organization === undefined ? [] : ['--organization', organization]),
  ];
  if (given[0] === undefined) return;
  const command = ['import', '--terraform', 'terraform.tfstate', ...given];
  throw new UserError('USAGE', `${given[0]} was given without --terraform`, { text: 'Give both.', command });
}
