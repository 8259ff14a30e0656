import type { SecretStoreConfig } from '../model/desired.ts';
import { DEFAULT_VARIABLE, type TokenAddress, variableOf } from '../model/secret-variable.ts';
import type { Places } from './kind.ts';
import { file } from './kinds/file.ts';
import { kindOf } from './kinds.ts';

/** Where the secrets of tokens would go that are not in the configuration yet. Where it has no stores, a dotenv file is written for them. */
export function secretPlaces(stores: ReadonlyMap<string, SecretStoreConfig>) {
  return {
    /** The same for tokens that would write over each other; undefined when each has a place of its own. */
    placeOf(store: string, token: TokenAddress): string | undefined {
      const config = stores.get(store);
      return config === undefined ? variableOf(DEFAULT_VARIABLE, token) : kindOf(config).places.of(config, token)?.key;
    },
    /** What tells the tokens of a store apart. */
    apart(store: string): Pick<Places, 'noun' | 'need'> {
      const config = stores.get(store);
      return (config === undefined ? file : kindOf(config)).places;
    },
  };
}
