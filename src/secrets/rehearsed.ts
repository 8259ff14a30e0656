/** In the sandbox, a store that passes secrets to a program is rehearsed: nothing is run, and the secrets go to the sandbox's folder. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../files/atomic-write.ts';
import { refuseTrackedLinks } from '../files/links.ts';
import { isWithin, shownRelativePath } from '../files/paths.ts';
import { errnoOf, writeFix } from '../files/system-errors.ts';
import { defined } from '../model/defined.ts';
import type { SecretStoreConfig } from '../model/desired.ts';
import type { TokenAddress } from '../model/secret.ts';
import { isTokenKey } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type SecretStore, tokenAtPath } from './store.ts';

/** The stores' folder in the folder of a sandbox. */
const REHEARSED = 'stores';

/** Whether a sandbox's folder has the secret, which a store would have. */
export function isRehearsedIn(folder: string, store: string, { account, token }: TokenAddress, fingerprint: string) {
  const file = join(folder, REHEARSED, store, account, token);
  // The names may come from a state that anybody edited.
  if (!isWithin(join(folder, REHEARSED), file) || !existsSync(file) || !statSync(file).isFile()) return false;
  return fingerprintOf(readFileSync(file, 'utf8')) === fingerprint;
}

/** A store that is used instead of `real`. @param folder The sandbox's folder; undefined when it is not known. */
export function rehearsedStore(real: SecretStore, config: SecretStoreConfig, folder: string | undefined): SecretStore {
  const own = folder === undefined ? undefined : join(folder, REHEARSED, config.name);
  const fileOf = ({ account, token }: TokenAddress) => join(own ?? '', account, token);
  /** The token whose secret has a secret path: one by the token's names, or another kind's own. */
  const tokenAt = ({ account, token }: TokenAddress, secretPath: string): TokenAddress | undefined => {
    const isOwn = isTokenKey(token) && secretPath === real.secretPath({ account, token });
    return tokenAtPath(config.name, account, secretPath) ?? (isOwn ? { account, token } : undefined);
  };
  const write = async (address: TokenAddress, text: string, isRehearsal: boolean) => {
    await refuseTrackedLinks(fileOf(address));
    await mkdir(dirname(fileOf(address)), { recursive: true, mode: 0o700 });
    await writeFileAtomic(fileOf(address), text, { mode: 0o600, isRehearsal });
  };
  return {
    name: real.name,
    rehearsedIn: own === undefined ? 'the folder of the sandbox' : shownRelativePath(own),
    programRemoves: real.remove !== undefined,
    secretPath: (address) => real.secretPath(address),
    hasRehearsed: (address, fingerprint) =>
      folder !== undefined && isRehearsedIn(folder, config.name, address, fingerprint),
    check: async (targets = [], { readOnly = false } = {}) => {
      if (own === undefined) throw folderUnknown(config);
      if (readOnly) return;
      for (const target of targets) await write(target, '', true).catch(failed(config, 'STORE_UNUSABLE'));
    },
    put: (target, secret) => write(target, secret.reveal(), false).catch(failed(config, 'STORE_FAILED')),
    remove: async (secret) => {
      const at = tokenAt(secret, secret.secretPath);
      if (own === undefined || at === undefined) return;
      await refuseTrackedLinks(dirname(fileOf(at)));
      await rm(fileOf(at), { force: true }).catch(failed(config, 'STORE_FAILED'));
    },
    // Where no rehearsal stored it, the program did, and has it.
    findObsolete: async (secrets) =>
      secrets.map((secret) => {
        const at = tokenAt(secret, secret.secretPath);
        return own !== undefined && at !== undefined && existsSync(fileOf(at)) ? 'secret' : 'other';
      }),
    secretPathKey: (address, secretPath = real.secretPath(address)) => {
      const at = tokenAt(address, secretPath);
      return at && fileOf(at);
    },
    // What a real run would find changed is found in the rehearsal too.
    ...defined({ commandOf: real.commandOf, missingProgram: real.missingProgram, removalOf: real.removalOf }),
    ...(real.namesGeneration ? { namesGeneration: true } : {}),
    ...defined({ pathClues: real.pathClues, scripts: real.scripts }),
  };
}

function folderUnknown({ name, location }: SecretStoreConfig): UserError {
  const message = `the secret store ${name} is rehearsed in the sandbox's folder, and MDACC_SANDBOX, which names it, is not set`;
  const hint = 'Set it to the value that the served sandbox printed, or run the real store with --real-stores.';
  return new UserError('STORE_UNUSABLE', message, hint, { location });
}

function failed({ name, location }: SecretStoreConfig, code: 'STORE_UNUSABLE' | 'STORE_FAILED') {
  return (error: unknown): never => {
    if (error instanceof UserError) throw error;
    const message = `the secret store ${name} cannot be rehearsed in the sandbox's folder (${errnoOf(error) ?? 'failed'})`;
    const fix = writeFix(error, "Give this user write access to the sandbox's folder.");
    throw new UserError(code, message, fix, { location });
  };
}
