/** The files that init and import read and write. */
import path from 'node:path';
import { InvalidConfiguration } from '../config/errors.ts';
import { type Loaded, type LoadedWell, loadConfig } from '../config/load.ts';
import { writeFileAtomic } from '../files/atomic-write.ts';
import { refuseTrackedLinks } from '../files/links.ts';
import { readText, whyUnreadable } from '../files/read-text.ts';
import { errnoOf, writeFix } from '../files/system-errors.ts';
import { DEFAULT_SANDBOX, SECRETS_FOLDER } from '../model/defaults.ts';
import { diagnosticJson } from '../model/diagnostic.ts';
import { shellCommand } from '../model/shell.ts';
import { UserError } from '../model/user-error.ts';
import { statePath } from './state-location.ts';

/** The configuration that an import adds to, as it was before the import. */
export interface ImportFiles {
  readonly loaded: LoadedWell;
  /** By file name, as locations have it; the main file first. */
  readonly texts: ReadonlyMap<string, string>;
  /** Whether the main file is not written yet. */
  readonly isNew: boolean;
}

/** The environment that the configuration to import into is read in, and where its errors and warnings go. */
export interface ImportContext {
  readonly env: NodeJS.ProcessEnv;
  /** Shows the errors and warnings of a configuration. */
  showFindings(loaded: Loaded): void;
}

/** Reads the configuration with the texts of all of its files. @throws UserError when it is not valid, or is being changed */
export async function readImportFiles(
  { config, allowEnv }: { readonly config: string; readonly allowEnv?: readonly string[] },
  { env, showFindings }: ImportContext,
): Promise<ImportFiles> {
  const loaded = await loadConfig(config, env, undefined, undefined, allowEnv);
  showFindings(loaded);
  if (!loaded.ok) throw new InvalidConfiguration(config, loaded.diagnostics.map(diagnosticJson), true);
  const texts = new Map<string, string>();
  for (const file of loaded.files) {
    const text = await readText(file);
    // The configuration is read without its byte order mark, which stays in the file.
    if (text === undefined || text.replace(/^\uFEFF/, '') !== loaded.sources.get(file)) throw changed(file);
    texts.set(file, text);
  }
  return { loaded, texts, isNew: false };
}

/** Loads a configuration from its text, before it is written. @throws UserError when it is not valid */
export async function newImportFiles(config: string, text: string, env: NodeJS.ProcessEnv): Promise<ImportFiles> {
  const loaded = await loadConfig(config, env, new Map([[path.resolve(config), text]]));
  if (!loaded.ok) {
    const [first] = loaded.diagnostics;
    throw new UserError(
      'CONFIG_INVALID',
      first?.message ?? 'the configuration is not valid',
      first?.hint ?? 'Choose another name.',
    );
  }
  return { loaded, texts: new Map([[config, text]]), isNew: true };
}

/**
 * Writes the changed texts, each file atomically. If a file changed meanwhile, none is written.
 *
 * @throws UserError IMPORT_REFUSED, FILE_EXISTS or FILE_UNWRITABLE
 */
export async function writeImportFiles(
  { texts, isNew }: ImportFiles,
  changes: ReadonlyMap<string, string>,
): Promise<void> {
  if (!isNew) {
    for (const file of changes.keys()) if ((await readText(file)) !== texts.get(file)) throw changed(file);
  }
  for (const [file, text] of changes) await (isNew ? writeNew(file, text) : replace(file, text));
}

/** Writes a file that must not exist. @throws UserError FILE_EXISTS or FILE_UNWRITABLE */
export async function writeNew(file: string, text: string): Promise<void> {
  try {
    await refuseTrackedLinks(path.dirname(file));
    await writeFileAtomic(file, text, { mode: 0o666, isNew: true });
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    if (errnoOf(cause) === 'EEXIST') throw alreadyThere(file, cause);
    const hint =
      errnoOf(cause) === 'ENOENT'
        ? `Create its folder first: ${shellCommand('mkdir -p', path.dirname(file))}`
        : writeFix(cause, 'Go to a folder that you can write, or choose another file with --config.');
    throw new UserError('FILE_UNWRITABLE', `${file} cannot be written (${errnoOf(cause)})`, hint, { cause });
  }
}

/** The error of `init` when a file has the name of the one that it would write. */
export function alreadyThere(file: string, cause?: unknown): UserError {
  const text =
    'Begin in an empty folder, or choose another name with --config FILE. Or add the live accounts to this file, whose own ones apply would create as well.';
  const hint = { text, command: ['import', '--all'] };
  return new UserError('FILE_EXISTS', `${file} exists, and init does not overwrite files`, hint, { cause });
}

async function replace(file: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(file, text, { mode: 0o666, keepMode: true });
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const hint = writeFix(
      cause,
      'Give this user write access to the file and to its folder, where a temporary file is written, then run the command again.',
    );
    throw new UserError('FILE_UNWRITABLE', `${file} cannot be written (${errnoOf(cause)})`, hint, { cause });
  }
}

function changed(file: string): UserError {
  const message = `${file} was changed while the import ran, so nothing was written`;
  return new UserError('IMPORT_REFUSED', message, {
    text: 'Check the file before you import again.',
    command: ['validate'],
  });
}

/** Adds missing lines to the .gitignore beside a configuration, for secrets and local files. Returns their number and its path. */
export async function ignoreInGit(config: string): Promise<{ readonly added: number; readonly file: string }> {
  const file = path.join(path.dirname(config), '.gitignore');
  const text = (await readText(file).catch((cause) => refuseIgnoreFile(file, cause))) ?? '';
  const present = new Set(text.split(/\r?\n/).map((line) => line.trim()));
  // Its lock, and what a move to another location leaves.
  const besideState = `${path.basename(statePath({ config }))}.*`;
  // The last: saved plans, and what a killed run leaves of a file that it was writing.
  const missing = [`${SECRETS_FOLDER}/`, `${DEFAULT_SANDBOX}/`, besideState, '*.plan', '*.mdacc-*.tmp'].filter(
    (line) => !present.has(line),
  );
  const ended = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  if (missing.length > 0) await replace(file, `${ended}${missing.join('\n')}\n`);
  return { added: missing.length, file };
}

function refuseIgnoreFile(file: string, cause: unknown): never {
  const hint = 'Correct it, or move it away. Its lines keep secrets out of git.';
  throw new UserError('FILE_UNWRITABLE', `${file} cannot be read: ${whyUnreadable(cause)}`, hint, { cause });
}
