import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { findTrackedLink } from '../files/links.ts';
import { shownPath } from '../files/paths.ts';
import { readRegularFile, whyUnreadable } from '../files/read-text.ts';
import { errnoOf } from '../files/system-errors.ts';
import { isCi } from '../model/ci.ts';
import { DEFAULT_CONFIG } from '../model/defaults.ts';
import { defined } from '../model/defined.ts';
import { quote, quoteWhole } from '../model/quote.ts';
import { shellCommand, shellPath } from '../model/shell.ts';
import { UserError } from '../model/user-error.ts';
import { reportOwnFile } from '../secrets/store-kind.ts';
import { EnvironmentVariables } from '../yaml/environment.ts';
import { ALIAS_BUDGET, type ParseContext, parseSource } from '../yaml/parse.ts';
import type { Problems } from '../yaml/problems.ts';
import { decode, type Source, type Span, sourceOf } from '../yaml/source.ts';
import { child, entriesOf, itemsOf, type Node } from '../yaml/tree.ts';
import { ConfigDigest } from './config-digest.ts';
import { Confines } from './confines.ts';
import { notFound } from './errors.ts';
import { type IncludedFile, IncludePatterns } from './include-patterns.ts';
import { MAX_ACCOUNTS, MAX_BYTES, SPLIT, type TooLarge, tooManyStores, tooManyTokens } from './size-limits.ts';
import { secretFiles } from './stores.ts';

/** One file of the configuration. The main file comes first, then included files in the order of `include`. */
export interface ConfigFile {
  readonly role: 'main' | 'included';
  readonly source: Source;
  /** The real path of the file. */
  readonly real: string;
  /** Absent when the file is not well-formed, which has been reported. */
  root?: Node;
}

/** The parsed files of a configuration. */
export interface ConfigFiles {
  readonly all: readonly ConfigFile[];
  /** Whether every file was read and parsed; if not, names may be missing. */
  readonly complete: boolean;
  /** SHA-256 (hex) of the files and the environment values used in them. Made when it is read: only saved plans have it. */
  readonly hash: string;
  /** Of each file by its path from the main file's folder, likewise: to tell which one changed. */
  readonly fileHashes: ReadonlyMap<string, string>;
  /** The names of the environment variables used in them, sorted. */
  readonly variables: readonly string[];
}

/**
 * Reads the main file and its included files. Reports errors in their encoding, YAML and variables.
 *
 * @param unwritten texts by absolute path that replace files on the disk
 * @param allowEnv variables that may be used although their names speak of a secret or of a CI job
 *
 * @throws UserError CONFIG_NOT_FOUND when there is no main file; CONFIG_INVALID when it cannot be read
 */
export async function readFiles(
  main: string,
  env: NodeJS.ProcessEnv,
  problems: Problems,
  unwritten: ReadonlyMap<string, string>,
  allowEnv: readonly string[] = [],
): Promise<ConfigFiles> {
  return new Reader(main, new EnvironmentVariables(env, allowEnv), problems, unwritten, isCi(env)).readAll();
}

/** As `readFiles`, of the main file alone. */
export async function readMainFile(
  main: string,
  env: NodeJS.ProcessEnv,
  problems: Problems,
  allowEnv: readonly string[] = [],
): Promise<ConfigFile | undefined> {
  return new Reader(main, new EnvironmentVariables(env, allowEnv), problems, new Map(), isCi(env)).readMainAlone();
}

class Reader {
  readonly #main: string;
  readonly #folder: string;
  readonly #context: ParseContext;
  readonly #unwritten: ReadonlyMap<string, string>;
  readonly #digest = new ConfigDigest();
  readonly #files: ConfigFile[] = [];
  /** Real paths of the files that were read, so that none is read twice. */
  readonly #seen = new Set<string>();
  /** The files that secrets are stored in, with the nodes that name them. They are never included. */
  readonly #secrets = new Map<string, Node>();
  #confines: Confines | undefined;
  readonly #isRunner: boolean;
  /** Included files that are not quoted: a pull request could include a file that a job wrote, with other secrets. */
  #hidden: ReadonlySet<string> = new Set();
  #bytesLeft = MAX_BYTES;
  #accountsLeft = MAX_ACCOUNTS;
  #complete = true;

  constructor(
    main: string,
    environment: EnvironmentVariables,
    problems: Problems,
    unwritten: ReadonlyMap<string, string>,
    isRunner: boolean,
  ) {
    this.#main = main;
    this.#isRunner = isRunner;
    this.#unwritten = unwritten;
    this.#folder = path.dirname(path.resolve(main));
    this.#context = { environment, problems, aliasBudget: ALIAS_BUDGET };
  }

  async readAll(): Promise<ConfigFiles> {
    const root = await this.#readMain();
    await this.#noteSecrets(root);
    await this.#include(itemsOf(child(root, 'include')));
    const tooLarge = tooManyTokens(this.#files);
    if (tooLarge !== undefined) {
      this.#refuse(tooLarge);
      for (const file of this.#files) delete file.root;
    }
    const used = this.#context.environment.used();
    for (const [name, value] of used) this.#digest.add('env', name, Buffer.from(value));
    this.#context.problems.inOrderOf(this.#files.map(({ source }) => source.file));
    const digest = this.#digest;
    return {
      all: this.#files,
      complete: this.#complete,
      variables: used.map(([name]) => name),
      get hash() {
        return digest.hash();
      },
      get fileHashes() {
        return digest.fileHashes();
      },
    };
  }

  async readMainAlone(): Promise<ConfigFile | undefined> {
    await this.#readMain();
    return this.#files[0];
  }

  async #readMain(): Promise<Node | undefined> {
    const absolute = path.resolve(this.#main);
    this.#confines = await Confines.of(absolute);
    // The link of a pull request may lead into another work tree, whose limits are then those of the configuration.
    const isLinked = (await findTrackedLink(path.dirname(absolute))) !== undefined;
    const excluded = isLinked ? 'link' : await this.#confines.excludes(absolute);
    if (excluded !== undefined) {
      const why =
        excluded === 'link' ? 'it is a link, or is reached through one' : 'it is part of the git repository itself';
      throw unreadable(this.#main, why, 'A configuration is a regular file: name it with --config FILE.');
    }
    const ignoring = this.#confines.ignored([absolute]);
    const outcome = await this.#read(absolute);
    if (outcome.is === 'missing') throw await notFound(this.#main);
    // git answers while the file is parsed.
    const root = outcome.is === 'unreadable' ? undefined : await this.#take('main', this.#main, absolute, outcome);
    const ignored = await ignoring;
    if (!('why' in ignored) && ignored.has(absolute)) {
      const hint = `A configuration is kept in git. See which pattern to remove: ${shellCommand('git check-ignore -v', shownPath(this.#main))}`;
      throw unreadable(this.#main, 'git ignores it', hint);
    }
    if (outcome.is === 'unreadable') {
      const isFolder = (await stat(absolute).catch(() => undefined))?.isDirectory() === true;
      const file = isFolder ? shellPath(shownPath(path.join(this.#main, DEFAULT_CONFIG))) : 'FILE';
      throw unreadable(this.#main, outcome.why, `Name a YAML file with --config ${file}.`);
    }
    return root;
  }

  async #read(absolute: string): Promise<Outcome> {
    const text = this.#unwritten.get(absolute);
    if (text === undefined) return readRegular(absolute, this.#bytesLeft, this.#confines);
    const bytes = Buffer.from(text);
    return bytes.length > this.#bytesLeft ? { is: 'large' } : { is: 'text', bytes };
  }

  async #noteSecrets(root: Node | undefined): Promise<void> {
    const stores = child(root, 'secret_stores');
    const tooLarge = tooManyStores(stores);
    if (tooLarge !== undefined) {
      this.#refuse(tooLarge);
      return;
    }
    for (const { value } of entriesOf(stores).values()) {
      for (const [file, node] of await secretFiles(value, this.#folder)) this.#secrets.set(file, node);
    }
  }

  #refuse({ node, message, hint }: TooLarge): void {
    this.#complete = false;
    this.#context.problems.error('too-large', node.at, message, { hint });
  }

  async #include(patterns: readonly Node[]): Promise<void> {
    if (this.#confines === undefined) return;
    const included = new IncludePatterns(this.#main, this.#confines, this.#context.problems);
    const files = await included.filesOf(patterns);
    if (this.#isRunner) this.#hidden = await this.#confines.untracked(files.map(({ absolute }) => absolute));
    for (const file of files) await this.#includeFile(file);
    this.#complete &&= included.isComplete;
  }

  async #includeFile({ name, absolute, pattern }: IncludedFile): Promise<void> {
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
    const why = outcome.is === 'missing' ? 'does not exist' : `cannot be read: ${outcome.why}`;
    const more =
      outcome.is === 'missing' ? { hint: 'create it, or write its path from the folder of the main file' } : {};
    this.#context.problems.error('include-missing', pattern.at, `included file ${quote(name)} ${why}`, more);
  }

  async #take(role: ConfigFile['role'], file: string, absolute: string, outcome: Readable): Promise<Node | undefined> {
    const real = await realpath(absolute).catch(() => absolute);
    this.#seen.add(real);
    const text = outcome.is === 'large' ? '' : decode(outcome.bytes);
    const isHidden = this.#hidden.has(absolute);
    const source = sourceOf(shownPath(file), typeof text === 'string' ? text : '', isHidden);
    const start: Span = { source, start: 0, end: 0 };
    const { problems } = this.#context;
    let root: Node | undefined;
    if (outcome.is === 'large') {
      const message = 'the files of the configuration are larger than 10 MB in total';
      problems.error('too-large', start, message, { hint: SPLIT });
    } else {
      this.#bytesLeft -= outcome.bytes.length;
      this.#digest.add('file', shownPath(path.relative(this.#folder, absolute)), outcome.bytes);
      if (typeof text === 'string') root = parseSource(source, this.#context);
      else problems.error('encoding', start, text.message, { hint: text.hint });
      const before = this.#accountsLeft;
      this.#accountsLeft -= entriesOf(child(root, 'accounts')).size;
      if (this.#accountsLeft < 0) {
        root = undefined;
        const message = `there are more than ${MAX_ACCOUNTS.toLocaleString('en')} accounts`;
        if (before >= 0) problems.error('too-large', start, message, { hint: SPLIT });
      }
    }
    if (root === undefined) this.#complete = false;
    this.#files.push({ role, source, real, ...defined({ root }) });
    return root;
  }
}

type Readable = { readonly is: 'text'; readonly bytes: Buffer } | { readonly is: 'large' };
type Outcome = Readable | { readonly is: 'missing' } | { readonly is: 'unreadable'; readonly why: string };

function unreadable(main: string, why: string, hint: string): UserError {
  return new UserError('CONFIG_INVALID', `cannot read ${quoteWhole(main)}: ${why}`, hint);
}

/**
 * Reads a regular file of at most `most` bytes, whose path has no link. That is checked again after the reading: a link may
 * have been put there between a check and the reading.
 */
async function readRegular(file: string, most: number, confines: Confines | undefined): Promise<Outcome> {
  try {
    const bytes = await readRegularFile(file, { most, noLink: true, isSame: true });
    if ((await confines?.excludes(file)) !== undefined)
      return { is: 'unreadable', why: 'it was replaced while it was read' };
    return { is: 'text', bytes };
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { is: 'missing' };
    return code === 'EFBIG' ? { is: 'large' } : { is: 'unreadable', why: whyUnreadable(error) };
  }
}
