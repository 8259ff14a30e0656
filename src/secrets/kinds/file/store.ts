import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { writableTarget } from '../../../files/links.ts';
import { LockedError } from '../../../files/lock.ts';
import { isWithin, realPathOf, shownRelativePath, targetOf } from '../../../files/paths.ts';
import { NotTextError, readText } from '../../../files/read-text.ts';
import { moveAside } from '../../../files/shell.ts';
import { codeOf, isDiskFull } from '../../../files/system-errors.ts';
import { DEFAULT_VARIABLE, Secret, type TokenAddress, variableOf } from '../../../model/secret.ts';
import { UserError } from '../../../model/user-error.ts';
import { accountKey } from '../../../model/username.ts';
import { few } from '../../../model/wording.ts';
import { fingerprintOf } from '../../fingerprint.ts';
import {
  type DeadFinding,
  type DeadSecret,
  type ExpectedSecret,
  type ExpectedSecrets,
  isCurrent,
  isJwt,
  isSandboxSecret,
  type Owners,
  type SecretAddress,
  type SecretStore,
  type SecretTarget,
  type StoreFindings,
} from '../../store.ts';
import {
  type Change,
  changeFile,
  enqueue,
  FORGOTTEN_AFTER_MS,
  LockPathError,
  parsed,
  previewChange,
} from './change-file.ts';
import { checkFile, type FileStoreConfig } from './check-file.ts';
import { type FileEntry, NotASecretsFile, type SecretsText, UnquotableError } from './secrets-text.ts';

/** A store that keeps all its secrets in one file that only its owner can read. */
export function fileStore(config: FileStoreConfig, owners: Owners = new Map()): SecretStore {
  const realPaths = new Map<string, string>();
  const read = contentReader(config);
  return {
    name: config.name,
    gathersWrites: true,
    putsBack: true,
    secretPath: (address) => secretPathIn(config, address),
    check: async (targets = [], { readOnly = false } = {}) => {
      await checkFile(config);
      if (targets.length > 0) await rehearse(config, targets, readOnly);
    },
    inspect: (expected) => inspect(config, expected, read),
    remove: (secret) => removeFrom(config, secret),
    findDead: (secrets) => findDead(config, secrets),
    placeOf: (address, secretPath = secretPathIn(config, address)) => placeKey(config, address, secretPath, realPaths),
    put: async (address, secret) => {
      try {
        // Several stores may share a file, which has one queue, one lock, and one owner of each secret path.
        const target = await writableTarget(config.path);
        claim(owners, `${target}#${entryIn(config, address)}`, address);
        const { change, putBack } = putOf(config, address, secret);
        await enqueue(target, config.format, change);
        return () => enqueue(target, config.format, putBack);
      } catch (error) {
        throw failed(config, address, error);
      }
    },
  };
}

/** As long as MotherDuck's secrets. */
const REHEARSED = 'x'.repeat(600);

/**
 * Does everything that storing the secrets does, but for the last step: the new file does not take the place of the old one,
 * and with `readOnly` it is not written either.
 *
 * @throws UserError STORE_UNUSABLE, STORE_FOREIGN
 */
async function rehearse(config: FileStoreConfig, targets: readonly SecretTarget[], readOnly: boolean): Promise<void> {
  const foreign: SecretTarget[] = [];
  let areOfSandbox = true;
  const setAll = (content: SecretsText) => {
    for (const target of targets) {
      if (isForeign(config, target, content)) {
        foreign.push(target);
        areOfSandbox &&= content
          .current(fileEntry(config, target))
          .every((value) => value === '' || isSandboxSecret(value));
      } else if (target.isSandbox) refuseReal(config, target, content.current(fileEntry(config, target)));
      content.set(fileEntry(config, target), REHEARSED);
    }
  };
  try {
    const file = await writableTarget(config.path);
    if (readOnly) await previewChange(file, config.format, setAll);
    else {
      await changeFile(file, config.format, async (content, write) => {
        setAll(content);
        await write({ isRehearsal: true });
      });
    }
  } catch (error) {
    const [why, hint] = reasonOf(config, error);
    const message = `The secrets file ${config.shownPath} cannot be written: ${why}.`;
    throw new UserError('STORE_UNUSABLE', message, hint, { location: config.location });
  }
  if (foreign.length > 0) throw foreignSecrets(config, foreign, { areOfSandbox, readOnly });
}

/** Whether the file has a value for the token that this state did not put there. A sandbox's secret is of no use elsewhere. */
function isForeign(config: FileStoreConfig, target: SecretTarget, content: SecretsText, secret?: Secret): boolean {
  if (target.isFirst !== true || config.overwrite) return false;
  const values = content.current(fileEntry(config, target)).filter((value) => value !== '');
  const isSandbox = target.isSandbox === true || (secret !== undefined && isSandboxSecret(secret.reveal()));
  const isWritten = (value: string) => target.written?.has(fingerprintOf(value)) === true;
  return values.some((value) => (isSandbox || !isSandboxSecret(value)) && !isWritten(value));
}

function foreignSecrets(
  config: FileStoreConfig,
  targets: readonly SecretTarget[],
  { areOfSandbox = false, readOnly = false } = {},
): UserError {
  const places = few(
    targets.map((target) => secretPathIn(config, target)),
    PLACES_SHOWN,
  );
  const [has, it] = targets.length === 1 ? ['has a value', 'it'] : ['have values', 'them'];
  const so = readOnly ? 'apply refuses to store anything there' : 'nothing was stored there';
  const message = `${places} already ${has} that this state did not write, so ${so}.`;
  const other = `name another \`path\` in the secret store ${config.name}`;
  const isShared = targets.some((target) => target.isShared);
  const isSandbox = targets.some((target) => target.isSandbox);
  const lost = `If the state was lost or the token forgotten, set \`overwrite: true\` on the secret store ${config.name} to replace ${it}.`;
  const aside =
    areOfSandbox && !isShared
      ? ` If an earlier sandbox stored there, move the file aside: ${moveAside(config.path)}`
      : '';
  const hint = areOfSandbox
    ? `${lost} If another configuration of this sandbox stores there, ${other}.${aside}`
    : isSandbox
      ? `Use the sandbox in a copy of the folder, or ${other}. If nothing reads ${it}, set \`overwrite: true\` on it to replace ${it}.`
      : `${lost} If something else reads ${it}, ${other}; if nothing does, move ${it} away.`;
  return new UserError('STORE_FOREIGN', message, hint, { location: config.location });
}

const PLACES_SHOWN = 5;

function fileEntry(config: FileStoreConfig, { account, token }: TokenAddress): FileEntry {
  return { account, token, variable: variableOf(config.variable, { account, token }) };
}

/** Reads the file again only when it changed: before each of thousands of revocations, it is looked at. */
function contentReader({ path, format }: FileStoreConfig): () => Promise<SecretsText> {
  let last: { readonly stamp: string; readonly content: Promise<SecretsText> } | undefined;
  let forget: NodeJS.Timeout | undefined;
  return async () => {
    const target = await targetOf(path);
    const facts = await stat(target, { bigint: true }).catch(() => undefined);
    const stamp = facts && [facts.ino, facts.size, facts.mtimeNs, facts.ctimeNs].join();
    if (last === undefined || stamp === undefined || stamp !== last.stamp)
      last = { stamp: stamp ?? '', content: readText(target).then((text = '') => parsed(format, text)) };
    clearTimeout(forget);
    forget = setTimeout(() => {
      last = undefined;
    }, FORGOTTEN_AFTER_MS).unref();
    return last.content;
  };
}

/** @throws UserError STORE_UNUSABLE: what cannot be read says nothing of its secrets */
async function inspect(
  config: FileStoreConfig,
  { stored, first, doubted }: ExpectedSecrets,
  read: () => Promise<SecretsText>,
): Promise<StoreFindings> {
  try {
    const content = await read();
    return {
      lost: stored.filter((token) => !isIn(config, token, content)),
      foreign: first.filter((target) => isForeign(config, target, content)),
      held: stored.flatMap((token) =>
        content
          .current(fileEntry(config, token))
          .map(fingerprintOf)
          .filter((one) => token.older?.includes(one)),
      ),
      unstored: doubted.filter((secret) => {
        const values = content.current(fileEntry(config, secret));
        return values.length > 0 && values.every((value) => isCurrent(value, fingerprintOf(value), secret));
      }),
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
  // The case of the account's name may have changed since.
  const own = name.slice(0, account.length);
  if (accountKey(own) !== accountKey(account) || name[own.length] !== '.') return undefined;
  const token = name.slice(own.length + 1);
  return { path, format: 'json' as const, entry: { account: own, token, variable: name } };
}

/** Whether a template gives a variable for some key of an account. */
function isFromTemplate(template: string, account: string, name: string): boolean {
  const [first = '', ...rest] = template.split('{TOKEN}').map((part) => variableOf(part, { account, token: '' }));
  // In most cases no pattern has to be compiled.
  if (!name.startsWith(first)) return false;
  const [last = ''] = rest;
  if (rest.length === 1)
    return name.endsWith(last) && /^[A-Z0-9_]+$/.test(name.slice(first.length, name.length - last.length));
  return rest.length === 0 ? name === first : new RegExp(`^${[first, ...rest].join('[A-Z0-9_]+')}$`).test(name);
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
    const place = await deadPlace(config, secret);
    if (place === undefined) return;
    const { target, format, entry } = place;
    await enqueue(target, format, (content) => {
      if (deadIn(content.current(entry), secret) !== 'secret') return false;
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

/** What `removeFrom` would find. What cannot be read is its to report. */
async function findDead(config: FileStoreConfig, secrets: readonly DeadSecret[]): Promise<DeadFinding[]> {
  const files = new Map<string, Promise<SecretsText | undefined>>();
  const found: DeadFinding[] = [];
  for (const secret of secrets) {
    const place = await deadPlace(config, secret).catch(() => 'unreadable' as const);
    if (typeof place !== 'object') {
      found.push(place === undefined ? 'nothing' : 'secret');
      continue;
    }
    const { target, format, entry } = place;
    const key = `${format} ${target}`;
    const file = files.get(key) ?? readText(target).then((text = '') => parsed(format, text));
    files.set(key, file);
    const content = await file.catch(() => undefined);
    found.push(content === undefined ? 'secret' : deadIn(content.current(entry), secret));
  }
  return found;
}

/** The file and the entry of a dead secret; undefined where nothing of the state's can be. */
async function deadPlace(config: FileStoreConfig, secret: DeadSecret) {
  const place = placeIn(config, secret, secret.secretPath);
  const { fingerprints = [] } = secret;
  if (place === undefined || (fingerprints.length === 0 && secret.secretPath !== secretPathIn(config, secret)))
    return undefined;
  const target = await ownTarget(config, place.path);
  if (target === undefined || !(await stat(target).catch(() => undefined))?.isFile()) return undefined;
  return { ...place, target };
}

function deadIn(values: readonly string[], { fingerprints = [], isSandbox = false }: DeadSecret): DeadFinding {
  if (values.every((value) => value === '')) return 'nothing';
  const isOurs = (value: string) =>
    (isSandbox ? isSandboxSecret(value) : isJwt(value)) &&
    (fingerprints.length === 0 || fingerprints.includes(fingerprintOf(value)));
  return values.every(isOurs) ? 'secret' : 'other';
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

function putOf(config: FileStoreConfig, address: SecretAddress, secret: Secret) {
  const entry = fileEntry(config, address);
  let earlier: Secret | undefined;
  const change: Change = (content) => {
    if (isForeign(config, address, content, secret)) throw foreignSecrets(config, [address]);
    const current = content.current(entry);
    if (isSandboxSecret(secret.reveal())) refuseReal(config, address, current);
    const last = current.at(-1);
    earlier = last === undefined ? undefined : new Secret(last);
    content.set(entry, secret.reveal());
    return true;
  };
  /** What another program wrote since stays. */
  const putBack: Change = (content) => {
    const current = content.current(entry);
    if (current.length === 0 || current.some((value) => value !== secret.reveal())) return false;
    if (earlier === undefined) content.remove(entry);
    else content.set(entry, earlier.reveal());
    return true;
  };
  return { change, putBack };
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
  if (error instanceof NotASecretsFile) return [error.message, `Fix the file, or restore it from a backup, ${again}`];
  if (error instanceof NotTextError)
    return ['it is not UTF-8 text', `Fix the file, or restore it from a backup, ${again}`];
  if (error instanceof UserError) return [error.message, error.hint.text];
  return [
    codeOf(error) ?? 'failed',
    isDiskFull(error)
      ? `Free space on its disk, ${again}`
      : `Give this user write access to it and its folder, ${again}`,
  ];
}
