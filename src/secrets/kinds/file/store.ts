import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NotSyncedError, writeFileAtomic } from '../../../files/atomic-write.ts';
import { acquireLock, LockedError } from '../../../files/lock.ts';
import { targetOf } from '../../../files/paths.ts';
import { NotTextError, readText } from '../../../files/read-text.ts';
import { codeOf } from '../../../files/system-errors.ts';
import { WriteThrottle } from '../../../files/write-throttle.ts';
import { type Secret, type TokenAddress, variableOf } from '../../../model/secret.ts';
import { UserError } from '../../../model/user-error.ts';
import { isRehearsal, type Owners, type SecretAddress, type SecretStore } from '../../store.ts';
import { checkFile, type FileStoreConfig } from './checks.ts';
import { DotenvText } from './dotenv.ts';
import { NotASecretsFile, NotBare, type SecretsText } from './secrets-text.ts';

/** A store that keeps all its secrets in one file that only its owner can read. */
export function fileStore(config: FileStoreConfig, owners: Owners = new Map()): SecretStore {
  return {
    name: config.name,
    secretPath: (address) => secretPathIn(config, address),
    check: () => checkFile(config),
    put: async (address, secret) => {
      try {
        // Several stores may lead to one file: it has one queue, one lock, and one owner of each secret path.
        const target = await targetOf(config.path);
        own(owners, `${target}#${entryIn(config, address)}`, address);
        await gather(target, { config, address, secret });
      } catch (error) {
        throw failed(config, address, error);
      }
    },
  };
}

function own(owners: Owners, secretPath: string, address: TokenAddress): void {
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

/** A secret that is to be put into a file. */
interface Put {
  readonly config: FileStoreConfig;
  readonly address: SecretAddress;
  readonly secret: Secret;
}

interface Waiting extends Put {
  stored(): void;
  refuse(error: unknown): void;
}

/** What waits for one file, while secrets that came before are written to it. */
interface Queue {
  readonly waiting: Waiting[];
  readonly throttle: WriteThrottle;
  isBusy: boolean;
}

const queues = new Map<string, Queue>();

/**
 * Puts a secret into a file, together with those that come while others are being written: a large file is not read and
 * written for each. They are put in their order.
 */
function gather(target: string, put: Put): Promise<void> {
  const key = `${put.config.format} ${target}`;
  const queue = queues.get(key) ?? { waiting: [], throttle: new WriteThrottle(), isBusy: false };
  queues.set(key, queue);
  return new Promise((stored, refuse) => {
    queue.waiting.push({ ...put, stored, refuse });
    if (!queue.isBusy) void putWaiting(queue, target);
  });
}

async function putWaiting(queue: Queue, target: string): Promise<void> {
  queue.isBusy = true;
  while (queue.waiting.length > 0) {
    await queue.throttle.wait();
    const puts = queue.waiting.splice(0);
    try {
      const put = await putAll(target, puts, queue.throttle);
      for (const { stored } of put) stored();
    } catch (error) {
      for (const { refuse } of puts) refuse(error);
    }
  }
  queue.isBusy = false;
}

/** Gives those that are in the file then; the others were refused. The lock keeps other runs from changing it meanwhile. */
async function putAll(target: string, puts: readonly Waiting[], throttle: WriteThrottle): Promise<readonly Waiting[]> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const lock = await acquireLock(`${target}.lock`, { command: 'store a secret' }, { waitMs: 10_000, pollMs: 50 });
  try {
    const started = performance.now();
    const content = await opened(puts[0]?.config.format ?? 'dotenv', (await readText(target)) ?? '');
    const put = puts.filter((one) => isPut(one, content));
    if (put.length === 0) return put;
    const text = content.text();
    await writeFileAtomic(target, text, { mode: 0o600 }).catch(unlessInPlace);
    throttle.wrote(started, text.length);
    return put;
  } finally {
    // The secrets are stored: a lock that stays is taken over when this process is gone.
    await lock.release().catch(() => undefined);
  }
}

/** The secrets are where they belong. To say that they are not would have them revoked, over those that they replaced. */
function unlessInPlace(error: unknown): void {
  if (!(error instanceof NotSyncedError)) throw error;
}

/** The JSON parser is loaded only for a JSON file. */
async function opened(format: FileStoreConfig['format'], text: string): Promise<SecretsText> {
  if (format === 'dotenv') return new DotenvText(text);
  const { JsonText } = await import('./json-text.ts');
  return new JsonText(text);
}

function isPut({ config, address, secret, refuse }: Waiting, content: SecretsText): boolean {
  const entry = { ...address, variable: variableOf(config.variable, address) };
  try {
    if (isRehearsal(secret.reveal()) && content.current(entry).some(isReal)) throw new RealSecretError();
    content.set(entry, secret.reveal());
    return true;
  } catch (error) {
    refuse(error);
    return false;
  }
}

/** A sandbox run must not overwrite a real secret, which cannot be shown again. */
class RealSecretError extends Error {}

function isReal(current: string): boolean {
  return current !== '' && !isRehearsal(current);
}

/** Only the system's code goes into the message and no cause is kept: the file is full of secrets. */
function failed(config: FileStoreConfig, { account, token }: SecretAddress, error: unknown): UserError {
  const [why, hint] = reasonOf(config, error);
  const message = `The secret of ${account}/${token} could not be written to ${config.shownPath}: ${why}.`;
  return new UserError('STORE_FAILED', message, hint, { location: config.location });
}

function reasonOf(config: FileStoreConfig, error: unknown): [why: string, hint: string] {
  const again = 'then run the command again.';
  if (error instanceof LockedError) {
    const by = error.holder === undefined ? 'another process' : `process ${error.holder.pid} on ${error.holder.host}`;
    return [`it is locked by ${by}`, `If that process is gone, remove ${error.path}, ${again}`];
  }
  if (error instanceof TakenError) {
    const why = `its variable is also that of ${error.message}`;
    return [why, `Set \`format: json\` for the secret store ${config.name}, or rename one of the tokens, ${again}`];
  }
  if (error instanceof RealSecretError) {
    const hint = 'Rehearse in a copy of the folder, or with another path for the store.';
    return ['it has a real secret there, which the sandbox would overwrite', hint];
  }
  if (error instanceof NotBare) {
    const why = 'it has characters that dotenv readers treat differently';
    return [why, `Set \`format: json\` for the secret store ${config.name}, ${again}`];
  }
  if (error instanceof NotASecretsFile) return [error.message, `Fix the file or move it away, ${again}`];
  if (error instanceof NotTextError) return ['it is not UTF-8 text', `Fix the file or move it away, ${again}`];
  const code = codeOf(error) ?? 'failed';
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return [code, full ? `Make room on its disk, ${again}` : `Let this user write it and its folder, ${again}`];
}
