/** What stores that can be read have: secrets that they lost, and values of others where a secret is to go. */
import { isFirstSecret } from '../apply/token-actions.ts';
import type { Desired } from '../model/desired.ts';
import type { TokenAddress } from '../model/secret.ts';
import type { State } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import type { StoreContents } from '../plan/secret-warnings.ts';
import type { SecretStore } from '../secrets/store.ts';

/** Looks into every store that can be read, once. */
export async function inspectStores(
  desired: Desired,
  state: State,
  stores: ReadonlyMap<string, SecretStore>,
  only: (username: string) => boolean,
): Promise<StoreContents> {
  const contents = { lost: new Map(), lostRetained: new Map(), foreign: new Map() };
  const isSandbox = state.sandbox ? { isSandbox: true } : {};
  const put = (into: Map<string, readonly string[]>, store: string, tokens: readonly TokenAddress[]) => {
    if (tokens.length > 0)
      into.set(
        store,
        tokens.map(({ account, token }) => `${account}/${token}`),
      );
  };
  const isRetained = ({ account }: TokenAddress) => !desired.accounts.has(accountKey(account));
  const all = [...configuredTokens(desired), ...retainedTokens(desired, state)].filter(({ account }) => only(account));
  for (const store of stores.values()) {
    if (store.inspect === undefined) continue;
    const own = all.filter((token) => token.store === store.name).map(({ account, token }) => ({ account, token }));
    const stored = own.filter((address) => isStored(state, store, address));
    const first = own.filter((address) => !isRetained(address) && isFirstSecret(state, store, address));
    if (stored.length === 0 && first.length === 0) continue;
    const targets = first.map((address) => ({ ...address, ...isSandbox, isFirst: true }));
    const { lost, foreign } = await store.inspect({ stored, first: targets });
    put(
      contents.lost,
      store.name,
      lost.filter((address) => !isRetained(address)),
    );
    put(contents.lostRetained, store.name, lost.filter(isRetained));
    put(contents.foreign, store.name, foreign);
  }
  return contents;
}

interface StoreToken extends TokenAddress {
  readonly store: string;
}

function configuredTokens({ accounts }: Desired): StoreToken[] {
  return [...accounts.values()].flatMap(({ username: account, tokens }) =>
    [...tokens.values()].map(({ key: token, store }) => ({ account, token, store })),
  );
}

/** Tokens of accounts that left the configuration, which stay in use. */
function retainedTokens(desired: Desired, { accounts }: State): StoreToken[] {
  return [...accounts].flatMap(([key, { username: account, tokens }]) =>
    desired.accounts.has(key)
      ? []
      : [...tokens].flatMap(([token, { current }]) =>
          current === undefined || current.secret === 'unknown'
            ? []
            : [{ account, token, store: current.secret.store }],
        ),
  );
}

function isStored({ accounts }: State, store: SecretStore, address: TokenAddress): boolean {
  const secret = accounts.get(accountKey(address.account))?.tokens.get(address.token)?.current?.secret ?? 'unknown';
  return secret !== 'unknown' && secret.store === store.name && secret.secret_path === store.secretPath(address);
}
