/** Files of the repository that commands name: whoever changes a script changes where secrets go. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { git } from '../../../files/git.ts';
import { isWithin, realPathOf, shownPath, workTreeOf } from '../../../files/paths.ts';
import { interpreterOf } from '../../interpreters.ts';

/** A file that git tracks, or a script that it does not track yet. */
interface RepositoryFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly hash: string;
  readonly tracked: boolean;
}

/** By absolute path. */
export type RepositoryFiles = ReadonlyMap<string, RepositoryFile>;

/** Of hostile configurations. */
const MOST_WORDS = 50_000;
const CHUNK_BYTES = 4 * 1024 * 1024;
/** Of a file. */
const MOST_CHUNKS = 64;
/** Names of scripts. Other files that git does not track may be what a command writes. */
const SCRIPT = /\.(sh|bash|zsh|fish|ps1|cmd|bat|[cm]?[jt]s|py|rb|pl|php)$/i;

/** The files of the repository that commands name, in the order of the words. @param folder Where the commands run, absolute. */
export async function repositoryFiles(
  commands: readonly (readonly string[])[],
  folder: string,
): Promise<RepositoryFiles> {
  const work = workTreeOf(folder);
  const tree = work ?? folder;
  const root = realPathOf(tree);
  const named = commands.flatMap((words) => namedIn(words, folder)).filter(({ path }) => isWithin(tree, path));
  const matching = ({ path, isRun }: NamedFile) => matchesOf(path).map((match) => [match, isRun] as const);
  const all = named.flatMap(matching).slice(0, MOST_WORDS);
  const run = new Set(all.flatMap(([path, isRun]) => (isRun ? [path] : [])));
  const files = [...new Set(all.map(([path]) => path))].filter(isFile);
  if (files.length === 0) return new Map();
  // Git knows no files beyond a link.
  const inRoot = new Map(files.map((path) => [path, realWithin(root, path) ?? join(root, relative(tree, path))]));
  const tracked = work === undefined ? new Set<string>() : await trackedOf(root, [...new Set(inRoot.values())]);
  return new Map(
    [...inRoot].flatMap(([path, real]) => {
      // Where git cannot tell, all count, as they do where it can.
      const isTracked = tracked?.has(real) ?? true;
      // A script counts before its first commit too, so that the commit changes nothing.
      if (!isTracked && !run.has(path) && !isScript(path)) return [];
      return [[path, { path: shownPath(relative(root, real)), hash: hashOf(path), tracked: isTracked }] as const];
    }),
  );
}

function realWithin(root: string, path: string): string | undefined {
  const real = realPathOf(path);
  return isWithin(root, real) ? real : undefined;
}

async function trackedOf(tree: string, files: readonly string[]): Promise<ReadonlySet<string> | undefined> {
  const { exit, stdout } = await git(tree, ['--literal-pathspecs', 'ls-files', '-z', '--', ...files]);
  return exit === 0 ? new Set(stdout.split('\0').map((path) => join(tree, path))) : undefined;
}

/** Those of one command. With the placeholders of a token in its words, they are those of all tokens. */
export function filesOf(words: readonly string[], folder: string, files: RepositoryFiles): RepositoryFile[] {
  if (files.size === 0) return [];
  const found = new Set(namedIn(words, folder).map(({ path }) => path));
  return [...found].flatMap((path) => {
    if (!VARIABLE.test(path)) return files.get(path) ?? [];
    return [...files].flatMap(([name, file]) => (fits(name, path) ? [file] : []));
  });
}

/** What a command may name. */
interface NamedFile {
  /** Absolute; may have placeholders. */
  readonly path: string;
  /** It is the program, or is named after an interpreter. */
  readonly isRun: boolean;
}

/** What may be a file: each word, and what stands in a word that is a shell's, but for the files that the shell writes. */
function namedIn(written: readonly string[], folder: string): NamedFile[] {
  const words = written.map((word) => word.replaceAll(/\$(?:\{?PWD\}?|\(pwd\))(?=\/)/g, '.'));
  const named: NamedFile[] = [];
  const all = words.join('\n');
  const isNode = /\b(node|tsx|bun)\b/.test(all);
  const isPython = /\bpython[\d.]*\b/.test(all);
  const folders = [folder, ...foldersIn(all).map((text) => resolve(folder, text))];
  const add = (text: string, isRun: boolean) => {
    if (text === '' || text.length > 1000 || /[{}\0]/.test(text.replaceAll(VARIABLES, ''))) return;
    // Data often has the form of a path, such as the name of a secret.
    if (VARIABLE.test(text) && !SCRIPT.test(text) && !/^\.{1,2}[\\/]/.test(text)) {
      // Names alone would be those of any file.
      if (!isRun || !/\w/.test(text.replaceAll(VARIABLES, ''))) return;
    }
    const texts = [
      text,
      ...(isNode && isRun ? [`${text}.js`, join(text, 'index.js'), join(text, 'package.json')] : []),
      ...(isPython && isRun ? [join(text, '__main__.py')] : []),
    ];
    for (const each of folders) for (const one of texts) named.push({ path: resolve(each, one), isRun });
  };
  let isNext = false;
  for (const [at, word] of words.entries()) {
    // A program without a folder is looked up on the PATH.
    if (at === 0 && /[\\/]/.test(word)) add(word, true);
    if (at > 0) add(word, isNext);
    for (const each of at === 0 ? [] : [...unquotedWords(word), ...optionValue(word)]) add(each, false);
    const pieces = word.replace(/>\s*["']?[^\s"'`;|&()]+/g, ' ').split(/[\s"'`;|&()<=,:@]+/);
    for (const piece of at === 0 ? [word] : pieces.filter(Boolean)) {
      if (at > 0 && piece !== word) add(piece, isNext);
      isNext = interpreterOf(piece) !== undefined || (isNext && piece.startsWith('-'));
    }
  }
  return named;
}

/** A word of a shell that has quotes or backslashes in it. */
const QUOTED_WORD = /(?:[^\s"'`\\;|&()<>]|\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"|'[^']*')+/g;

/** The words of a text for a shell that have quotes or backslashes, without them. */
function unquotedWords(text: string): string[] {
  const quoted = (text.match(QUOTED_WORD) ?? []).filter((word) => /["'\\]/.test(word));
  return quoted.map((word) => word.replace(/\\\n/g, '').replace(/\\([\s\S])|["']/g, '$1'));
}

/** The value of an option of one letter: `-fput.awk`. */
function optionValue(word: string): string[] {
  return /^-[A-Za-z][^\s-]/.test(word) ? [word.slice(2)] : [];
}

/** Of hostile texts. */
const MOST_FOLDERS = 8;

/** `cd d`, `cd "my folder"`, `env -C d`, `--chdir=d`. */
const CHANGED_FOLDER = /(?:\b(?:cd|pushd)\s+|(?:^|\s)-C\s*|--chdir[=\s])(?:"([^"]+)"|'([^']+)'|([^\s"';|&]+))/g;

/** Folders to which a command changes, or in which it looks programs up. */
function foldersIn(text: string): string[] {
  const changed = [...text.matchAll(CHANGED_FOLDER)].map(
    ([, ...folders]) => folders.find((folder) => folder !== undefined) ?? '',
  );
  const paths = [...text.matchAll(/\bPATH=["']?([^\s"';|&]+)/g)].flatMap(([, path = '']) => path.split(':'));
  return [...changed, ...paths].filter((folder) => !/[{}$\0]/.test(folder)).slice(0, MOST_FOLDERS);
}

const VARIABLES = /\{(?:account|token|generation|expires_at|type)\}/g;
/** The same, for one test. */
const VARIABLE = new RegExp(VARIABLES.source);

/** The files that a path with placeholders may name; the path itself where it has none. */
function matchesOf(path: string): string[] {
  if (!VARIABLE.test(path)) return [path];
  const [root = '', ...names] = path.split(sep);
  let found = [`${root}${sep}`];
  for (const name of names) {
    const isOpen = VARIABLE.test(name);
    const next = (folder: string) => (isOpen ? namesIn(folder).filter((each) => fits(each, name)) : [name]);
    found = found.flatMap((folder) => next(folder).map((each) => join(folder, each))).slice(0, MOST_WORDS);
  }
  return found;
}

/** Whether a name is one of a pattern, with anything for its placeholders. */
function fits(name: string, pattern: string): boolean {
  const [start = '', ...rest] = pattern.split(VARIABLES);
  const end = rest.pop() ?? '';
  if (!name.startsWith(start) || !name.endsWith(end)) return false;
  let at = start.length;
  for (const part of rest) {
    at = name.indexOf(part, at) + part.length;
    if (at < part.length) return false;
  }
  return at <= name.length - end.length;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
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
    if (process.platform !== 'win32' && (statSync(path).mode & 0o111) !== 0) return true;
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
    const { size } = statSync(path);
    const file = openSync(path, 'r');
    const bytes = Buffer.alloc(Math.min(size, CHUNK_BYTES));
    // A line break may be in two chunks.
    let rest = '';
    for (let at = 0; at < size; at += bytes.length) {
      // Of a huge file, the start and the end.
      if (at === MOST_CHUNKS * CHUNK_BYTES) at = Math.max(at, size - CHUNK_BYTES);
      const text = rest + bytes.subarray(0, readSync(file, bytes, 0, bytes.length, at)).toString('latin1');
      rest = text.endsWith('\r') ? '\r' : '';
      hash.update(text.slice(0, text.length - rest.length).replaceAll('\r\n', '\n'), 'latin1');
    }
    hash.update(rest, 'latin1');
    closeSync(file);
    if (size > MOST_CHUNKS * CHUNK_BYTES) hash.update(String(size));
  } catch {
    hash.update('unreadable');
  }
  return hash.digest('base64url');
}
