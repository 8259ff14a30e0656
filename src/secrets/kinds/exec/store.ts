import { statSync } from 'node:fs';
import { basename, isAbsolute, resolve } from 'node:path';
import { shownRelativePath } from '../../../files/paths.ts';
import type { SecretStoreConfig } from '../../../model/desired.ts';
import { Secret, type TokenAddress } from '../../../model/secret.ts';
import { shellPath } from '../../../model/shell.ts';
import type { Seconds } from '../../../model/time.ts';
import { type ErrorCode, UserError } from '../../../model/user-error.ts';
import { counted } from '../../../model/wording.ts';
import { commandHash } from '../../fingerprint.ts';
import {
  type NewSecret,
  type ObsoleteSecret,
  pathByToken,
  type SecretStore,
  type SecretTarget,
  tokenAtPath,
} from '../../store.ts';
import type { StoreContext } from '../../store-kind.ts';
import { commandClues } from './command-clues.ts';
import { findProgram, missingScript, scriptOf } from './find-command.ts';
import { expand, expandWords, PLACEHOLDER, type TokenFacts } from './placeholders.ts';
import { filesOf, type RepositoryFiles } from './repository-files.ts';
import { type CommandOutcome, type RunOptions, runStoreCommand } from './run-command.ts';
import { scrubOutput } from './scrub.ts';

/** The configuration of an exec store. */
export interface ExecStoreConfig extends SecretStoreConfig {
  readonly kind: 'exec';
  readonly command: readonly string[];
  /** What the command reads on its standard input, with placeholders; absent: the secret alone. */
  readonly input?: string;
  /** The input without values from the environment. */
  readonly shownInput?: string;
  readonly check?: readonly string[];
  readonly remove?: readonly string[];
  /** The commands without values from the environment. */
  readonly shown?: Readonly<Record<string, readonly string[]>>;
  /** The working directory of both commands: the folder of the main file, absolute. */
  readonly folder: string;
  /** Files of the repository that the commands of the stores name. */
  readonly files?: RepositoryFiles;
  /** The time limit of one command, in seconds. */
  readonly timeout: Seconds;
}

/** A store with the environment of the run. */
type OpenStore = ExecStoreConfig & Pick<StoreContext, 'env'>;

/** What the command reads on its standard input. */
function inputWith(input: string, facts: TokenFacts, secret: Secret): Secret {
  const text = secret.reveal();
  const base64 = Buffer.from(text, 'utf8').toString('base64');
  return new Secret(
    expand(input, { ...facts, secret: text, secret_json: JSON.stringify(text), secret_base64: base64 }),
  );
}

/** What `remove` runs for a token: equal where it removes the same. */
export function removalOf({ remove }: ExecStoreConfig, { account, token }: TokenAddress): string | undefined {
  return remove && JSON.stringify(expandWords(remove, { account, token }));
}

/** A store that runs the user's command with the secret on its standard input, in the configuration's folder. */
export function execStore(given: ExecStoreConfig, { env }: Pick<StoreContext, 'env'>): SecretStore {
  const config: OpenStore = { ...given, env };
  let hashes: readonly string[] | undefined;
  const { folder, files = new Map() } = config;
  const hashesOf = (words: readonly string[]) => filesOf(words, folder, files).map(({ hash }) => hash);
  const filesAt = (at: TokenAddress) => {
    const { command = [] } = config.shown ?? {};
    hashes ??= hashesOf(command);
    // The files of all tokens: without any, a token has none of its own.
    return hashes.length === 0 ? hashes : hashesOf(expandWords(command, { ...at }));
  };
  return {
    name: config.name,
    // The words may change without the secret moving, so they are not part of the secret path.
    secretPath: (address) => pathByToken(config.name, address),
    check: (targets = []) => check(config, targets),
    missingProgram: () => missingProgram(config),
    put: (target, secret) => put(config, target, secret),
    ...(config.remove === undefined ? {} : { remove: (secret) => remove(config, config.remove ?? [], secret) }),
    secretPathKey: (address, secretPath = pathByToken(config.name, address)) => {
      const at = tokenAtPath(config.name, address.account, secretPath);
      const { command, input } = config;
      return at && JSON.stringify(expandWords(input === undefined ? command : [...command, input], { ...at }));
    },
    commandOf: (address, secretPath = pathByToken(config.name, address)) => {
      const at = tokenAtPath(config.name, address.account, secretPath);
      return at && commandHash(expandWords(publicWords(config), { ...at }), filesAt(at));
    },
    removalOf: (address, secretPath = pathByToken(config.name, address)) => {
      const at = tokenAtPath(config.name, address.account, secretPath);
      return at && removalOf(config, at);
    },
    pathClues: (address, secretPath = pathByToken(config.name, address)) => {
      const at = tokenAtPath(config.name, address.account, secretPath);
      return at && commandClues(config.command, at, folder);
    },
    ...(config.command.some((word) => word.includes('{generation}')) ? { namesGeneration: true } : {}),
    get scripts() {
      const { shown = {}, folder, files: all = new Map() } = config;
      const named = Object.values(shown).flatMap((words) => filesOf(words, folder, all));
      return new Map(named.map(({ path, hash }) => [path, hash]));
    },
  };
}

/**
 * The words of the command and its input without values from the environment, which differ between computers and may be secret; but a value
 * that has other placeholders than are written is needed to tell tokens apart.
 */
function publicWords({ command, shown, input, shownInput = input }: ExecStoreConfig): string[] {
  const placeholders = (word: string) => [...new Set(word.match(PLACEHOLDER))].sort().join();
  const publicText = (word: string, written = word) => (placeholders(written) === placeholders(word) ? written : word);
  const words = command.map((word, index) => publicText(word, shown?.command?.[index]));
  return input === undefined ? words : [...words, publicText(input, shownInput)];
}

/** Of programs and scripts that are named by a path from the configuration's folder; those of a machine may be elsewhere at the apply. */
async function missingProgram(config: OpenStore): Promise<UserError | undefined> {
  const commands = [config.command, config.check, config.remove].flatMap((words) => (words ? [words] : []));
  const programs = commands.flatMap(([program = '']) => program);
  for (const program of new Set(programs)) {
    if (!/[\\/]/.test(program) || isAbsolute(program) || program.includes('{')) continue;
    try {
      await checkProgram(program, config);
    } catch (error) {
      if (error instanceof UserError) return error;
      throw error;
    }
  }
  const [script] = commands.flatMap((words) => missingScript(words, config, false) ?? []);
  return script === undefined ? undefined : unusable(config, script, SCRIPT_HINT);
}

const SCRIPT_HINT = 'Commands run in the folder of the configuration: add the file there, or correct the path.';

async function check(config: OpenStore, targets: readonly SecretTarget[]): Promise<void> {
  const first = config.command.slice(0, 1);
  const programs = targets.flatMap(({ account, token }) => expandWords(first, { account, token }));
  for (const program of new Set([...first, ...programs])) {
    // A program name with a placeholder cannot be looked up before there is a token.
    if (!program.includes('{')) await checkProgram(program, config);
  }
  const commands = targets.map(({ account, token }) => expandWords(config.command, { account, token }));
  // Most tokens have the same script, which is looked for once.
  const byScript = new Map([config.command, ...commands].map((words) => [scriptOf(words), words]));
  for (const words of byScript.values()) {
    const script = missingScript(words, config, true);
    if (script !== undefined) throw unusable(config, script, SCRIPT_HINT);
  }
  if (config.check === undefined) return;
  const outcome = await runStoreCommand(config.check, limitsOf(config));
  if (outcome.ended === 'exit' && outcome.code === 0) return;
  throw unusable(config, `its check failed: ${describe(config, config.check, outcome, [])}`);
}

/** Refuses batch files, which need a shell that would interpret some characters: the user must name the shell. */
async function checkProgram(program: string, config: OpenStore): Promise<void> {
  const found = await findProgram(program, { ...config, platform: process.platform });
  if (found === 'nothing') {
    const file = resolve(config.folder, program);
    const isFile = /[\\/]/.test(program) && statSync(file, { throwIfNoEntry: false })?.isFile() === true;
    if (!isFile) throw unusable(config, notInstalled(program));
    const hint = `Make it executable: chmod +x ${shellPath(shownRelativePath(file))}`;
    throw unusable(config, `this user cannot execute ${program}`, hint);
  }
  if (found === 'program') return;
  const hint = `Name the program that it starts, or the shell as well: command: [cmd, /d, /c, ${program}, …]`;
  throw unusable(config, `${basename(program)} is a batch file, which Windows does not run without a shell`, hint);
}

function limitsOf({ timeout, folder, env }: OpenStore): Pick<RunOptions, 'timeoutMs' | 'folder' | 'env'> {
  return { timeoutMs: timeout * 1000, folder, env };
}

async function put(config: OpenStore, target: NewSecret, secret: Secret): Promise<void> {
  const { account, token, type, generation, expiresAt } = target;
  const facts = { account, token, type, generation: String(generation), expires_at: expiresAt ?? 'never' };
  const words = expandWords(config.command, facts);
  const stdin = inputWith(config.input ?? '{secret}', facts, secret);
  const outcome = await runStoreCommand(words, { ...limitsOf(config), stdin });
  if (outcome.ended === 'exit' && outcome.code === 0) return;
  const why = describe(config, words, outcome, namesIn(words, target), secret);
  // A command that began to run may have stored the secret and failed afterwards.
  const isUnstored = outcome.ended === 'not_started' || outcome.ended === 'unread';
  const did = isUnstored ? 'did not store' : 'may not have stored';
  const message = `the secret store ${config.name} ${did} the secret of ${target.account}/${target.token}: ${why}`;
  const left = isUnstored ? '' : 'It is not known which secret the store has now. ';
  throw failure(
    'STORE_FAILED',
    config,
    message,
    `${left}Fix the command or its environment, then run this command again.`,
  );
}

async function remove(config: OpenStore, command: readonly string[], secret: ObsoleteSecret): Promise<void> {
  const at = tokenAtPath(config.name, secret.account, secret.secretPath);
  if (at === undefined) return;
  const { account, token } = at;
  const words = expandWords(command, { account, token });
  const outcome = await runStoreCommand(words, limitsOf(config));
  if (outcome.ended === 'exit' && outcome.code === 0) return;
  const why = describe(config, words, outcome, namesIn(words, at));
  const message = `the secret store ${config.name} did not remove the secret of ${account}/${token}, whose token is gone: ${why}`;
  throw failure('STORE_FAILED', config, message, 'Fix `remove` or its environment, then run this command again.');
}

function unusable(
  config: ExecStoreConfig,
  why: string,
  hint = `Fix the program, or correct the secret store ${config.name} in the configuration.`,
): UserError {
  return failure('STORE_UNUSABLE', config, `the secret store ${config.name} cannot be used: ${why}`, hint);
}

/** Has no cause: a system error would contain the command's words and environment. */
function failure(code: ErrorCode, config: ExecStoreConfig, message: string, hint: string): UserError {
  return new UserError(code, message, hint, { location: config.location });
}

/** The parts of words that have the name of the account or the token. */
function namesIn(words: readonly string[], { account, token }: TokenAddress): string[] {
  return words
    .flatMap((word) => word.split(/[^\w.-]+/))
    .filter((part) => part.includes(account) || part.includes(token));
}

/** How the command ended, and its last output. */
function describe(
  config: OpenStore,
  [program = '']: readonly string[],
  outcome: CommandOutcome,
  names: readonly string[],
  secret?: Secret,
): string {
  const name = basename(program);
  switch (outcome.ended) {
    case 'not_started':
      return outcome.code === 'ENOENT' ? notInstalled(program) : `${name} could not be started (${outcome.code})`;
    case 'exit':
      return `${name} exited with code ${outcome.code}; ${lastOutput(outcome.output, names, config, secret)}`;
    case 'signal':
      return `${name} was stopped by ${outcome.signal}; ${lastOutput(outcome.output, names, config, secret)}`;
    case 'timeout':
      return `${name} took longer than ${counted(config.timeout, 'second')} and was stopped; ${lastOutput(outcome.output, names, config, secret)}`;
    case 'unread':
      return `${name} exited with code 0 without reading the secret; ${lastOutput(outcome.output, names, config, secret)}`;
  }
}

/** On one line, because line breaks in messages are not printed. */
function lastOutput(output: string, names: readonly string[], { env }: OpenStore, secret: Secret | undefined): string {
  const lines = scrubOutput(output, { secret, names, env });
  return lines.length === 0 ? 'it printed nothing' : `it printed: ${lines.join(' | ').replace(/\.$/, '')}`;
}

function notInstalled(program: string): string {
  return /[\\/]/.test(program)
    ? `there is no program ${program} that this user can run`
    : `${program} is not installed or not on the PATH`;
}
