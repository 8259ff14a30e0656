import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { tempBeside, tempStem } from '../../../files/atomic-write.ts';
import { targetOf } from '../../../files/paths.ts';
import { NotTextError, readText } from '../../../files/read-text.ts';
import { codeOf } from '../../../files/system-errors.ts';
import type { SecretStoreConfig } from '../../../model/desired.ts';
import { isVariableTemplate } from '../../../model/secret.ts';
import { UserError } from '../../../model/user-error.ts';
import { gitExposure } from '../../git-exposure.ts';
import { NotASecretsFile, parseSecrets } from './secrets-text.ts';

export interface FileStoreConfig extends SecretStoreConfig {
  readonly kind: 'file';
  /** Absolute. */
  readonly path: string;
  /** As written in the YAML, for people. */
  readonly shownPath: string;
  readonly format: 'dotenv' | 'json';
  /** Template of the dotenv variable. */
  readonly variable: string;
  readonly allowUnignored: boolean;
}

/**
 * Checks that secrets can be written to the file and are safe there. Runs before anything is created, because a secret that
 * cannot be stored is lost.
 *
 * @throws UserError STORE_UNUSABLE, with the command that fixes it.
 */
export async function checkFile(config: FileStoreConfig): Promise<void> {
  if (config.format === 'dotenv' && !isVariableTemplate(config.variable)) {
    const hint = 'Use only letters, digits and _ around the names: variable: "MOTHERDUCK_TOKEN_{ACCOUNT}_{TOKEN}"';
    throw unusable(config, `makes no usable variables from "${config.variable}"`, hint);
  }
  const { folder, file } = await whereItLeads(config);
  await checkExisting(config, file);
  await checkFolder(config, folder);
  if (!config.allowUnignored) await checkGit(config, file);
}

/** The file behind symbolic links, and the nearest folder on the way to it that exists. */
async function whereItLeads(config: FileStoreConfig): Promise<{ folder: string; file: string }> {
  try {
    const file = await targetOf(config.path);
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

async function checkExisting(config: FileStoreConfig, file: string): Promise<void> {
  const facts = await stat(file).catch(() => undefined);
  if (facts === undefined) return;
  if (!facts.isFile()) {
    const what = facts.isDirectory() ? 'a folder' : 'not a regular file';
    throw unusable(config, `is ${what}`, `Give the file's name in \`path\` of the secret store ${config.name}.`);
  }
  if (process.platform !== 'win32' && (facts.mode & 0o077) !== 0) {
    const mode = (facts.mode & 0o777).toString(8).padStart(3, '0');
    throw unusable(config, `can be read or written by others (mode ${mode})`, `chmod 600 ${quoted(config.path)}`);
  }
  await checkContent(config, file);
}

async function checkContent(config: FileStoreConfig, file: string): Promise<void> {
  try {
    const text = (await readText(file)) ?? '';
    if (config.format === 'json') parseSecrets(text);
  } catch (error) {
    const why =
      error instanceof NotASecretsFile
        ? `cannot be added to: ${error.message}`
        : error instanceof NotTextError
          ? 'is not UTF-8 text'
          : undefined;
    if (why === undefined) throw unreachable(config, error);
    throw unusable(config, why, `Fix it, or move it away: mv ${quoted(config.path)} ${quoted(`${config.path}.old`)}`);
  }
}

async function checkFolder(config: FileStoreConfig, folder: string): Promise<void> {
  const facts = await stat(folder).catch(() => undefined);
  if (facts?.isDirectory() !== true) {
    throw unusable(
      config,
      `has no folder: ${folder} is not one`,
      `Correct \`path\` of the secret store ${config.name}.`,
    );
  }
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const hint = `chmod u+wx ${quoted(folder)}, or name another \`path\` in the secret store ${config.name}.`;
    throw unusable(
      config,
      `cannot be written: its folder ${folder} is not writable (${codeOf(error) ?? 'failed'})`,
      hint,
    );
  }
}

async function checkGit(config: FileStoreConfig, file: string): Promise<void> {
  // While the file is replaced, and after a crash, a temporary file beside it holds the secrets.
  const [own, temporary] = [await gitExposure(file), await gitExposure(tempBeside(file))];
  const git = own.exposed === false ? temporary : own;
  if (git.exposed === false) return;
  const override = `or set \`allow_unignored: true\` on the secret store ${config.name}.`;
  if (git.exposed === 'unknown') {
    const hint = git.why.includes('dubious ownership')
      ? `git config --global --add safe.directory ${quoted(git.tree)}, ${override}`
      : `Make \`git -C ${quoted(git.tree)} status\` work, ${override}`;
    throw unusable(
      config,
      `is inside the git work tree ${git.tree}, and git cannot tell whether it is ignored: ${git.why}`,
      hint,
    );
  }
  const ignore = howToIgnore(patternFor(git.tree, file), join(git.tree, '.gitignore'));
  if (git.tracked) {
    throw unusable(config, 'is tracked by git', `git -C ${quoted(git.tree)} rm --cached ${quoted(file)} && ${ignore}`);
  }
  const what =
    own.exposed === false
      ? `is ignored in the git work tree ${git.tree}, but the temporary files with its content beside it, ${tempStem(file)}.mdacc-*.tmp, are not`
      : `is inside the git work tree ${git.tree} and not ignored`;
  throw unusable(config, what, `${ignore}, ${override}`);
}

/** What `>>` writes in the shells of Windows is not always UTF-8, and git reads nothing else. */
export function howToIgnore(pattern: string, file: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? `add the line ${pattern} to ${file}` : `echo ${quoted(pattern)} >> ${quoted(file)}`;
}

/** Ignores the file's folder where it has one of its own, so that its lock and temporary files are ignored too. */
function patternFor(tree: string, file: string): string {
  const folder = relative(tree, dirname(file)).split(/[\\/]/).join('/');
  if (folder.startsWith('.')) return `${folder}/`;
  return `${folder === '' ? '' : `${folder}/`}${tempStem(file)}*`;
}

/** A path as a word of a command: for the shells of Windows, in the quotes that all of them take. */
export function quoted(path: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') return /^[\w.\\/:@+,-]+$/.test(path) ? path : `"${path}"`;
  return /^[\w./:@%+,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

function unreachable(config: FileStoreConfig, error: unknown): UserError {
  const hint = `Let this user read and write it, or name another \`path\` in the secret store ${config.name}.`;
  return unusable(config, `cannot be reached: ${codeOf(error) ?? 'failed'}`, hint);
}

function unusable(config: FileStoreConfig, problem: string, hint: string): UserError {
  return new UserError('STORE_UNUSABLE', `The secrets file ${config.shownPath} ${problem}.`, hint, {
    location: config.location,
  });
}
