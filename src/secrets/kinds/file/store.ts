import { stat } from 'node:fs/promises';
import { writableTarget } from '../../../files/links.ts';
import { targetOf } from '../../../files/paths.ts';
import { readText } from '../../../files/read-text.ts';
import { entryName } from '../../../model/entry-name.ts';
import { isJwt } from '../../../model/jwt.ts';
import { Secret, type TokenAddress } from '../../../model/secret.ts';
import { UserError } from '../../../model/user-error.ts';
import { fingerprintOf } from '../../fingerprint.ts';
import { inFile, nameAlone } from '../../path-clues.ts';
import { isCurrent, isSandboxSecret } from '../../secret-claims.ts';
import type {
  ExpectedSecret,
  ExpectedSecrets,
  NewSecret,
  SecretStore,
  SecretTarget,
  StoreFindings,
} from '../../store.ts';
import type { Owners } from '../../store-kind.ts';
import { type ContentChange, changeFile, enqueue, FORGOTTEN_AFTER_MS, parsed, previewChange } from './change-file.ts';
import { checkFile, type FileStoreConfig } from './check-file.ts';
import { failed, foreignSecrets, RealSecretError, reasonOf, TakenError } from './failures.ts';
import { findObsolete, removeFrom } from './find-obsolete.ts';
import { entryIn, fileEntry, keyOfPath, realPathIn, secretPathIn } from './secret-paths.ts';
import type { SecretsText } from './secrets-text.ts';

/** A store that keeps all its secrets in one file that only its owner can read. */
export function fileStore(config: FileStoreConfig, owners: Owners = new Map()): SecretStore {
  const realPaths = new Map<string, string>();
  const read = contentReader(config);
  return {
    name: config.name,
    gathersWrites: true,
    putsBack: true,
    hasCompletePaths: true,
    secretPath: (address) => secretPathIn(config, address),
    check: async (targets = [], { readOnly = false } = {}) => {
      await checkFile(config);
      if (targets.length > 0) await rehearse(config, targets, readOnly);
    },
    inspect: (expected) => inspect(config, expected, read),
    remove: (secret) => removeFrom(config, secret),
    findObsolete: (secrets) => findObsolete(config, secrets),
    secretPathKey: (address, secretPath = secretPathIn(config, address)) =>
      keyOfPath(config, address, secretPath, realPaths),
    pathClues: (address) => {
      const names = [inFile(realPathIn(config.path, realPaths), address), nameAlone(address)];
      return { names, wholes: [], program: '', words: '', isFile: true };
    },
    put: async (target, secret) => {
      try {
        // Several stores may share a file, which has one queue, one lock, and one owner of each secret path.
        const path = await writableTarget(config.path);
        claim(owners, `${path}#${entryIn(config, target)}`, target);
        const { change, putBack } = putOf(config, target, secret);
        await enqueue(path, config.format, change);
        return () => enqueue(path, config.format, putBack);
      } catch (error) {
        throw failed(config, target, error);
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
    const message = `the secrets file ${config.shownPath} cannot be written: ${why}`;
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
    const message = `the secrets file ${config.shownPath} cannot be read: ${why}`;
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

function claim(owners: Owners, secretPath: string, address: TokenAddress): void {
  const token = entryName(address);
  const owner = owners.get(secretPath) ?? token;
  if (owner !== token) throw new TakenError(owner);
  owners.set(secretPath, token);
}

function putOf(config: FileStoreConfig, target: NewSecret, secret: Secret) {
  const entry = fileEntry(config, target);
  let earlier: Secret | undefined;
  const change: ContentChange = (content) => {
    if (isForeign(config, target, content, secret)) throw foreignSecrets(config, [target]);
    const current = content.current(entry);
    if (isSandboxSecret(secret.reveal())) refuseReal(config, target, current);
    const last = current.at(-1);
    earlier = last === undefined ? undefined : new Secret(last);
    content.set(entry, secret.reveal());
    return true;
  };
  /** What another program wrote since stays. */
  const putBack: ContentChange = (content) => {
    const current = content.current(entry);
    if (current.length === 0 || current.some((value) => value !== secret.reveal())) return false;
    if (earlier === undefined) content.remove(entry);
    else content.set(entry, earlier.reveal());
    return true;
  };
  return { change, putBack };
}

/** With `overwrite`, and where this state wrote before, what cannot be a token's secret may go. @throws RealSecretError */
function refuseReal({ overwrite }: FileStoreConfig, { isFirst }: SecretTarget, current: readonly string[]): void {
  const mayGo = overwrite === true || isFirst !== true;
  const isReal = (value: string) => value !== '' && !isSandboxSecret(value) && (!mayGo || isJwt(value));
  if (current.some(isReal)) throw new RealSecretError();
}
