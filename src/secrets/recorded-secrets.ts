/** What a state records of the secrets in a store. */
import { defined } from '../model/defined.ts';
import type { TokenAddress } from '../model/secret.ts';
import type { SecretRecord } from '../model/secret-record.ts';
import {
  copiesOf,
  mayBeStored,
  type SecretCopy,
  type State,
  type StateAccount,
  type StoredSecret,
} from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import type { ExpectedSecret, ObsoleteSecret, SecretStore, SecretTarget } from './store.ts';

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
  return !known
    .flatMap((secret = 'unknown') => (secret === 'unknown' ? [] : copiesOf(secret)))
    .some((secret) => secret.store === store.name && secret.secret_path === secretPath);
}

/** What the store has of a token by the state; undefined when it need not have anything. */
export function expectedSecret(
  { accounts }: State,
  store: SecretStore,
  address: TokenAddress,
): ExpectedSecret | undefined {
  const entry = accounts.get(accountKey(address.account))?.tokens.get(address.token);
  const isHere = (secret: StoredSecret) =>
    copiesOf(secret).some((copy) => copy.store === store.name && copy.secret_path === store.secretPath(address));
  const secret = entry?.current?.secret;
  if (entry === undefined || secret === undefined) return undefined;
  const older = entry.retiring.flatMap((old) => old.fingerprint ?? old.secret?.fingerprint ?? []);
  if (secret !== 'unknown') {
    const { fingerprint } = secret;
    return isHere(secret) ? { ...address, older, ...defined({ fingerprint }) } : undefined;
  }
  // While the token that an adopted one replaced lives, its secret serves.
  const { stored, retiring } = entry;
  const isServing = retiring.some(({ retire_at }) => retire_at === undefined);
  if (stored === undefined || isServing || !isHere(stored)) return undefined;
  return { ...address, older, ...defined({ replaced: stored.fingerprint }) };
}

/** A secret of the state, as its store removes it. */
export function obsoleteSecret(
  { account, token, secret, interrupted }: SecretRecord,
  isSandbox: boolean,
): ObsoleteSecret {
  return {
    account,
    token,
    secretPath: secret.secret_path,
    ...(secret.fingerprint === undefined ? {} : { fingerprints: [secret.fingerprint, ...interrupted] }),
    ...(isSandbox ? { isSandbox: true } : {}),
  };
}

/** Where a store puts a token's secret, for the state. */
export function copyIn(store: SecretStore, address: TokenAddress): SecretCopy {
  const command = store.commandOf?.(address);
  return {
    ...{ store: store.name, secret_path: store.secretPath(address) },
    ...defined({ command }),
  };
}

/** The record of a secret that the stores have; the first of them gives its name. */
export function storedSecret(
  stores: readonly SecretStore[],
  address: TokenAddress,
  { serial, ...facts }: { readonly at: string; readonly fingerprint: string; readonly serial: number },
): StoredSecret {
  const [first, ...also] = stores.map((store) => copyIn(store, address));
  if (first === undefined) throw new Error('a secret without a store');
  return {
    ...{ ...first, ...facts },
    ...(also.length === 0 ? {} : { also }),
    ...([first, ...also].some(({ command }) => command !== undefined) ? { serial } : {}),
  };
}

/** The target of a first secret. What the state wrote for the account's tokens is not another's, and may be replaced. */
export function firstTarget(state: State, address: TokenAddress): SecretTarget {
  return { ...address, isFirst: true, written: writtenFingerprints(state, address.account) };
}

/** Accounts are immutable. */
const fingerprints = new WeakMap<StateAccount, ReadonlySet<string>>();

/** The fingerprints of what a state wrote for the tokens of an account, under any key: a key may have been renamed. */
function writtenFingerprints({ accounts }: State, account: string): ReadonlySet<string> {
  const entry = accounts.get(accountKey(account));
  if (entry === undefined) return new Set();
  const known = fingerprints.get(entry) ?? fingerprintsOf(entry);
  fingerprints.set(entry, known);
  return known;
}

function fingerprintsOf({ tokens }: StateAccount): ReadonlySet<string> {
  const secrets = [...tokens.values()].flatMap(({ current, stored, retiring, intents }) => [
    current?.secret,
    stored,
    ...retiring.map(({ secret }) => secret),
    ...intents,
  ]);
  return new Set(secrets.flatMap((secret = 'unknown') => (secret === 'unknown' ? [] : (secret.fingerprint ?? []))));
}
