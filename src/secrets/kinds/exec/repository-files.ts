/** Files of the repository that commands name: whoever changes a script changes where secrets go. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { git } from '../../../files/git.ts';
import { isWithin, shownPath, workTreeOf } from '../../../files/paths.ts';

/** A file that git tracks, or a script that it does not track yet. */
export interface RepositoryFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly hash: string;
  readonly tracked: boolean;
}

/** By absolute path. */
export type RepositoryFiles = ReadonlyMap<string, RepositoryFile>;

/** Of hostile configurations. */
const MOST_WORDS = 50_000;
/** Bytes of a file that are compared, beside its size. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Names of scripts. Other files that git does not track may be what a command writes. */
const SCRIPT = /\.(sh|bash|zsh|fish|ps1|cmd|bat|[cm]?[jt]s|py|rb|pl|php)$/i;

/** Programs that run the file that is named after them, or what another file says. */
const INTERPRETER =
  /^((ba|da|z|k|fi|pw)?sh|powershell|cmd|node|deno|bun|tsx|ts-node|python[\d.]*|uv|ruby|perl|php|make|just|npm|npx)(\.exe)?$/i;

/** Whether a word names a program that runs the scripts it is given. */
export function isInterpreter(word: string): boolean {
  return INTERPRETER.test(basename(word));
}

/** The files of the repository that commands name, in the order of the words. @param folder Where the commands run, absolute. */
export async function repositoryFiles(
  commands: readonly (readonly string[])[],
  folder: string,
): Promise<RepositoryFiles> {
  const work = workTreeOf(folder);
  const tree = work ?? folder;
  const named = new Set(commands.flatMap((words) => pathsIn(words, folder)));
  const files = [...named].slice(0, MOST_WORDS).filter((path) => isWithin(tree, path) && isFile(path));
  if (files.length === 0) return new Map();
  const tracked = work === undefined ? new Set<string>() : await trackedOf(work, files);
  const programs = new Set(commands.flatMap(([program = '']) => pathsIn([program], folder)));
  return new Map(
    files.flatMap((path) => {
      // Where git cannot tell, all count, as they do where it can.
      const isTracked = tracked?.has(path) ?? true;
      // A script counts before its first commit too, so that the commit changes nothing.
      if (!isTracked && !programs.has(path) && !isScript(path)) return [];
      return [[path, { path: shownPath(relative(tree, path)), hash: hashOf(path), tracked: isTracked }] as const];
    }),
  );
}

async function trackedOf(tree: string, files: readonly string[]): Promise<ReadonlySet<string> | undefined> {
  const { exit, stdout } = await git(tree, ['--literal-pathspecs', 'ls-files', '-z', '--', ...files]);
  return exit === 0 ? new Set(stdout.split('\0').map((path) => join(tree, path))) : undefined;
}

/** Those of one command. */
export function filesOf(words: readonly string[], folder: string, files: RepositoryFiles): RepositoryFile[] {
  return files.size === 0 ? [] : [...new Set(pathsIn(words, folder))].flatMap((path) => files.get(path) ?? []);
}

/** What may be a file: each word, and what stands in a word that is a shell's, but for the files that the shell writes. */
function pathsIn(words: readonly string[], folder: string): string[] {
  return words
    .flatMap((word, at) => {
      // A program without a folder is looked up on the PATH.
      if (at === 0) return /[\\/]/.test(word) ? [word] : [];
      return [word, ...word.replace(/>\s*["']?[^\s"';|&]+/g, ' ').split(/[\s"'`;|&()<=,:@]+/)];
    })
    .filter((text) => text !== '' && text.length < 1000 && !/[{}\0]/.test(text))
    .map((text) => resolve(folder, text));
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isScript(path: string): boolean {
  if (SCRIPT.test(path)) return true;
  const start = Buffer.alloc(2);
  try {
    const file = openSync(path, 'r');
    readSync(file, start, 0, start.length, 0);
    closeSync(file);
  } catch {
    // It has no hash either.
  }
  return start.toString('latin1') === '#!';
}

/** The same whatever line breaks git gives the file on this computer. */
function hashOf(path: string): string {
  const hash = createHash('sha256');
  try {
    const bytes = Buffer.alloc(Math.min(statSync(path).size, MOST_BYTES));
    const file = openSync(path, 'r');
    const read = readSync(file, bytes, 0, bytes.length, 0);
    closeSync(file);
    hash.update(bytes.subarray(0, read).toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  } catch {
    hash.update('unreadable');
  }
  return hash.digest('base64url');
}
