/** `mdacc init`: a commented starter file, or one of what is live, and the lines that keep secrets out of git. Overwrites nothing. */
import { stat } from 'node:fs/promises';
import { alreadyThere, ignoreInGit, newImportFiles, writeNew } from '../cli/import-files.ts';
import { type ImportOptions, importLive } from '../cli/importing.ts';
import type { Io } from '../cli/io.ts';
import { EXIT, runCommand } from '../cli/run.ts';
import { contextOf } from '../cli/typed-options.ts';
import { statePath } from '../engine/state.ts';
import { initialConfig, tightestLimits } from '../import/initial-config.ts';
import { scalar } from '../import/yaml-writer.ts';
import { SIZES } from '../model/ducklings.ts';
import { UserError } from '../model/user-error.ts';
import { commandText } from '../report/hint.ts';

interface InitOptions extends ImportOptions {
  readonly fromLive?: boolean;
  readonly organization?: string;
}

export function run(options: InitOptions): Promise<number> {
  return runCommand(options, (io) => (options.fromLive ? fromLive(options, io) : fromStarter(options, io)));
}

async function fromStarter({ config, organization = UNNAMED, dryRun }: InitOptions, io: Io): Promise<number> {
  const text = starter(organization);
  await newImportFiles({ config }, text, io);
  if (dryRun) {
    if (await isThere(config)) throw alreadyThere(config);
    io.result(text);
    return EXIT.done;
  }
  await writeNew(config, text);
  const { added, file } = await ignoreInGit(config);
  io.report(`Wrote ${config}${added > 0 ? `, and ${added} lines to ${file}` : ''}.\n`);
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
  const { config, organization = UNNAMED } = options;
  if (await isThere(config)) throw alreadyThere(config);
  await refuseState(statePath(options));
  const message = `the organization is called ${UNNAMED}, in the state too`;
  const unnamed = { message, hint: { text: 'Give it a name of your own: --organization NAME' } };
  const beginning = {
    notices: options.organization === undefined ? [unnamed] : [],
    read: () => newImportFiles(options, initialConfig(organization), io),
    settle: (live: Parameters<typeof tightestLimits>[0]) =>
      newImportFiles(options, initialConfig(organization, tightestLimits(live)), io),
  };
  return importLive('init', { what: 'all' }, beginning, options, io);
}

/** It belongs to a configuration that is not here, and knows where secrets are. */
async function refuseState(state: string): Promise<void> {
  if (!(await isThere(state))) return;
  const hint =
    'Restore its configuration from git. To start again, move the state file away: live accounts are then adopted.';
  throw new UserError('FILE_EXISTS', `${state} exists, but its configuration does not`, hint);
}

function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** The name that stands for the organization until someone gives another. */
export const UNNAMED = 'my_organization';

export function starter(organization: string): string {
  return `# The service accounts of a MotherDuck organization, their access tokens and Ducklings.
# Checked by "mdacc validate", shown by "mdacc plan", done by "mdacc apply". "mdacc schema" prints what may stand here.
version: 1
organization: ${scalar(organization)} # a name of your own; a state file of another organization is refused

# Where a token's secret goes the moment it exists. It is shown once, and never kept anywhere else.
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
  # vault: { kind: exec, command: [vault, kv, put, "secret/motherduck/{account}/{token}", "value=-"] }

# How long tokens live, and when they are replaced.
token_policies:
  pipeline:
    type: read_write # or read_scaling
    ttl: 90d # 5m to 365d
    rotate_before: 14d # replaced when less life than this is left
    overlap: 24h # the replaced token lives on this long
    secret_store: local

# Compute: the read/write Duckling, and the read scaling pool.
duckling_pools:
  small:
    read_write: { size: pulse } # ${SIZES.join(', ')}
    read_scaling: { size: pulse, pool_size: 0 } # more, once a read_scaling token uses it

accounts:
  my_pipeline: # the username at MotherDuck
    ducklings: small
    tokens:
      loader: pipeline

# What a plan must not do.
guardrails:
  max_deletes: 0
  allowed_sizes: [pulse, standard]
`;
}
