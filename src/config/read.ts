import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { findTrackedLink } from '../files/links.ts';
import { shownPath } from '../files/paths.ts';
import { readRegularFile, whyUnreadable } from '../files/read-text.ts';
import { codeOf } from '../files/system-errors.ts';
import { DEFAULT_CONFIG } from '../model/defaults.ts';
import { UserError } from '../model/user-error.ts';
import { reportOwnFile } from '../secrets/store.ts';
import type { DiagnosticCode, Problems } from '../yaml/diagnostic.ts';
import { Environment } from '../yaml/environment.ts';
import { ALIAS_BUDGET, type ParseContext, parseSource } from '../yaml/parse.ts';
import { decode, type Source, type Span, sourceOf } from '../yaml/source.ts';
import { child, entriesOf, itemsOf, type Node, type ScalarNode, textOf } from '../yaml/tree.ts';
import { quote, showNode } from '../yaml/wording.ts';
import { notFound } from './errors.ts';
import {
  baseOfGlob,
  Confines,
  type Exclusion,
  GLOB_BUDGET,
  GlobTooLarge,
  isYamlName,
  matchingFiles,
} from './include.ts';
import { secretFiles } from './stores.ts';

/** The maximum total size of the files of a configuration, in bytes. */
const MAX_BYTES = 10 * 1024 * 1024;
const MAX_FILES = 10_000;
const MAX_STORES = 200;
const MAX_ACCOUNTS = 50_000;
const MAX_TOKENS = 200_000;
const SPLIT = 'split the organization into several configurations, each with its own state';
const NARROWER = 'name a folder before the first star';

/** One file of the configuration. The main file comes first, then included files in the order of `include`. */
export interface ConfigFile {
  readonly role: 'main' | 'included';
  readonly source: Source;
  /** The real path of the file. */
  readonly real: string;
  /** Absent when the file is not well-formed, which has been reported. */
  root?: Node;
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
 * @param allowEnv variables that may be used although their names speak of a secret
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
  const reader = new Reader(main, new Environment(env, allowEnv), problems, unwritten);
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
  readonly #globBudget = { left: GLOB_BUDGET };
  #bytesLeft = MAX_BYTES;
  #accountsLeft = MAX_ACCOUNTS;
  #complete = true;

  constructor(main: string, environment: Environment, problems: Problems, unwritten: ReadonlyMap<string, string>) {
    this.#main = main;
    this.#unwritten = unwritten;
    this.#folder = path.dirname(path.resolve(main));
    this.#context = { environment, problems, aliasBudget: ALIAS_BUDGET };
  }

  async readAll(): Promise<ConfigFiles> {
    const root = await this.#readMain();
    await this.#noteSecrets(root);
    await this.#includeAll(itemsOf(child(root, 'include')));
    this.#limitTokens();
    for (const [name, value] of this.#context.environment.used()) this.#digest('env', name, value);
    this.#context.problems.inOrderOf(this.#files.map(({ source }) => source.file));
    return { all: this.#files, complete: this.#complete, hash: this.#hash.digest('hex') };
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
      throw unreadable(this.#main, why, 'a configuration is a regular file: name it with --config FILE');
    }
    const outcome = await this.#read(absolute);
    if (outcome.is === 'missing') throw await notFound(this.#main);
    const ignored = await this.#confines.ignored([absolute]);
    if (!('why' in ignored) && ignored.has(absolute)) {
      const hint = `a configuration is kept in git; git check-ignore -v ${shownPath(this.#main)} shows the pattern to remove`;
      throw unreadable(this.#main, 'git ignores it', hint);
    }
    if (outcome.is === 'unreadable') {
      const isFolder = (await stat(absolute).catch(() => undefined))?.isDirectory() === true;
      const file = isFolder ? shownPath(path.join(this.#main, DEFAULT_CONFIG)) : 'FILE';
      throw unreadable(this.#main, outcome.why, `name a YAML file with --config ${file}`);
    }
    return this.#take('main', this.#main, absolute, outcome);
  }

  async #read(absolute: string): Promise<Outcome> {
    const text = this.#unwritten.get(absolute);
    if (text === undefined) return readRegular(absolute, this.#bytesLeft, this.#confines);
    const bytes = Buffer.from(text);
    return bytes.length > this.#bytesLeft ? { is: 'large' } : { is: 'text', bytes };
  }

  async #noteSecrets(root: Node | undefined): Promise<void> {
    const stores = child(root, 'secret_stores');
    if (stores !== undefined && entriesOf(stores).size > MAX_STORES) {
      this.#refuse('too-large', stores, `there are more than ${MAX_STORES} secret stores`, 'let accounts share stores');
      return;
    }
    for (const { value } of entriesOf(stores).values()) {
      for (const [file, node] of await secretFiles(value, this.#folder)) this.#secrets.set(file, node);
    }
  }

  /** Reads the files of all patterns, after git was asked once which of them it ignores. */
  async #includeAll(patterns: readonly Node[]): Promise<void> {
    const names: { readonly name: string; readonly absolute: string; readonly pattern: ScalarNode }[] = [];
    const seen = new Set<string>();
    for (const [index, pattern] of patterns.entries()) {
      if (pattern.kind !== 'scalar') continue;
      for (const name of await this.#namesOf(pattern)) {
        const absolute = path.resolve(this.#folder, name);
        if (seen.has(absolute)) continue;
        seen.add(absolute);
        const excluded = await this.#confines?.excludes(absolute);
        if (excluded === undefined) names.push({ name, absolute, pattern });
        else this.#reportExcluded(excluded, pattern, name);
      }
      if (Math.max(seen.size, index) > MAX_FILES) {
        const message = `more than ${MAX_FILES.toLocaleString('en')} files are included`;
        return this.#refuse('too-large', pattern, message, 'join some of them');
      }
    }
    const ignored = (await this.#confines?.ignored(names.map(({ absolute }) => absolute))) ?? new Set<string>();
    for (const { name, absolute, pattern } of names) {
      const subject = pattern.env === undefined ? quote(name) : showNode(pattern);
      if ('why' in ignored) {
        const [why] = ignored.why.split('\n');
        const message = `included file ${subject} is not read: git cannot tell whether it is ignored`;
        const fix = why?.includes('did not answer')
          ? 'look for patterns of many stars in .gitignore'
          : 'make git usable here';
        this.#refuse('include-ignored', pattern, message, `${why}; ${fix}`);
      } else if (ignored.has(absolute)) {
        const hint = 'a configuration is kept in git: include another file, or remove the pattern from .gitignore';
        this.#refuse('include-ignored', pattern, `git ignores the included file ${subject}`, hint);
      } else await this.#includeFile(name, pattern);
    }
  }

  /** The names of the files of one pattern, relative to the folder of the configuration. */
  async #namesOf(pattern: ScalarNode): Promise<readonly string[]> {
    const text = textOf(pattern);
    if (text === undefined || text === '') {
      this.#complete = false;
      return [];
    }
    const base = baseOfGlob(text);
    if (base !== undefined && this.#globBudget.left < 0) {
      this.#refuse(
        'include-glob',
        pattern,
        `${showNode(pattern)} is not followed, as others looked at too many files`,
        NARROWER,
      );
      return [];
    }
    const excluded = await this.#confines?.excludes(path.resolve(this.#folder, base ?? text));
    if (excluded !== undefined) {
      this.#reportExcluded(excluded, pattern, text);
      return [];
    }
    if (base === undefined) {
      if (isYamlName(text)) return [text];
      await this.#reportEnding(text, pattern);
      return [];
    }
    try {
      const matches = await matchingFiles(this.#folder, text, this.#globBudget);
      const names = matches.filter(isYamlName);
      if (names.length === 0) {
        this.#context.problems.warning('include-nothing', pattern.at, `no file matches ${showNode(pattern)}`, {
          hint:
            matches.length > 0
              ? 'only files that end in .yaml or .yml are included'
              : `globs start in ${quote(path.dirname(this.#main))}, the folder of the configuration`,
        });
      }
      return names;
    } catch (error) {
      if (!(error instanceof GlobTooLarge)) throw error;
      this.#refuse('include-glob', pattern, `${showNode(pattern)} ${error.message}`, NARROWER);
      return [];
    }
  }

  #refuse(code: DiagnosticCode, pattern: Node, message: string, hint: string): void {
    this.#complete = false;
    this.#context.problems.error(code, pattern.at, message, { hint });
  }

  /** Reports a file that is out of bounds without revealing whether it exists. */
  #reportExcluded(excluded: Exclusion, pattern: ScalarNode, name: string): void {
    const subject = pattern.env === undefined ? quote(name) : showNode(pattern);
    const { noun = '', root = '' } = this.#confines ?? {};
    if (excluded === 'link') {
      const message = `included file ${subject} is a link, or is reached through one`;
      this.#refuse('include-link', pattern, message, 'include the file itself');
    } else {
      const message = `included file ${subject} is not in ${noun} of the configuration`;
      this.#refuse('include-outside', pattern, message, `put the file itself into ${quote(root)}`);
    }
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

  /** An account has its own tokens and those of its template, so a small file can have very many. */
  #limitTokens(): void {
    const sections = (name: string) => this.#files.flatMap(({ root }) => [...entriesOf(child(root, name)).values()]);
    const sizeOf = (node: Node | undefined): number => entriesOf(child(node, 'tokens')).size;
    const templates = new Map(sections('templates').map(({ key, value }) => [key, sizeOf(value)]));
    let left = MAX_TOKENS;
    for (const { value } of sections('accounts')) {
      left -= sizeOf(value) + (templates.get(textOf(child(value, 'template')) ?? '') ?? 0);
      if (left >= 0) continue;
      const message = `the accounts have more than ${MAX_TOKENS.toLocaleString('en')} tokens`;
      this.#refuse('too-large', value, message, SPLIT);
      for (const file of this.#files) delete file.root;
      return;
    }
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
      const message = 'the files of the configuration are larger than 10 MB in total';
      problems.error('too-large', start, message, { hint: SPLIT });
    } else {
      this.#bytesLeft -= outcome.bytes.length;
      this.#digest('file', shownPath(path.relative(this.#folder, absolute)), outcome.bytes);
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

function unreadable(main: string, why: string, hint: string): UserError {
  return new UserError('CONFIG_INVALID', `cannot read ${quote(main)}: ${why}`, hint);
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
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { is: 'missing' };
    return code === 'EFBIG' ? { is: 'large' } : { is: 'unreadable', why: whyUnreadable(error) };
  }
}
