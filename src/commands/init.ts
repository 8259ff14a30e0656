/** `mdacc init`: writes a starter file or a configuration of the live accounts, and adds secrets to .gitignore. Overwrites nothing. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { EXIT, runCommand } from '../cli/exit-codes.ts';
import { importLive } from '../cli/importing.ts';
import type { Io } from '../cli/io.ts';
import { beginNew, isThere, type NewOptions } from '../cli/new-configuration.ts';
import { contextOf } from '../cli/typed-options.ts';
import { alreadyThere, ignoreInGit, newImportFiles, writeNew } from '../engine/import-files.ts';
import { IMPORT_NAMES } from '../import/selection.ts';
import { scalar } from '../import/yaml-writer.ts';
import { DEFAULT_CONFIG, DEFAULT_ORGANIZATION, DEFAULT_SECRETS } from '../model/defaults.ts';
import { SIZES } from '../model/ducklings.ts';
import { formatDuration } from '../model/time.ts';
import { TOKEN_TTL_SECONDS } from '../model/tokens.ts';
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
  const text = starter(organization);
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
  return importLive('init', { what: 'all', instead }, await beginNew(options, io), options, io);
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

export function starter(organization: string): string {
  return `# The service accounts of a MotherDuck organization, their access tokens and Ducklings.
# Check with "mdacc validate", preview with "mdacc plan", apply with "mdacc apply". "mdacc schema" prints the schema.
version: 1
organization: ${scalar(organization)} # a name of your own; a state of another organization is refused

# Where the state is. Left out: in a file beside this one, to commit. In a bucket, machines and pipelines share it.
# state: { kind: s3, bucket: acme-platform, prefix: motherduck/prod, region: eu-central-1 }

# Where the secret of a new token is stored. MotherDuck shows it once, and it is kept nowhere else.
secret_stores:
  local: { kind: file, path: ${DEFAULT_SECRETS}, format: dotenv }
  # vault: { kind: exec, command: [vault, kv, put, "secret/motherduck/{account}/{token}", "value=-"] }

# How long tokens live, and when they are replaced.
token_policies:
  pipeline:
    type: read_write # or read_scaling
    ttl: 90d # ${formatDuration(TOKEN_TTL_SECONDS.min)} to ${formatDuration(TOKEN_TTL_SECONDS.max)}
    rotate_before: 14d # replaced this long before it expires
    # jitter: 3d # spread: each token is replaced up to this much earlier
    overlap: 24h # the replaced token stays valid this long
    secret_store: local

# Compute: the read/write Duckling, and the read scaling pool.
duckling_pools:
  small:
    read_write: { size: ${SIZES[0]} } # ${SIZES.join(', ')}
    read_scaling: { size: ${SIZES[0]}, pool_size: 0 } # increase it for read_scaling tokens

accounts:
  my_pipeline: # the username at MotherDuck
    ducklings: small
    tokens:
      loader: pipeline
    # suspended: true # its tokens are revoked; the account and its data stay

# Limits that every plan must respect.
guardrails:
  max_deletes: 0 # accounts that one apply may delete: a number, or 5% of the managed ones
  max_creates: 50 # likewise; default: no limit
  allowed_sizes: [${SIZES.slice(0, 2).join(', ')}]
`;
}
