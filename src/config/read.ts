import { createHash } from 'node:crypto';
import { constants, open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { shownPath } from '../files/paths.ts';
import { UserError } from '../model/user-error.ts';
import { reportOwnFile } from '../secrets/store.ts';
import type { Problems } from '../yaml/diagnostic.ts';
import { Environment } from '../yaml/environment.ts';
import { ALIAS_BUDGET, type ParseContext, parseSource } from '../yaml/parse.ts';
import { decode, type Source, type Span, sourceOf } from '../yaml/source.ts';
import { child, entriesOf, itemsOf, type Node, type ScalarNode, textOf } from '../yaml/tree.ts';
import { quote, showNode } from '../yaml/wording.ts';
import { notFound } from './errors.ts';
import { baseOfGlob, Confines, isYamlName, matchingFiles } from './include.ts';
import { secretFiles } from './stores.ts';

/** The maximum total size of the files of a configuration, in bytes. */
export const MAX_BYTES = 10 * 1024 * 1024;

/** One file of the configuration. The main file comes first, then included files in the order of `include`. */
export interface ConfigFile {
  readonly role: 'main' | 'included';
  readonly source: Source;
  /** The real path of the file. */
  readonly real: string;
  /** Absent when the file is not well-formed, which has been reported. */
  readonly root?: Node;
}

export interface ConfigFiles {
  readonly all: readonly ConfigFile[];
  /** Whether every file was read and parsed; if not, names may be missing. */
  readonly complete: boolean;
  /** SHA-256 (hex) of the files and the environment values used in them. */
  readonly hash: string;
}

/**
 * Reads the main file and its included files. Reports errors in their encoding, YAML and variables.
 *
 * @param unwritten texts by absolute path that replace files on the disk
 *
 * @throws UserError CONFIG_NOT_FOUND when there is no main file; CONFIG_INVALID when it cannot be read
 */
export async function readFiles(
  main: string,
  env: NodeJS.ProcessEnv,
  problems: Problems,
  unwritten: ReadonlyMap<string, string>,
): Promise<ConfigFiles> {
  const reader = new Reader(main, env, problems, unwritten);
  return reader.readAll();
}

class Reader {
  readonly #main: string;
  readonly #folder: string;
  readonly #context: ParseContext;
  readonly #unwritten: ReadonlyMap<string, string>;
  readonly #hash = createHash('sha256');
  readonly #files: ConfigFile[] = [];
  /** Real paths of the files that were read, so that none is read twice. */
  readonly #seen = new Set<string>();
  /** The files that secrets are stored in, with the nodes that name them. They are never included. */
  readonly #secrets = new Map<string, Node>();
  #confines: Confines | undefined;
  #bytesLeft = MAX_BYTES;
  #complete = true;

  constructor(main: string, env: NodeJS.ProcessEnv, problems: Problems, unwritten: ReadonlyMap<string, string>) {
    this.#main = main;
    this.#unwritten = unwritten;
    this.#folder = path.dirname(path.resolve(main));
    this.#context = { environment: new Environment(env), problems, aliasBudget: ALIAS_BUDGET };
  }

  async readAll(): Promise<ConfigFiles> {
    const root = await this.#readMain();
    await this.#noteSecrets(root);
    for (const pattern of itemsOf(child(root, 'include'))) {
      if (pattern.kind === 'scalar') await this.#include(pattern);
    }
    for (const [name, value] of this.#context.environment.used()) this.#digest('env', name, value);
    this.#context.problems.inOrderOf(this.#files.map(({ source }) => source.file));
    return { all: this.#files, complete: this.#complete, hash: this.#hash.digest('hex') };
  }

  async #readMain(): Promise<Node | undefined> {
    const absolute = path.resolve(this.#main);
    this.#confines = await Confines.of(absolute);
    if (await this.#confines.excludes(absolute)) {
      const message = `cannot read ${quote(this.#main)}: it is a link that leads out of the git work tree ${quote(this.#confines.tree ?? '')}`;
      throw new UserError(
        'CONFIG_INVALID',
        message,
        'replace the link with the file, or name the real path of the file with --config FILE',
      );
    }
    const outcome = await this.#read(absolute);
    if (outcome.is === 'missing') throw await notFound(this.#main);
    if (outcome.is === 'unreadable') {
      const hint = 'name a YAML file with --config FILE';
      throw new UserError('CONFIG_INVALID', `cannot read ${quote(this.#main)}: ${outcome.why}`, hint);
    }
    return this.#take('main', this.#main, absolute, outcome);
  }

  async #read(absolute: string): Promise<Outcome> {
    const text = this.#unwritten.get(absolute);
    if (text === undefined) return readRegular(absolute, this.#bytesLeft);
    const bytes = Buffer.from(text);
    return bytes.length > this.#bytesLeft ? { is: 'large' } : { is: 'text', bytes };
  }

  async #noteSecrets(root: Node | undefined): Promise<void> {
    for (const { value } of entriesOf(child(root, 'secret_stores')).values()) {
      for (const [file, node] of await secretFiles(value, this.#folder)) this.#secrets.set(file, node);
    }
  }

  async #include(pattern: ScalarNode): Promise<void> {
    const text = textOf(pattern);
    if (text === undefined || text === '') {
      this.#complete = false;
      return;
    }
    const base = await baseOfGlob(text);
    if (await this.#leadsOut(base ?? text)) return this.#reportOutside(pattern, text);
    if (base === undefined) {
      if (isYamlName(text)) await this.#includeFile(text, pattern);
      else await this.#reportEnding(text, pattern);
      return;
    }
    const matches = await matchingFiles(this.#folder, text);
    const names = matches.filter(isYamlName);
    if (names.length === 0) {
      this.#context.problems.warning('include-nothing', pattern.at, `no file matches ${showNode(pattern)}`, {
        hint:
          matches.length > 0
            ? 'only files that end in .yaml or .yml are included'
            : `globs start in ${quote(path.dirname(this.#main))}, the folder of the configuration`,
      });
    }
    for (const name of names) {
      if (await this.#leadsOut(name)) this.#reportOutside(pattern, name);
      else await this.#includeFile(name, pattern);
    }
  }

  async #leadsOut(name: string): Promise<boolean> {
    return (await this.#confines?.excludes(path.resolve(this.#folder, name))) ?? false;
  }

  /** Reports an outside file without revealing whether it exists. */
  #reportOutside(pattern: ScalarNode, name: string): void {
    this.#complete = false;
    const subject = pattern.env === undefined ? quote(name) : showNode(pattern);
    this.#context.problems.error(
      'include-outside',
      pattern.at,
      `included file ${subject} is not in the git work tree of the configuration`,
      { hint: `put the file itself into ${quote(this.#confines?.tree ?? '')}, not a link to it` },
    );
  }

  async #reportEnding(name: string, pattern: ScalarNode): Promise<void> {
    this.#complete = false;
    const isFolder = await stat(path.resolve(this.#folder, name)).then(
      (facts) => facts.isDirectory(),
      () => false,
    );
    const glob = pattern.env === undefined ? quote(path.posix.join(name, '*.yaml')) : 'a glob';
    this.#context.problems.error(
      'include-ending',
      pattern.at,
      `included file ${showNode(pattern)} does not end in .yaml or .yml`,
      { hint: isFolder ? `it is a folder: write ${glob}` : 'if it is YAML, rename it' },
    );
  }

  async #includeFile(name: string, pattern: ScalarNode): Promise<void> {
    const absolute = path.resolve(this.#folder, name);
    const real = await realpath(absolute).catch(() => absolute);
    if (this.#seen.has(real)) return;
    const secrets = this.#secrets.get(real);
    if (secrets !== undefined) {
      this.#complete = false;
      reportOwnFile(secrets, this.#context.problems, pattern);
      return;
    }
    const outcome = await this.#read(absolute);
    if (outcome.is === 'text' || outcome.is === 'large') {
      const file = path.isAbsolute(name) ? name : path.join(path.dirname(this.#main), name);
      await this.#take('included', file, absolute, outcome);
      return;
    }
    this.#complete = false;
    // A text from the environment may be a secret, unless it names a file that exists.
    const subject = pattern.env === undefined ? quote(name) : showNode(pattern);
    const why = outcome.is === 'missing' ? 'does not exist' : `cannot be read: ${outcome.why}`;
    this.#context.problems.error('include-missing', pattern.at, `included file ${subject} ${why}`);
  }

  async #take(role: ConfigFile['role'], file: string, absolute: string, outcome: Readable): Promise<Node | undefined> {
    const real = await realpath(absolute).catch(() => absolute);
    this.#seen.add(real);
    const text = outcome.is === 'large' ? '' : decode(outcome.bytes);
    const source = sourceOf(shownPath(file), typeof text === 'string' ? text : '');
    const start: Span = { source, start: 0, end: 0 };
    const { problems } = this.#context;
    let root: Node | undefined;
    if (outcome.is === 'large') {
      const hint = 'split the organization into several configurations, each with its own state';
      problems.error('too-large', start, 'the files of the configuration are larger than 10 MB in total', { hint });
    } else {
      this.#bytesLeft -= outcome.bytes.length;
      this.#digest('file', shownPath(path.relative(this.#folder, absolute)), outcome.bytes);
      if (typeof text === 'string') root = parseSource(source, this.#context);
      else problems.error('encoding', start, text.message, { hint: text.hint });
    }
    if (root === undefined) this.#complete = false;
    this.#files.push({ role, source, real, ...(root === undefined ? {} : { root }) });
    return root;
  }

  /** Hashes parts, each after its length, so that different lists never give the same bytes. */
  #digest(...parts: (string | Uint8Array)[]): void {
    for (const part of parts) {
      const bytes = typeof part === 'string' ? Buffer.from(part) : part;
      this.#hash.update(`${bytes.length}:`).update(bytes);
    }
  }
}

type Readable = { readonly is: 'text'; readonly bytes: Buffer } | { readonly is: 'large' };
type Outcome = Readable | { readonly is: 'missing' } | { readonly is: 'unreadable'; readonly why: string };

/** Reads a regular file of at most `most` bytes. A pipe or a device could block forever. */
async function readRegular(file: string, most: number): Promise<Outcome> {
  try {
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await handle.stat();
      if (!stat.isFile())
        return { is: 'unreadable', why: stat.isDirectory() ? 'it is a folder' : 'it is not a regular file' };
      if (stat.size > most) return { is: 'large' };
      const bytes = await handle.readFile();
      return bytes.length > most ? { is: 'large' } : { is: 'text', bytes };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return { is: 'missing' };
    return { is: 'unreadable', why: code === 'EACCES' ? 'permission denied' : code || 'it cannot be opened' };
  }
}
