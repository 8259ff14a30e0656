import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type AtomicOptions, NotSyncedError, writeFileAtomic } from '../../../files/atomic-write.ts';
import { acquireLock, type Lock, LockedError } from '../../../files/lock.ts';
import { shownRelativePath, targetOf } from '../../../files/paths.ts';
import { NotTextError, readText } from '../../../files/read-text.ts';
import { codeOf } from '../../../files/system-errors.ts';
import { WriteThrottle } from '../../../files/write-throttle.ts';
import { type Secret, type TokenAddress, variableOf } from '../../../model/secret.ts';
import { UserError } from '../../../model/user-error.ts';
import { few } from '../../../model/wording.ts';
import {
  isJwt,
  isSandboxSecret,
  type Owners,
  type SecretAddress,
  type SecretStore,
  type SecretTarget,
} from '../../store.ts';
import { checkFile, type FileStoreConfig } from './check-file.ts';
import { DotenvText } from './dotenv-text.ts';
import { type FileEntry, NotASecretsFile, type SecretsText, UnquotableError } from './secrets-text.ts';

/** A store that keeps all its secrets in one file that only its owner can read. */
export function fileStore(config: FileStoreConfig, owners: Owners = new Map()): SecretStore {
  return {
    name: config.name,
    secretPath: (address) => secretPathIn(config, address),
    check: async (targets = []) => {
      await checkFile(config);
      if (targets.length > 0) await rehearse(config, targets);
    },
    put: async (address, secret) => {
      try {
        // Several stores may share a file, which has one queue, one lock, and one owner of each secret path.
        const target = await targetOf(config.path);
        claim(owners, `${target}#${entryIn(config, address)}`, address);
        await enqueue(target, { config, address, secret });
      } catch (error) {
        throw failed(config, address, error);
      }
    },
  };
}

/** As long as MotherDuck's secrets. */
const REHEARSED = 'x'.repeat(600);

/**
 * Does everything that storing the secrets does, but for the last step: the new file does not take the place of the old one.
 *
 * @throws UserError STORE_UNUSABLE, STORE_FOREIGN
 */
async function rehearse(config: FileStoreConfig, targets: readonly SecretTarget[]): Promise<void> {
  const foreign: SecretTarget[] = [];
  try {
    await changeFile(await targetOf(config.path), config.format, async (content, write) => {
      for (const target of targets) {
        if (isForeign(config, target, content)) foreign.push(target);
        else if (target.isSandbox) refuseReal(config, content.current(fileEntry(config, target)));
        content.set(fileEntry(config, target), REHEARSED);
      }
      await write({ isRehearsal: true });
    });
  } catch (error) {
    const [why, hint] = reasonOf(config, error);
    const message = `The secrets file ${config.shownPath} cannot be written: ${why}.`;
    throw new UserError('STORE_UNUSABLE', message, hint, { location: config.location });
  }
  if (foreign.length > 0) throw foreignSecrets(config, foreign);
}

/** Whether the file has a value for the token that this state did not put there. A sandbox's secret is of no use elsewhere. */
function isForeign(config: FileStoreConfig, target: SecretTarget, content: SecretsText, secret?: Secret): boolean {
  if (target.isFirst !== true || config.overwrite) return false;
  const values = content.current(fileEntry(config, target)).filter((value) => value !== '');
  const isSandbox = target.isSandbox === true || (secret !== undefined && isSandboxSecret(secret.reveal()));
  return values.some((value) => isSandbox || !isSandboxSecret(value));
}

function foreignSecrets(config: FileStoreConfig, targets: readonly SecretTarget[]): UserError {
  const places = few(
    targets.map((target) => secretPathIn(config, target)),
    PLACES_SHOWN,
  );
  const [has, it] = targets.length === 1 ? ['has a value', 'it'] : ['have values', 'them'];
  const message = `${places} already ${has} that this state did not write, so nothing was stored there.`;
  const copy = targets.some(({ isSandbox }) => isSandbox) ? 'Use the sandbox in a copy of the folder, or move' : 'Move';
  const hint = `${copy} ${it} away, name another \`path\` in the secret store ${config.name}, or set \`overwrite: true\` on it to replace ${it}.`;
  return new UserError('STORE_FOREIGN', message, hint, { location: config.location });
}

const PLACES_SHOWN = 5;

function fileEntry(config: FileStoreConfig, { account, token }: TokenAddress): FileEntry {
  return { account, token, variable: variableOf(config.variable, { account, token }) };
}

function claim(owners: Owners, secretPath: string, address: TokenAddress): void {
  const token = `${address.account}/${address.token}`;
  const owner = owners.get(secretPath) ?? token;
  if (owner !== token) throw new TakenError(owner);
  owners.set(secretPath, token);
}

class TakenError extends Error {}

function secretPathIn(config: FileStoreConfig, address: TokenAddress): string {
  return `${config.shownPath}#${entryIn(config, address)}`;
}

function entryIn(config: FileStoreConfig, address: TokenAddress): string {
  return config.format === 'json' ? `${address.account}.${address.token}` : variableOf(config.variable, address);
}

/** A secret to put into a file. */
interface Put {
  readonly config: FileStoreConfig;
  readonly address: SecretAddress;
  readonly secret: Secret;
}

interface QueuedPut extends Put {
  stored(): void;
  refuse(error: unknown): void;
}

/** The secrets to put into one file, while earlier ones are written. */
interface Queue {
  readonly queued: QueuedPut[];
  readonly throttle: WriteThrottle;
  isBusy: boolean;
}

const queues = new Map<string, Queue>();

/**
 * Puts a secret into a file. Secrets that arrive during a write are put together, in their order, so that a large file
 * is not read and written for each of them.
 */
function enqueue(target: string, put: Put): Promise<void> {
  const key = `${put.config.format} ${target}`;
  const queue = queues.get(key) ?? { queued: [], throttle: new WriteThrottle(), isBusy: false };
  queues.set(key, queue);
  return new Promise((stored, refuse) => {
    queue.queued.push({ ...put, stored, refuse });
    if (!queue.isBusy) void putQueued(queue, target);
  });
}

async function putQueued(queue: Queue, target: string): Promise<void> {
  queue.isBusy = true;
  while (queue.queued.length > 0) {
    await queue.throttle.wait();
    const puts = queue.queued.splice(0);
    try {
      const put = await putAll(target, puts, queue.throttle);
      for (const { stored } of put) stored();
    } catch (error) {
      for (const { refuse } of puts) refuse(error);
    }
  }
  queue.isBusy = false;
}

/** Puts secrets into the file while its lock is held. Returns those that were put; the others were refused. */
async function putAll(
  target: string,
  puts: readonly QueuedPut[],
  throttle: WriteThrottle,
): Promise<readonly QueuedPut[]> {
  return await changeFile(target, puts[0]?.config.format ?? 'dotenv', async (content, write) => {
    const started = performance.now();
    const put = puts.filter((one) => isPut(one, content));
    if (put.length > 0) throttle.wrote(started, await write());
    return put;
  });
}

/** Writes the changed text, and returns its length. */
type Write = (options?: Pick<AtomicOptions, 'isRehearsal'>) => Promise<number>;

/** Changes the file while its lock is held. */
async function changeFile<T>(
  target: string,
  format: FileStoreConfig['format'],
  change: (content: SecretsText, write: Write) => Promise<T>,
): Promise<T> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const lock = await lockFile(`${target}.lock`);
  try {
    const content = await parsed(format, (await readText(target)) ?? '');
    return await change(content, async (options) => {
      const text = content.text();
      await writeFileAtomic(target, text, { mode: 0o600, ...options }).catch(unlessReplaced);
      return text.length;
    });
  } finally {
    // The secrets are stored; a lock that remains is replaced when this process has ended.
    await lock.release().catch(() => undefined);
  }
}

async function lockFile(path: string): Promise<Lock> {
  try {
    return await acquireLock(path, { command: 'store a secret' }, { waitMs: 10_000, pollMs: 50 });
  } catch (error) {
    const facts = await stat(path).catch(() => undefined);
    throw facts === undefined || facts.isFile() ? error : new LockPathError(path);
  }
}

/** Something that is not a file is where the lock must be. */
class LockPathError extends Error {}

/** The file was replaced, so the secrets are stored: an error would revoke them, although the old ones are overwritten. */
function unlessReplaced(error: unknown): void {
  if (!(error instanceof NotSyncedError)) throw error;
}

/** The JSON parser is loaded only for a JSON file. */
async function parsed(format: FileStoreConfig['format'], text: string): Promise<SecretsText> {
  if (format === 'dotenv') return new DotenvText(text);
  const { JsonText } = await import('./json-text.ts');
  return new JsonText(text);
}

function isPut({ config, address, secret, refuse }: QueuedPut, content: SecretsText): boolean {
  const entry = fileEntry(config, address);
  try {
    if (isForeign(config, address, content, secret)) throw foreignSecrets(config, [address]);
    if (isSandboxSecret(secret.reveal())) refuseReal(config, content.current(entry));
    content.set(entry, secret.reveal());
    return true;
  } catch (error) {
    refuse(error);
    return false;
  }
}

/** A sandbox run must not overwrite a real secret, which MotherDuck does not show again. */
class RealSecretError extends Error {}

/** With `overwrite`, what cannot be a token's secret may go. @throws RealSecretError */
function refuseReal({ overwrite }: FileStoreConfig, current: readonly string[]): void {
  const isReal = (value: string) => value !== '' && !isSandboxSecret(value) && (!overwrite || isJwt(value));
  if (current.some(isReal)) throw new RealSecretError();
}

/** The message has only the system's code, and no cause is kept, because the file contains secrets. */
function failed(config: FileStoreConfig, { account, token }: SecretAddress, error: unknown): UserError {
  if (error instanceof UserError) return error;
  const [why, hint] = reasonOf(config, error);
  const message = `The secret of ${account}/${token} could not be written to ${config.shownPath}: ${why}.`;
  return new UserError('STORE_FAILED', message, hint, { location: config.location });
}

function reasonOf(config: FileStoreConfig, error: unknown): [why: string, hint: string] {
  const again = 'then run the command again.';
  if (error instanceof LockedError) {
    const by = error.holder === undefined ? 'another process' : `process ${error.holder.pid} on ${error.holder.host}`;
    return [`it is locked by ${by}`, `If that process has ended, remove ${error.path}, ${again}`];
  }
  if (error instanceof LockPathError) {
    return [`its lock ${shownRelativePath(error.message)} is not a file`, `Move that away, ${again}`];
  }
  if (error instanceof TakenError) {
    const why = `its variable is the same as that of ${error.message}`;
    return [why, `Set \`format: json\` for the secret store ${config.name}, or rename one of the tokens, ${again}`];
  }
  if (error instanceof RealSecretError) {
    const hint = 'Use the sandbox in a copy of the folder, or with another path for the store.';
    return ['the sandbox would overwrite a real secret', hint];
  }
  if (error instanceof UnquotableError) {
    const why = 'the secret has characters that dotenv readers treat differently';
    return [why, `Set \`format: json\` for the secret store ${config.name}, ${again}`];
  }
  if (error instanceof NotASecretsFile) return [error.message, `Fix the file or move it away, ${again}`];
  if (error instanceof NotTextError) return ['it is not UTF-8 text', `Fix the file or move it away, ${again}`];
  const code = codeOf(error) ?? 'failed';
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return [
    code,
    full ? `Free space on its disk, ${again}` : `Give this user write access to it and its folder, ${again}`,
  ];
}
