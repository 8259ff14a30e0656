/** `mdacc init`: a commented starter file, and the lines that keep secrets out of git. Overwrites nothing. */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ConfigOptions } from '../cli/configuration.ts';
import type { OutputOptions } from '../cli/io.ts';
import { EXIT, runCommand } from '../cli/run.ts';
import { DEFAULT_CONFIG } from '../config/not-found.ts';
import { UserError } from '../model/user-error.ts';

const IGNORED = ['.motherduck/', '.motherduck-sandbox/', 'motherduck.accounts.state.json.lock'];

export function run({ config, ...options }: ConfigOptions & OutputOptions): Promise<number> {
  return runCommand(options, async (io) => {
    await writeNew(config, STARTER);
    const ignore = path.join(path.dirname(config), '.gitignore');
    const added = await addLines(ignore, IGNORED);
    io.result(`Wrote ${config}${added.length > 0 ? `, and ${added.length} lines to ${ignore}` : ''}.\n`);
    const named = config === DEFAULT_CONFIG ? '' : ` --config ${config}`;
    io.note(`Next: put your own names into ${config}, then
  mdacc validate${named}            is it right?
  mdacc plan --sandbox${named}      what would be done, against an organization on this machine
  mdacc plan${named}                the same at MotherDuck, with MOTHERDUCK_ADMIN_TOKEN set
  mdacc apply${named}               do it`);
    return EXIT.done;
  });
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      const hint = `Check it with: mdacc validate --config ${file}. For another one: mdacc init --config OTHER`;
      throw new UserError('FILE_EXISTS', `${file} exists, and init overwrites nothing`, hint, { cause });
    }
    const hint =
      code === 'ENOENT'
        ? `Make its folder first: mkdir -p ${path.dirname(file)}`
        : 'Go to a folder that you can write, or name another file with --config.';
    throw new UserError('FILE_UNWRITABLE', `${file} cannot be written (${code})`, hint, { cause });
  }
}

/** Adds the lines that are not there yet, and gives them. */
async function addLines(file: string, lines: readonly string[]): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const present = new Set(text.split(/\r?\n/).map((line) => line.trim()));
  const missing = lines.filter((line) => !present.has(line));
  if (missing.length > 0)
    await appendFile(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`);
  return missing;
}

const STARTER = `# The service accounts of a MotherDuck organization, their access tokens and Ducklings.
# Checked by "mdacc validate", shown by "mdacc plan", done by "mdacc apply". "mdacc schema" prints what may stand here.
version: 1
organization: my_organization # a name of your own; a state file of another organization is refused

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
    read_write: { size: pulse } # pulse, standard, jumbo, mega, giga
    read_scaling: { size: pulse, pool_size: 1 }

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
