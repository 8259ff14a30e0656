/** Finds the program of a command and its script before it runs: `sh` and `put.sh`. */
import { constants, existsSync } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, delimiter, isAbsolute, posix, resolve, win32 } from 'node:path';
import { interpreterOf } from '../../interpreters.ts';

/** What a command's first word names. A batch file needs a shell, which is not used. */
type ProgramKind = 'program' | 'batch file' | 'nothing';

/** Where to look for a program. */
interface SearchPath {
  /** The working directory of the command. */
  readonly folder: string;
  readonly platform: NodeJS.Platform;
  /** Of which the PATH is searched. */
  readonly env: NodeJS.ProcessEnv;
}

/** Finds a program the way the system does when it starts: by its path relative to the folder, or by name on the PATH. */
export async function findProgram(program: string, search: SearchPath): Promise<ProgramKind> {
  if (program === '') return 'nothing';
  const isBatch = /\.(cmd|bat)$/i.test(program);
  if (!isBatch && (await exists(program, runnableEndings(program, search), search))) return 'program';
  const endings = search.platform === 'win32' ? ['.cmd', '.bat', ...(isBatch ? [''] : [])] : [];
  return (await exists(program, endings, search)) ? 'batch file' : 'nothing';
}

/** Windows runs a name without an extension only with one added: a file `az` may be a script for other systems. */
function runnableEndings(program: string, { platform }: SearchPath): string[] {
  if (platform !== 'win32') return [''];
  return win32.extname(program) === '' ? ['.com', '.exe'] : ['', '.com', '.exe'];
}

async function exists(program: string, endings: readonly string[], search: SearchPath): Promise<boolean> {
  for (const folder of foldersFor(program, search)) {
    for (const ending of endings) {
      if (await canRun(resolve(search.folder, folder, program + ending))) return true;
    }
  }
  return false;
}

function foldersFor(program: string, { platform, env }: SearchPath): string[] {
  if (/[\\/]/.test(program)) return [''];
  const path = pathOf(env, platform);
  // An empty entry of the PATH is the current folder, where Windows always looks first.
  return platform === 'win32' ? ['', ...path.split(win32.delimiter)] : path.split(posix.delimiter);
}

/** The value of PATH; Windows spells it `Path`, which a copy of the environment keeps. */
function pathOf(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const named = platform === 'win32' ? Object.entries(env).find(([name]) => name.toUpperCase() === 'PATH') : undefined;
  return env.PATH ?? named?.[1] ?? '';
}

async function canRun(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Options of a shell that take no word after them, and leave the next one to be a script. */
const SHELL_OPTIONS = /^-[abefhklmnptuvx]+$/;
/** Node adds these. */
const NODE_ENDINGS = ['.js', '.json', '.node'];

/** The script of `sh put.sh …`; undefined where a command has none, or only its interpreter can tell. */
export function scriptOf([program = '', ...words]: readonly string[]): string | undefined {
  const place = interpreterOf(program)?.script ?? 'unknown';
  if (place === 'unknown') return undefined;
  const script = place === 'first' ? words[0] : words.find((word) => !SHELL_OPTIONS.test(word));
  return script === undefined || script === '' || /^-|[{\0]|:\/\//.test(script) ? undefined : script;
}

/**
 * Says that the script of a command is missing; undefined where it is there, or may be. Runs nothing.
 *
 * @param words With placeholders, a script is not looked for.
 * @param isHere Whether it runs on this machine: others may have another file at an absolute path.
 */
export function missingScript(
  words: readonly string[],
  { folder, env }: Pick<SearchPath, 'folder' | 'env'>,
  isHere: boolean,
): string | undefined {
  const script = scriptOf(words);
  if (script === undefined || (!isHere && isAbsolute(script))) return undefined;
  const program = basename(words[0] ?? '');
  // Shells also look on the PATH.
  const onPath =
    interpreterOf(program)?.isShell && !/[\\/]/.test(script) ? pathOf(env, process.platform).split(delimiter) : [];
  const endings = ['', ...(/^node/i.test(program) ? NODE_ENDINGS : [])];
  const isThere = ['', ...onPath].some((each) =>
    endings.some((end) => existsSync(resolve(folder, each, script + end))),
  );
  return isThere ? undefined : `there is no file ${script}, which ${program} is to run`;
}
