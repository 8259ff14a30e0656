import type { SecretStoreConfig } from '../model/desired.ts';
import { execStore } from './exec-store.ts';
import { fileStore, type Owners } from './file-store.ts';
import type { SecretStore } from './store.ts';

/** Each kind of store and who makes one. A new kind is a file and a line here. */
const KINDS: {
  readonly [K in SecretStoreConfig['kind']]: (
    config: Extract<SecretStoreConfig, { kind: K }>,
    owners: Owners,
  ) => SecretStore;
} = {
  file: fileStore,
  exec: execStore,
};

/** The stores of a configuration, by name. Nothing is touched before one is checked or written. */
export function openStores(configs: ReadonlyMap<string, SecretStoreConfig>): ReadonlyMap<string, SecretStore> {
  const owners: Owners = new Map();
  return new Map([...configs].map(([name, config]) => [name, open(config, owners)]));
}

/** Where each token's secret goes, as plans compare it with where it went. */
export function placesIn(stores: ReadonlyMap<string, SecretStore>) {
  return (account: string, token: { readonly key: string; readonly store: string }): string | undefined =>
    stores.get(token.store)?.place({ account, token: token.key });
}

function open<K extends SecretStoreConfig['kind']>(
  config: Extract<SecretStoreConfig, { kind: K }>,
  owners: Owners,
): SecretStore {
  return KINDS[config.kind as K](config, owners);
}
