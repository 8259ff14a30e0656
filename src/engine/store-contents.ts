/** What stores that can be read have: secrets that they lost, and values of others where a secret is to go. */
import { isFirstSecret } from '../apply/token-actions.ts';
import type { Desired } from '../model/desired.ts';
import type { TokenAddress } from '../model/secret.ts';
import type { State } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import type { SecretStore } from '../secrets/store.ts';

/** The tokens that a store is to be asked about. */
type Tokens = ReadonlyMap<string, readonly TokenAddress[]>;

/** Tokens by the store, as a person names them: `etl_prod/airflow`. */
export type NamesByStore = ReadonlyMap<string, readonly string[]>;

/** The tokens whose secret a store lost. */
export function findLostSecrets(
  desired: Desired,
  state: State,
  stores: ReadonlyMap<string, SecretStore>,
  only: (username: string) => boolean,
): Promise<NamesByStore> {
  const stored = tokensBy(desired, stores, only, (address, store) => {
    const entry = state.accounts.get(accountKey(address.account))?.tokens.get(address.token);
    const secret = entry?.current?.secret ?? 'unknown';
    return secret !== 'unknown' && secret.store === store.name && secret.secret_path === store.secretPath(address);
  });
  return ask(stored, (store, tokens) => stores.get(store)?.lost?.(tokens));
}

/** The tokens whose first secret would take the place of a value that this state did not write. */
export function findForeignSecrets(
  desired: Desired,
  state: State,
  stores: ReadonlyMap<string, SecretStore>,
  only: (username: string) => boolean,
): Promise<NamesByStore> {
  const first = tokensBy(desired, stores, only, (address, store) => isFirstSecret(state, store, address));
  const isSandbox = state.sandbox ? { isSandbox: true } : {};
  return ask(first, (store, tokens) =>
    stores.get(store)?.foreign?.(tokens.map((token) => ({ ...token, ...isSandbox, isFirst: true }))),
  );
}

function tokensBy(
  desired: Desired,
  stores: ReadonlyMap<string, SecretStore>,
  only: (username: string) => boolean,
  isMeant: (address: TokenAddress, store: SecretStore) => boolean,
): Tokens {
  const found = new Map<string, TokenAddress[]>([...stores.keys()].map((name) => [name, []]));
  for (const { username: account, tokens } of desired.accounts.values()) {
    if (!only(account)) continue;
    for (const { key: token, store: name } of tokens.values()) {
      const store = stores.get(name);
      if (store !== undefined && isMeant({ account, token }, store)) found.get(name)?.push({ account, token });
    }
  }
  return found;
}

async function ask(
  tokens: Tokens,
  question: (store: string, tokens: readonly TokenAddress[]) => Promise<readonly TokenAddress[]> | undefined,
): Promise<NamesByStore> {
  const answers = new Map<string, readonly string[]>();
  for (const [store, asked] of tokens) {
    const found = asked.length === 0 ? [] : ((await question(store, asked)) ?? []);
    const names = found.map(({ account, token }) => `${account}/${token}`);
    if (names.length > 0) answers.set(store, names);
  }
  return answers;
}
