/** Secrets that a store should have and does not, where stores can be read. */
import type { Desired } from '../model/desired.ts';
import type { TokenAddress } from '../model/secret.ts';
import type { State } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import type { SecretStore } from '../secrets/store.ts';

/** The tokens whose secret a store lost, by the store: `etl_prod/airflow`. */
export async function findLostSecrets(
  desired: Desired,
  state: State,
  stores: ReadonlyMap<string, SecretStore>,
  only: (username: string) => boolean,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const stored = new Map<string, TokenAddress[]>();
  for (const { username: account, tokens } of desired.accounts.values()) {
    if (!only(account)) continue;
    for (const { key: token, store } of tokens.values()) {
      const secret = state.accounts.get(accountKey(account))?.tokens.get(token)?.current?.secret ?? 'unknown';
      const isThere = secret !== 'unknown' && secret.store === store;
      if (!isThere || secret.secret_path !== stores.get(store)?.secretPath({ account, token })) continue;
      stored.set(store, [...(stored.get(store) ?? []), { account, token }]);
    }
  }
  const lost = new Map<string, readonly string[]>();
  for (const [store, tokens] of stored) {
    const missing = (await stores.get(store)?.lost?.(tokens)) ?? [];
    if (missing.length > 0)
      lost.set(
        store,
        missing.map(({ account, token }) => `${account}/${token}`),
      );
  }
  return lost;
}
