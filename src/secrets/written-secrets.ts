/** What a state says of the secrets that were written to a store. */
import type { TokenAddress } from '../model/secret.ts';
import { mayBeStored, type State } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import type { SecretStore } from './store.ts';

/**
 * Whether the state has nothing of a token at its secret path yet, so that a value that is there is another's. An interrupted
 * run may have stored something, unless its intent says that it did not.
 */
export function isFirstSecret({ accounts }: State, store: SecretStore, address: TokenAddress): boolean {
  const entry = accounts.get(accountKey(address.account))?.tokens.get(address.token);
  if (entry === undefined) return true;
  const { current, generation, intents, stored } = entry;
  if (intents.some(mayBeStored) || generation - intents.length > (current?.generation ?? 0)) return false;
  const secretPath = store.secretPath(address);
  const known = [current?.secret, stored, ...entry.retiring.map(({ secret }) => secret)];
  return !known.some(
    (secret = 'unknown') => secret !== 'unknown' && secret.store === store.name && secret.secret_path === secretPath,
  );
}

/** The fingerprints of what a state wrote for the tokens of an account, under any key: a key may have been renamed. */
export function writtenFingerprints({ accounts }: State, account: string): ReadonlySet<string> {
  const entries = [...(accounts.get(accountKey(account))?.tokens.values() ?? [])];
  const secrets = entries.flatMap(({ current, stored, retiring, intents }) => [
    current?.secret,
    stored,
    ...retiring.map(({ secret }) => secret),
    ...intents,
  ]);
  return new Set(secrets.flatMap((secret = 'unknown') => (secret === 'unknown' ? [] : (secret.fingerprint ?? []))));
}
