/** The secrets of tokens that are gone: found in a file store, and removed from it. */
import { stat } from 'node:fs/promises';
import { readText } from '../../../files/read-text.ts';
import { isJwt } from '../../../model/jwt.ts';
import { UserError } from '../../../model/user-error.ts';
import { fingerprintOf } from '../../fingerprint.ts';
import { isSandboxSecret } from '../../secret-claims.ts';
import type { ObsoleteFinding, ObsoleteSecret } from '../../store.ts';
import { enqueue, parsed } from './change-file.ts';
import type { FileStoreConfig } from './check-file.ts';
import { reasonOf } from './failures.ts';
import { entryAt, ownTarget, secretPathIn } from './secret-paths.ts';
import type { SecretsText } from './secrets-text.ts';

/**
 * Removes only the value that the state wrote, and changes only files of the configuration: anybody may have edited the state.
 *
 * @throws UserError STORE_FAILED
 */
export async function removeFrom(config: FileStoreConfig, secret: ObsoleteSecret): Promise<void> {
  try {
    const own = await ownEntry(config, secret);
    if (own === undefined) return;
    const { target, format, entry } = own;
    await enqueue(target, format, (content) => {
      if (findingIn(content.current(entry), secret) !== 'secret') return false;
      content.remove(entry);
      return true;
    });
  } catch (error) {
    const [why, hint] = reasonOf(config, error);
    const { account, token, secretPath } = secret;
    const message = `the secret of ${account}/${token}, whose token is gone, could not be removed from ${secretPath}: ${why}`;
    throw new UserError('STORE_FAILED', message, hint, { location: config.location });
  }
}

/** What `removeFrom` would find. What cannot be read is its to report. */
export async function findObsolete(
  config: FileStoreConfig,
  secrets: readonly ObsoleteSecret[],
): Promise<ObsoleteFinding[]> {
  const files = new Map<string, Promise<SecretsText | undefined>>();
  const found: ObsoleteFinding[] = [];
  for (const secret of secrets) {
    const own = await ownEntry(config, secret).catch(() => 'unreadable' as const);
    if (typeof own !== 'object') {
      found.push(own === undefined ? 'nothing' : 'secret');
      continue;
    }
    const { target, format, entry } = own;
    const key = `${format} ${target}`;
    const file = files.get(key) ?? readText(target).then((text = '') => parsed(format, text));
    files.set(key, file);
    const content = await file.catch(() => undefined);
    found.push(content === undefined ? 'secret' : findingIn(content.current(entry), secret));
  }
  return found;
}

/** The file and the entry of an obsolete secret; undefined where nothing of the state's can be. */
async function ownEntry(config: FileStoreConfig, secret: ObsoleteSecret) {
  const own = entryAt(config, secret, secret.secretPath);
  const { fingerprints = [] } = secret;
  if (own === undefined || (fingerprints.length === 0 && secret.secretPath !== secretPathIn(config, secret)))
    return undefined;
  const target = await ownTarget(config, own.path);
  if (target === undefined || !(await stat(target).catch(() => undefined))?.isFile()) return undefined;
  return { ...own, target };
}

function findingIn(
  values: readonly string[],
  { fingerprints = [], isSandbox = false }: ObsoleteSecret,
): ObsoleteFinding {
  if (values.every((value) => value === '')) return 'nothing';
  const isOurs = (value: string) =>
    (isSandbox ? isSandboxSecret(value) : isJwt(value)) &&
    (fingerprints.length === 0 || fingerprints.includes(fingerprintOf(value)));
  return values.every(isOurs) ? 'secret' : 'other';
}
