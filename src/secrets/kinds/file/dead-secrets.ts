/** The secrets of tokens that are gone: found in a file store, and removed from it. */
import { stat } from 'node:fs/promises';
import { readText } from '../../../files/read-text.ts';
import { UserError } from '../../../model/user-error.ts';
import { fingerprintOf } from '../../fingerprint.ts';
import { isJwt, isSandboxSecret } from '../../secret-claims.ts';
import type { DeadFinding, DeadSecret } from '../../store.ts';
import { enqueue, parsed } from './change-file.ts';
import type { FileStoreConfig } from './check-file.ts';
import { reasonOf } from './failures.ts';
import { ownTarget, placeIn, secretPathIn } from './places.ts';
import type { SecretsText } from './secrets-text.ts';

/**
 * Removes only the value that the state wrote, and changes only files of the configuration: anybody may have edited the state.
 *
 * @throws UserError STORE_FAILED
 */
export async function removeFrom(config: FileStoreConfig, secret: DeadSecret): Promise<void> {
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
export async function findDead(config: FileStoreConfig, secrets: readonly DeadSecret[]): Promise<DeadFinding[]> {
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
