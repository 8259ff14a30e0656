import type { SecretStoreConfig } from '../model/desired.ts';
import { DEFAULT_VARIABLE, type TokenAddress, variableOf } from '../model/secret.ts';
import * as catalog from './catalog.ts';
import { file } from './kinds/file.ts';
import { rehearsedStore } from './rehearsed.ts';
import type { SecretStore } from './store.ts';
import type { SecretPaths, StoreContext, StoreKind } from './store-kind.ts';

/** In the order of the documentation: stores on this computer, then those that pass secrets to other programs. */
export const STORE_KINDS: readonly StoreKind[] = Object.values<StoreKind>(catalog).sort(
  (a, b) => Number(a.recipient !== undefined) - Number(b.recipient !== undefined) || (a.kind < b.kind ? -1 : 1),
);

/** The kind with this name. */
export function storeKind(name: string | undefined): StoreKind | undefined {
  return STORE_KINDS.find(({ kind }) => kind === name);
}

/** The kind of a store from a checked configuration. */
export function kindOf(config: { readonly kind: string }): StoreKind {
  const kind = storeKind(config.kind);
  if (kind === undefined) throw new Error(`there is no kind of secret store "${config.kind}"`);
  return kind;
}

/**
 * Opens the stores of a configuration, by name, without accessing them.
 *
 * @param env The environment of the run, which the commands of stores inherit without its tokens.
 * @param sandbox Given in a sandbox: stores that run programs are rehearsed in its folder, where that is known.
 */
export function openStores(
  configs: ReadonlyMap<string, SecretStoreConfig>,
  env: NodeJS.ProcessEnv,
  sandbox?: { readonly folder: string | undefined },
): ReadonlyMap<string, SecretStore> {
  const context: StoreContext = { owners: new Map(), env };
  return new Map(
    [...configs].map(([name, config]) => {
      const kind = kindOf(config);
      const store = kind.open(config, context);
      const isRehearsed = sandbox !== undefined && kind.recipient !== undefined;
      return [name, isRehearsed ? rehearsedStore(store, config, sandbox.folder) : store];
    }),
  );
}

/** A function that gives a token's secret path, which plans compare with the one in the state. */
export function secretPathsIn(stores: ReadonlyMap<string, SecretStore>) {
  return (account: string, token: { readonly key: string }, store: string): string | undefined =>
    stores.get(store)?.secretPath({ account, token: token.key });
}

/** Secret paths of tokens that are not in the configuration yet. A store that is not in it yet is treated as a dotenv file. */
export function newSecretPaths(stores: ReadonlyMap<string, SecretStoreConfig>) {
  return {
    /** Equal for tokens that would overwrite each other; undefined when each has its own secret path. */
    secretPathOf(store: string, token: TokenAddress): string | undefined {
      const config = stores.get(store);
      return config === undefined
        ? variableOf(DEFAULT_VARIABLE, token)
        : kindOf(config).secretPaths.of(config, token)?.key;
    },
    /** Equal for tokens that would lose their secrets together. */
    removalOf(store: string, token: TokenAddress): string | undefined {
      const config = stores.get(store);
      return config && kindOf(config).secretPaths.removalOf?.(config, token);
    },
    /** The store's words for its secret paths. */
    wordsOf(store: string): Pick<SecretPaths, 'noun' | 'need'> {
      const config = stores.get(store);
      return (config === undefined ? file : kindOf(config)).secretPaths;
    },
  };
}
