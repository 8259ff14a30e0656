import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { tempBeside, tempStem } from '../../../files/atomic-write.ts';
import { writableTarget } from '../../../files/links.ts';
import { isWithin, realPathOf } from '../../../files/paths.ts';
import { NotAFileError, NotTextError, readText } from '../../../files/read-text.ts';
import { errnoOf, writeFix } from '../../../files/system-errors.ts';
import type { SecretStoreConfig } from '../../../model/desired.ts';
import { isVariableTemplate } from '../../../model/secret.ts';
import { shellPath, shellWord } from '../../../model/shell.ts';
import { UserError } from '../../../model/user-error.ts';
import { gitExposure } from '../../git-exposure.ts';
import { NotASecretsFile, parseSecrets, refuseJson } from './secrets-text.ts';

/** The configuration of a file store. */
export interface FileStoreConfig extends SecretStoreConfig {
  readonly kind: 'file';
  /** Absolute. */
  readonly path: string;
  /** As written in the YAML, for output. */
  readonly shownPath: string;
  readonly format: 'dotenv' | 'json';
  /** Template of the dotenv variable. */
  readonly variable: string;
  readonly allowUnignored: boolean;
  /** The configuration's folder, to which secret paths of the state are relative; absolute. */
  readonly folder?: string;
  /** Replace values that this state did not write. */
  readonly overwrite?: boolean;
}

/**
 * Checks that secrets can be written to the file and are safe there. Runs before any token is created, because a secret
 * that cannot be stored is lost.
 *
 * @throws UserError STORE_UNUSABLE, with the command that fixes it.
 */
export async function checkFile(config: FileStoreConfig): Promise<void> {
  if (config.format === 'dotenv' && !isVariableTemplate(config.variable)) {
    const hint =
      'Use only letters, digits and _ around the placeholders: variable: "MOTHERDUCK_TOKEN_{ACCOUNT}_{TOKEN}"';
    throw unusable(config, `cannot have variables named "${config.variable}"`, hint);
  }
  const { folder, file } = await resolvedPaths(config);
  if (!(await isFileOrAbsent(config.path))) throw notAFile(config, 'not a regular file');
  if (file.split(/[\\/]/).includes('.git')) throw notAFile(config, "in git's own folder");
  await checkExisting(config, file);
  await checkFolder(config, folder);
  if (!config.allowUnignored) await checkGit(config, file);
}

/** The file with symbolic links resolved, and its nearest ancestor folder that exists. */
async function resolvedPaths(config: FileStoreConfig): Promise<{ folder: string; file: string }> {
  try {
    const file = await writableTarget(config.path);
    let folder = dirname(file);
    while (!(await exists(folder)) && dirname(folder) !== folder) folder = dirname(folder);
    return { folder, file };
  } catch (error) {
    throw unreachable(config, error);
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** What a link of the system leads to, such as /dev/stdout, may have no path of its own. */
async function isFileOrAbsent(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined || facts.isDirectory()) return true;
  return facts.isFile() && !isDevicePath(path);
}

/** Whether a path is the system's own and not a file of the user. */
export function isDevicePath(path: string): boolean {
  return /^\/(dev|proc|sys)\//.test(path) && !path.startsWith('/dev/shm/');
}

function notAFile(config: FileStoreConfig, what: string): UserError {
  return unusable(config, `is ${what}`, `Name a file in \`path\` of the secret store ${config.name}.`);
}

async function checkExisting(config: FileStoreConfig, file: string): Promise<void> {
  const facts = await stat(file).catch(() => undefined);
  if (facts === undefined) return;
  if (!facts.isFile()) {
    const what = facts.isDirectory() ? 'a folder' : 'not a regular file';
    throw notAFile(config, what);
  }
  await checkContent(config, file);
  if (process.platform !== 'win32' && (facts.mode & 0o077) !== 0) {
    const mode = (facts.mode & 0o777).toString(8).padStart(3, '0');
    const hint = isForeign(config, file) ? elsewhere(config) : `chmod 600 ${shellPath(config.path)}`;
    throw unusable(config, `can be read or written by other users (mode ${mode})`, hint);
  }
}

/** Whether a path is outside of the configuration's folder: who wrote the configuration may have named any file. */
function isForeign({ folder }: FileStoreConfig, path: string): boolean {
  return folder !== undefined && !isWithin(realPathOf(folder), path);
}

/** Says nothing that changes a file which may not be this program's. */
function elsewhere({ name }: FileStoreConfig): string {
  return `It is outside of the configuration's folder, so it may be another program's: name another \`path\` in the secret store ${name}.`;
}

async function checkContent(config: FileStoreConfig, file: string): Promise<void> {
  try {
    const text = (await readText(file)) ?? '';
    if (config.format === 'json') parseSecrets(text);
    else refuseJson(text);
  } catch (error) {
    const why =
      error instanceof NotASecretsFile
        ? `cannot be changed: ${error.message}`
        : error instanceof NotTextError
          ? 'is not UTF-8 text'
          : undefined;
    if (why === undefined) throw unreachable(config, error);
    if (error instanceof NotASecretsFile && error.format !== undefined) {
      const hint = `Name another \`path\` in the secret store ${config.name}, or set its \`format\` to ${error.format}: the secrets in the file may be in use.`;
      throw unusable(config, why, hint);
    }
    if (isForeign(config, file)) throw unusable(config, why, elsewhere(config));
    throw unusable(config, why, 'Fix it, or restore it from a backup: the secrets in it may be in use.');
  }
}

async function checkFolder(config: FileStoreConfig, folder: string): Promise<void> {
  const facts = await stat(folder).catch(() => undefined);
  if (facts?.isDirectory() !== true) {
    throw unusable(
      config,
      `cannot be created: ${folder} is not a folder`,
      `Correct \`path\` of the secret store ${config.name}.`,
    );
  }
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const hint = isForeign(config, folder)
      ? `Name another \`path\` in the secret store ${config.name}.`
      : `Make it writable, or name another \`path\` in the secret store ${config.name}: chmod u+wx ${shellPath(folder)}`;
    throw unusable(
      config,
      `cannot be written: its folder ${folder} is not writable (${errnoOf(error) ?? 'failed'})`,
      hint,
    );
  }
}

async function checkGit(config: FileStoreConfig, file: string): Promise<void> {
  // While the file is replaced, and after a crash, a temporary file in its folder contains the secrets.
  const [own, temporary] = [await gitExposure(file), await gitExposure(tempBeside(file))];
  const git = own.exposed === false ? temporary : own;
  if (git.exposed === false) return;
  const override = `or set \`allow_unignored: true\` on the secret store ${config.name}`;
  if (git.exposed === 'unknown') {
    const hint = git.why.includes('dubious ownership')
      ? `Trust the folder, ${override}: git config --global --add safe.directory ${shellPath(git.tree)}`
      : `Fix what \`git -C ${shellPath(git.tree)} status\` reports, ${override}.`;
    throw unusable(
      config,
      `is inside the git work tree ${git.tree}, and git failed to check whether it is ignored: ${git.why}`,
      hint,
    );
  }
  const ignore = ignoreCommand(patternFor(git.tree, file), join(git.tree, '.gitignore'));
  if (git.tracked) {
    throw unusable(
      config,
      'is tracked by git',
      `git -C ${shellPath(git.tree)} rm --cached ${shellPath(file)} && ${ignore}`,
    );
  }
  const what =
    own.exposed === false
      ? `is ignored in the git work tree ${git.tree}, but its temporary files, ${tempStem(file)}.mdacc-*.tmp, are not`
      : `is inside the git work tree ${git.tree} and not ignored`;
  throw unusable(config, what, `Ignore it, ${override}: ${ignore}`);
}

/** How to ignore a pattern. On Windows, `>>` does not always write UTF-8, the only encoding that git reads. */
export function ignoreCommand(pattern: string, file: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32'
    ? `add the line ${pattern} to ${file}`
    : `echo ${shellWord(pattern)} >> ${shellPath(file)}`;
}

/** A pattern for the file, its lock and its temporary files: its folder, if that is a hidden one. */
function patternFor(tree: string, file: string): string {
  const folder = relative(tree, dirname(file)).split(/[\\/]/).join('/');
  if (folder.startsWith('.')) return `${folder}/`;
  return `${folder === '' ? '' : `${folder}/`}${tempStem(file)}*`;
}

function unreachable(config: FileStoreConfig, error: unknown): UserError {
  if (error instanceof UserError) return unusable(config, `cannot be written: ${error.message}`, error.hint.text);
  if (error instanceof NotAFileError)
    return unusable(
      config,
      `cannot be read: ${error.message}`,
      `Name another \`path\` in the secret store ${config.name}.`,
    );
  if (errnoOf(error) === 'ENOTDIR') {
    const hint = `Move that file away, or name another \`path\` in the secret store ${config.name}.`;
    return unusable(config, 'cannot be written: what should be one of its folders is a file', hint);
  }
  const hint = writeFix(
    error,
    `Give this user read and write access to it, or name another \`path\` in the secret store ${config.name}.`,
  );
  return unusable(config, `cannot be accessed: ${errnoOf(error) ?? 'failed'}`, hint);
}

function unusable(config: FileStoreConfig, problem: string, hint: string): UserError {
  return new UserError('STORE_UNUSABLE', `the secrets file ${config.shownPath} ${problem}`, hint, {
    location: config.location,
  });
}
