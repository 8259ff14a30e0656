import type { SecretStoreConfig } from '../model/desired.ts';
import { kindOf } from './kinds.ts';
import type { Owners, SecretStore } from './store.ts';

/** The stores of a configuration, by name. Nothing is touched before one is checked or written. */
export function openStores(configs: ReadonlyMap<string, SecretStoreConfig>): ReadonlyMap<string, SecretStore> {
  const owners: Owners = new Map();
  return new Map([...configs].map(([name, config]) => [name, kindOf(config).open(config, owners)]));
}

/** Where each token's secret goes, as plans compare it with where it went. */
export function secretPathsIn(stores: ReadonlyMap<string, SecretStore>) {
  return (account: string, token: { readonly key: string; readonly store: string }): string | undefined =>
    stores.get(token.store)?.secretPath({ account, token: token.key });
}
