import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, targetOf, writeFileAtomic } from '../../../files/atomic.ts';
import { acquireLock, LockedError } from '../../../files/lock.ts';
import { NotTextError, readText } from '../../../files/text.ts';
import type { Secret } from '../../../model/secret.ts';
import { type TokenAddress, variableOf } from '../../../model/secret-variable.ts';
import { UserError } from '../../../model/user-error.ts';
import { isRehearsal } from '../../rehearsal.ts';
import type { Owners, SecretAddress, SecretStore } from '../../store.ts';
import type { FileStoreConfig } from '../file.ts';
import { checkFile } from './checks.ts';
import { isBareValue, setVariable, valuesOf } from './dotenv.ts';
import { NotASecretsFile, secretIn, setSecret } from './json-secrets.ts';

/** A store that keeps all its secrets in one file that only its owner can read. */
export function fileStore(config: FileStoreConfig, owners: Owners = new Map()): SecretStore {
  return {
    name: config.name,
    place: (address) => placeIn(config, address),
    check: () => checkFile(config),
    put: async (address, secret) => {
      try {
        // Stores may come to one file on different ways: it has one queue, one lock and one owner of each of its places.
        const target = await targetOf(config.path);
        own(owners, `${target}#${spotIn(config, address)}`, address);
        await oneAtATime(target, () => put(config, target, address, secret));
      } catch (error) {
        throw failed(config, address, error);
      }
    },
  };
}

function own(owners: Owners, place: string, address: TokenAddress): void {
  const token = `${address.account}/${address.token}`;
  const owner = owners.get(place) ?? token;
  if (owner !== token) throw new TakenError(owner);
  owners.set(place, token);
}

class TakenError extends Error {}

function placeIn(config: FileStoreConfig, address: TokenAddress): string {
  return `${config.shownPath}#${spotIn(config, address)}`;
}

function spotIn(config: FileStoreConfig, address: TokenAddress): string {
  return config.format === 'json' ? `${address.account}.${address.token}` : variableOf(config.variable, address);
}

/** Reads, changes and replaces the file: the lock keeps other runs from doing the same in between. */
async function put(config: FileStoreConfig, target: string, address: SecretAddress, secret: Secret): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const lock = await acquireLock(`${target}.lock`, { command: 'store a secret' }, { waitMs: 10_000, pollMs: 50 });
  try {
    const before = (await readText(target)) ?? '';
    if (isRehearsal(secret.reveal()) && heldIn(config, before, address).some(isReal)) throw new RealSecretError();
    const text = withSecret(config, before, address, secret);
    await writeFileAtomic(target, text, { mode: 0o600 });
  } finally {
    // The secret is stored: a lock that stays is taken over when this process is gone.
    await lock.release().catch(() => undefined);
  }
}

function withSecret(config: FileStoreConfig, text: string, address: SecretAddress, secret: Secret): string {
  if (config.format === 'json') return setSecret(text, address, secret.reveal());
  if (!isBareValue(secret.reveal())) throw new NotBare();
  return setVariable(text, variableOf(config.variable, address), secret.reveal());
}

class NotBare extends Error {}

/** A rehearsal in the sandbox must not cost a secret that is shown only once. */
class RealSecretError extends Error {}

function heldIn(config: FileStoreConfig, text: string, address: SecretAddress): string[] {
  if (config.format === 'dotenv') return valuesOf(text, variableOf(config.variable, address));
  const held = secretIn(text, address);
  return held === undefined ? [] : [held];
}

function isReal(held: string): boolean {
  return held !== '' && !isRehearsal(held);
}

/** Puts into one file wait for each other inside this process, in their order, rather than for the lock's polling. */
const last = new Map<string, Promise<unknown>>();

async function oneAtATime(path: string, act: () => Promise<void>): Promise<void> {
  const turn = (last.get(path) ?? Promise.resolve()).then(act);
  const settled = turn.catch(() => undefined);
  last.set(path, settled);
  try {
    await turn;
  } finally {
    if (last.get(path) === settled) last.delete(path);
  }
}

/** Only the system's code goes into the message and no cause is kept: the file is full of secrets. */
function failed(config: FileStoreConfig, { account, token }: SecretAddress, error: unknown): UserError {
  const [why, hint] = reasonOf(config, error);
  const message = `The secret of ${account}/${token} could not be written to ${config.shownPath}: ${why}.`;
  return new UserError('STORE_FAILED', message, hint, { where: config.where });
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
    return ['a secret that is not of the sandbox stands there, and would be lost', hint];
  }
  if (error instanceof NotBare) {
    const why = 'it has characters that dotenv readers do not agree on';
    return [why, `Set \`format: json\` for the secret store ${config.name}, ${again}`];
  }
  if (error instanceof NotASecretsFile) return [error.message, `Mend the file or move it away, ${again}`];
  if (error instanceof NotTextError) return ['it is not UTF-8 text', `Mend the file or move it away, ${again}`];
  const code = codeOf(error) ?? 'failed';
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return [code, full ? `Make room on its disk, ${again}` : `Let this user write it and its folder, ${again}`];
}
