import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type AtomicOptions, NotSyncedError, writeFileAtomic } from '../../../files/atomic-write.ts';
import { writableTarget } from '../../../files/links.ts';
import { acquireLock, type Lock, LockedError } from '../../../files/lock.ts';
import { isWithin, realPathOf, shownRelativePath, targetOf } from '../../../files/paths.ts';
import { NotTextError, readText } from '../../../files/read-text.ts';
import { moveAside } from '../../../files/shell.ts';
import { codeOf } from '../../../files/system-errors.ts';
import { WriteThrottle } from '../../../files/write-throttle.ts';
import { DEFAULT_VARIABLE, type Secret, type TokenAddress, variableOf } from '../../../model/secret.ts';
import { UserError } from '../../../model/user-error.ts';
import { few } from '../../../model/wording.ts';
import { fingerprintOf } from '../../fingerprint.ts';
import {
  type DeadSecret,
  type ExpectedSecret,
  type ExpectedSecrets,
  isJwt,
  isSandboxSecret,
  type Owners,
  type SecretAddress,
  type SecretStore,
  type SecretTarget,
  type StoreFindings,
} from '../../store.ts';
import { checkFile, type FileStoreConfig } from './check-file.ts';
import { DotenvText } from './dotenv-text.ts';
import { type FileEntry, NotASecretsFile, refuseJson, type SecretsText, UnquotableError } from './secrets-text.ts';

/** A store that keeps all its secrets in one file that only its owner can read. */
export function fileStore(config: FileStoreConfig, owners: Owners = new Map()): SecretStore {
  const realPaths = new Map<string, string>();
  return {
    name: config.name,
    secretPath: (address) => secretPathIn(config, address),
    check: async (targets = []) => {
      await checkFile(config);
      if (targets.length > 0) await rehearse(config, targets);
    },
    inspect: (expected) => inspect(config, expected),
    remove: (secret) => removeFrom(config, secret),
    placeOf: (address, secretPath = secretPathIn(config, address)) => placeKey(config, address, secretPath, realPaths),
    put: async (address, secret) => {
      try {
        // Several stores may share a file, which has one queue, one lock, and one owner of each secret path.
        const target = await writableTarget(config.path);
        claim(owners, `${target}#${entryIn(config, address)}`, address);
        await enqueue(target, config.format, putOf(config, address, secret));
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
  let areOfSandbox = true;
  try {
    await changeFile(await writableTarget(config.path), config.format, async (content, write) => {
      for (const target of targets) {
        if (isForeign(config, target, content)) {
          foreign.push(target);
          areOfSandbox &&= content
            .current(fileEntry(config, target))
            .every((value) => value === '' || isSandboxSecret(value));
        } else if (target.isSandbox) refuseReal(config, target, content.current(fileEntry(config, target)));
        content.set(fileEntry(config, target), REHEARSED);
      }
      await write({ isRehearsal: true });
    });
  } catch (error) {
    const [why, hint] = reasonOf(config, error);
    const message = `The secrets file ${config.shownPath} cannot be written: ${why}.`;
    throw new UserError('STORE_UNUSABLE', message, hint, { location: config.location });
  }
  if (foreign.length > 0) throw foreignSecrets(config, foreign, areOfSandbox);
}

/** Whether the file has a value for the token that this state did not put there. A sandbox's secret is of no use elsewhere. */
function isForeign(config: FileStoreConfig, target: SecretTarget, content: SecretsText, secret?: Secret): boolean {
  if (target.isFirst !== true || config.overwrite) return false;
  const values = content.current(fileEntry(config, target)).filter((value) => value !== '');
  const isSandbox = target.isSandbox === true || (secret !== undefined && isSandboxSecret(secret.reveal()));
  const isWritten = (value: string) => target.written?.has(fingerprintOf(value)) === true;
  return values.some((value) => (isSandbox || !isSandboxSecret(value)) && !isWritten(value));
}

function foreignSecrets(config: FileStoreConfig, targets: readonly SecretTarget[], areOfSandbox = false): UserError {
  const places = few(
    targets.map((target) => secretPathIn(config, target)),
    PLACES_SHOWN,
  );
  const [has, it] = targets.length === 1 ? ['has a value', 'it'] : ['have values', 'them'];
  const message = `${places} already ${has} that this state did not write, so nothing was stored there.`;
  const other = `name another \`path\` in the secret store ${config.name}`;
  const copy = targets.some(({ isSandbox }) => isSandbox) ? 'use the sandbox in a copy of the folder, ' : '';
  const ways = `${copy}move ${it} away, ${other}, or set \`overwrite: true\` on it to replace ${it}.`;
  const hint = areOfSandbox
    ? `If another configuration of this sandbox stores there, ${other}. If an earlier sandbox did, move the file aside: ${moveAside(config.path)}`
    : `${ways[0]?.toUpperCase()}${ways.slice(1)}`;
  return new UserError('STORE_FOREIGN', message, hint, { location: config.location });
}

const PLACES_SHOWN = 5;

function fileEntry(config: FileStoreConfig, { account, token }: TokenAddress): FileEntry {
  return { account, token, variable: variableOf(config.variable, { account, token }) };
}

/** @throws UserError STORE_UNUSABLE: what cannot be read says nothing of its secrets */
async function inspect(config: FileStoreConfig, { stored, first, doubted }: ExpectedSecrets): Promise<StoreFindings> {
  try {
    const content = await parsed(config.format, (await readText(await targetOf(config.path))) ?? '');
    return {
      lost: stored.filter((token) => !isIn(config, token, content)),
      foreign: first.filter((target) => isForeign(config, target, content)),
      held: stored.flatMap((token) =>
        content
          .current(fileEntry(config, token))
          .map(fingerprintOf)
          .filter((one) => token.older?.includes(one)),
      ),
      occupied: doubted.filter((target) =>
        content
          .current(fileEntry(config, target))
          .some((value) => value !== '' && !target.written?.has(fingerprintOf(value))),
      ),
    };
  } catch (error) {
    await checkFile(config);
    const [why, hint] = reasonOf(config, error);
    const message = `The secrets file ${config.shownPath} cannot be read: ${why}.`;
    throw new UserError('STORE_UNUSABLE', message, hint, { location: config.location });
  }
}

/** Where a variable has several values, readers of the file differ in which one they use. */
function isIn(config: FileStoreConfig, token: ExpectedSecret, content: SecretsText): boolean {
  const values = content.current(fileEntry(config, token)).filter((value) => value !== '');
  if (values.length === 0) return false;
  const { fingerprint, replaced } = token;
  return values.map(fingerprintOf).every((one) => (fingerprint === undefined ? one !== replaced : one === fingerprint));
}

/**
 * Where a secret path of the state is; the configuration may have another file or variable by now. Undefined: nowhere in a
 * file, or at a place that cannot be one of the account's, since anybody may have edited the state.
 */
function placeIn(config: FileStoreConfig, { account }: TokenAddress, secretPath: string) {
  const at = secretPath.lastIndexOf('#');
  const [shown, name] = [secretPath.slice(0, at), secretPath.slice(at + 1)];
  if (at <= 0) return undefined;
  const path = shown === config.shownPath ? config.path : resolve(config.folder ?? dirname(config.path), shown);
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    if (![config.variable, DEFAULT_VARIABLE].some((template) => isFromTemplate(template, account, name)))
      return undefined;
    return { path, format: 'dotenv' as const, entry: { account, token: '', variable: name } };
  }
  if (!name.startsWith(`${account}.`)) return undefined;
  return { path, format: 'json' as const, entry: { account, token: name.slice(account.length + 1), variable: name } };
}

/** Whether a template gives a variable for some key of an account. */
function isFromTemplate(template: string, account: string, name: string): boolean {
  const parts = template.split('{TOKEN}').map((part) => variableOf(part, { account, token: '' }));
  return new RegExp(`^${parts.join('[A-Z0-9_]+')}$`).test(name);
}

/** Links are resolved, so that two ways to one file are one place. */
function placeKey(
  config: FileStoreConfig,
  address: TokenAddress,
  secretPath: string,
  realPaths: Map<string, string>,
): string | undefined {
  const place = placeIn(config, address, secretPath);
  if (place === undefined) return undefined;
  const real = realPaths.get(place.path) ?? realPathOf(place.path);
  realPaths.set(place.path, real);
  return JSON.stringify([real, place.entry.variable]);
}

/**
 * Removes only the value that the state wrote, and changes only files of the configuration: anybody may have edited the state.
 *
 * @throws UserError STORE_FAILED
 */
async function removeFrom(config: FileStoreConfig, secret: DeadSecret): Promise<void> {
  try {
    const place = placeIn(config, secret, secret.secretPath);
    const { fingerprints = [] } = secret;
    if (place === undefined || (fingerprints.length === 0 && secret.secretPath !== secretPathIn(config, secret)))
      return;
    const { path, format, entry } = place;
    const target = await ownTarget(config, path);
    if (target === undefined || !(await stat(target).catch(() => undefined))?.isFile()) return;
    const isOurs = (value: string) =>
      (secret.isSandbox === true ? isSandboxSecret(value) : isJwt(value)) &&
      (fingerprints.length === 0 || fingerprints.includes(fingerprintOf(value)));
    await enqueue(target, format, (content) => {
      const values = content.current(entry);
      if (values.length === 0 || !values.every(isOurs)) return false;
      content.remove(entry);
      return true;
    });
  } catch (error) {
    const [why, hint] = reasonOf(config, error);
    const { account, token, secretPath } = secret;
    const message = `The secret of ${account}/${token}, whose token is gone, could not be removed from ${secretPath}: ${why}.`;
    throw new UserError('STORE_FAILED', message, hint, { location: config.location });
  }
}

/** The file at a path of the state, with links resolved; undefined for one that is not the configuration's. */
async function ownTarget(config: FileStoreConfig, path: string): Promise<string | undefined> {
  if (path === config.path) return writableTarget(path);
  const target = await writableTarget(path).catch(() => undefined);
  const folder = await targetOf(config.folder ?? dirname(config.path));
  return target !== undefined && isWithin(folder, target) ? target : undefined;
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

/** Puts a secret into the text of a file, or removes one. Returns whether the text changed. */
type Change = (content: SecretsText) => boolean;

interface QueuedChange {
  readonly change: Change;
  done(): void;
  refuse(error: unknown): void;
}

/** The changes of one file, while earlier ones are written. */
interface Queue {
  readonly queued: QueuedChange[];
  readonly format: FileStoreConfig['format'];
  readonly throttle: WriteThrottle;
  isBusy: boolean;
}

const queues = new Map<string, Queue>();

/**
 * Changes a file. Changes that arrive during a write are made together, in their order, so that a large file is not read
 * and written for each of them.
 */
function enqueue(target: string, format: FileStoreConfig['format'], change: Change): Promise<void> {
  const key = `${format} ${target}`;
  const queue = queues.get(key) ?? { queued: [], format, throttle: new WriteThrottle(), isBusy: false };
  queues.set(key, queue);
  return new Promise((done, refuse) => {
    queue.queued.push({ change, done, refuse });
    if (!queue.isBusy) void changeQueued(queue, target);
  });
}

async function changeQueued(queue: Queue, target: string): Promise<void> {
  queue.isBusy = true;
  while (queue.queued.length > 0) {
    await queue.throttle.wait();
    const changes = queue.queued.splice(0);
    try {
      for (const { done } of await changeAll(target, changes, queue)) done();
    } catch (error) {
      for (const { refuse } of changes) refuse(error);
    }
  }
  queue.isBusy = false;
}

/** Makes the changes while the file's lock is held. Returns those that were made; the others were refused. */
function changeAll(
  target: string,
  changes: readonly QueuedChange[],
  { format, throttle }: Queue,
): Promise<readonly QueuedChange[]> {
  return changeFile(target, format, async (content, write) => {
    const started = performance.now();
    let isChanged = false;
    const made = changes.filter(({ change, refuse }) => {
      try {
        isChanged = change(content) || isChanged;
        return true;
      } catch (error) {
        refuse(error);
        return false;
      }
    });
    if (isChanged) throttle.wrote(started, await write());
    return made;
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
  if (format === 'dotenv') {
    refuseJson(text);
    return new DotenvText(text);
  }
  const { JsonText } = await import('./json-text.ts');
  return new JsonText(text);
}

function putOf(config: FileStoreConfig, address: SecretAddress, secret: Secret): Change {
  const entry = fileEntry(config, address);
  return (content) => {
    if (isForeign(config, address, content, secret)) throw foreignSecrets(config, [address]);
    if (isSandboxSecret(secret.reveal())) refuseReal(config, address, content.current(entry));
    content.set(entry, secret.reveal());
    return true;
  };
}

/** A sandbox run must not overwrite a real secret, which MotherDuck does not show again. */
class RealSecretError extends Error {}

/** With `overwrite`, and where this state wrote before, what cannot be a token's secret may go. @throws RealSecretError */
function refuseReal({ overwrite }: FileStoreConfig, { isFirst }: SecretTarget, current: readonly string[]): void {
  const mayGo = overwrite === true || isFirst !== true;
  const isReal = (value: string) => value !== '' && !isSandboxSecret(value) && (!mayGo || isJwt(value));
  if (current.some(isReal)) throw new RealSecretError();
}

/** The message has only the system's code, and no cause is kept, because the file contains secrets. */
function failed(config: FileStoreConfig, { account, token }: SecretAddress, error: unknown): UserError {
  if (error instanceof UserError && error.code === 'STORE_FOREIGN') return error;
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
  if (error instanceof UserError) return [error.message, error.hint.text];
  const code = codeOf(error) ?? 'failed';
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return [
    code,
    full ? `Free space on its disk, ${again}` : `Give this user write access to it and its folder, ${again}`,
  ];
}
