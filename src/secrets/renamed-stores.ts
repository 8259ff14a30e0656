/** Stores that have another name in the configuration than in the state, and nothing else of which is another: no secret moved. */

import { defined } from '../model/defined.ts';
import { entryName } from '../model/entry-name.ts';
import type { SecretCopy, State, StateToken } from '../model/state.ts';
import type { RenamedStore } from '../model/store-warning.ts';
import { pathByToken, type SecretStore, tokenAtPath } from './store.ts';

type Stores = ReadonlyMap<string, SecretStore>;

/** A state with the store names of the configuration, and the stores that were renamed. */
interface NamedStores {
  readonly state: State;
  readonly renamed: readonly RenamedStore[];
}

/**
 * Names stores of the state as the configuration names them now, where their secrets are at exactly the same secret path. Returns
 * the same state when none is renamed.
 */
export function withStoreNames(state: State, stores: Stores): NamedStores {
  const tokensOf = new Map<string, Set<string>>();
  const accounts = new Map(state.accounts);
  for (const [key, account] of state.accounts) {
    const tokens = [...account.tokens].flatMap(([token, entry]) => {
      const named = renameIn(entry, (copy, taken) => {
        const found = sameStore(copy, { account: account.username, token }, stores, taken);
        if (found === undefined) return copy;
        const pair = JSON.stringify([copy.store, found.store]);
        tokensOf.set(pair, (tokensOf.get(pair) ?? new Set()).add(entryName({ account: account.username, token })));
        return { ...copy, ...found };
      });
      return named === entry ? [] : [[token, named] as const];
    });
    if (tokens.length > 0) accounts.set(key, { ...account, tokens: new Map([...account.tokens, ...tokens]) });
  }
  const renamed = [...tokensOf].map(([pair, tokens]) => {
    const [before, store] = JSON.parse(pair) as [string, string];
    return { before, store, tokens: [...tokens] };
  });
  return renamed.length === 0 ? { state, renamed } : { state: { ...state, accounts }, renamed };
}

/** The store of the configuration that puts the secret where a store of another name put it; undefined when there is not exactly one. */
function sameStore(
  { store: before, secret_path: path, command }: SecretCopy,
  address: { readonly account: string; readonly token: string },
  stores: Stores,
  taken: ReadonlySet<string>,
): Pick<SecretCopy, 'store' | 'secret_path'> | undefined {
  if (stores.has(before)) return undefined;
  const found = [...stores.values()].flatMap((store) => {
    if (taken.has(store.name)) return [];
    if (store.hasCompletePaths)
      return store.secretPath(address) === path ? [{ store: store.name, secret_path: path }] : [];
    const at = tokenAtPath(before, address.account, path);
    if (command === undefined || at === undefined) return [];
    const secret_path = pathByToken(store.name, at);
    return store.commandOf?.(at, secret_path) === command ? [{ store: store.name, secret_path }] : [];
  });
  return found.length === 1 ? found[0] : undefined;
}

type Rename = <Copy extends SecretCopy>(copy: Copy, taken: ReadonlySet<string>) => Copy;

/** The token with other names in all of its records; the same one when nothing is renamed. */
function renameIn(token: StateToken, rename: Rename): StateToken {
  const secret = <S extends SecretCopy & { readonly also?: readonly SecretCopy[] }>(given: S): S => {
    const taken = new Set([given.store, ...(given.also ?? []).map(({ store }) => store)]);
    const first = rename(given, taken);
    const also = given.also?.map((copy) => rename(copy, new Set([...taken, first.store])));
    const isSame = first === given && (also ?? []).every((copy, index) => copy === given.also?.[index]);
    return isSame ? given : { ...first, ...defined({ also }) };
  };
  const { current, stored } = token;
  const ofCurrent = current && current.secret !== 'unknown' ? secret(current.secret) : undefined;
  const ofStored = stored && secret(stored);
  const retiring = token.retiring.map((each) => {
    const own = each.secret && secret(each.secret);
    return own === each.secret || own === undefined ? each : { ...each, secret: own };
  });
  const intents = token.intents.map((intent) => {
    const { store, secret_path } = intent;
    return store === undefined || secret_path === undefined ? intent : secret({ ...intent, store, secret_path });
  });
  const isSame =
    (ofCurrent === undefined || ofCurrent === current?.secret) &&
    ofStored === stored &&
    retiring.every((each, index) => each === token.retiring[index]) &&
    intents.every(({ store }, index) => store === token.intents[index]?.store);
  if (isSame) return token;
  return {
    ...token,
    ...(current && ofCurrent ? { current: { ...current, secret: ofCurrent } } : {}),
    ...defined({ stored: ofStored }),
    retiring,
    intents,
  };
}
