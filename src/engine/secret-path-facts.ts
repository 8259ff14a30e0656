/** Where the tokens' secrets are by the state, compared with where the configuration puts the next ones. */
import type { Desired } from '../model/desired.ts';
import { entryName } from '../model/entry-name.ts';
import type { TokenAddress } from '../model/secret.ts';
import {
  commandChange,
  copiesOf,
  type SecretCopy,
  type State,
  type StateToken,
  type StoredSecret,
  type TokenRecord,
} from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import type { StoreFacts } from '../plan/store-facts.ts';
import type { SecretStore } from '../secrets/store.ts';

/** `StoreUsers` while they are gathered. */
interface Users {
  readonly tokens: string[];
  readonly elsewhere: string[];
  readonly byEarlierScript: string[];
  readonly renamed: string[];
  readonly unrecorded: string[];
  isKnown: boolean;
}

/** What the state says of the secrets in each store of the configuration. */
export function secretPathFacts(
  desired: Desired,
  { accounts }: State,
  stores: ReadonlyMap<string, SecretStore>,
  only: (username: string) => boolean,
): Required<Pick<StoreFacts, 'changed' | 'unknown' | 'ranReal' | 'users'>> {
  const changed = new Map<string, string[]>();
  const unknown = new Map<string, string[]>();
  const ranReal = new Set<string>();
  const users = new Map<string, Users>();
  for (const { store: name, ...address } of configuredTokens(desired)) {
    const store = stores.get(name);
    const path = store?.secretPath(address);
    const key = accountKey(address.account);
    const tokens = accounts.get(key)?.tokens ?? new Map<string, StateToken>();
    const secret = tokens.get(address.token)?.current?.secret;
    const here = copyAt(secret, name, path);
    const change = here && recordedChange(here, store?.commandOf?.(address));
    // A record without a fingerprint may have been edited.
    const isKnown = here?.fingerprint !== undefined && change === undefined;
    const own = users.get(name) ?? noUsers();
    users.set(name, own);
    if (isKnown) own.isKnown = true;
    if (!only(address.account)) continue;
    const token = entryName(address);
    own.tokens.push(token);
    if (secret === undefined) {
      own.unrecorded.push(token);
      const keys = desired.accounts.get(key)?.tokens;
      const ofOtherKeys = [...tokens].flatMap(([each, { current }]) =>
        keys?.has(each) ? [] : (current?.secret ?? []),
      );
      if (!ofOtherKeys.some((each) => copyAt(each, name, path)?.fingerprint)) continue;
      own.renamed.push(token);
      own.isKnown = true;
      continue;
    }
    // In a sandbox, a secret that is not in its folder was stored by the program itself.
    const { fingerprint } = here ?? {};
    if (store?.rehearsedIn !== undefined && fingerprint && store.hasRehearsed?.(address, fingerprint) === false)
      ranReal.add(token);
    if (change === 'unknown') listOf(unknown, name).push(token);
    else if (change !== undefined) listOf(changed, name).push(token);
    if (change === 'script' && fingerprint !== undefined) own.byEarlierScript.push(token);
    else if (!isKnown) own.elsewhere.push(token);
  }
  return { changed, unknown, ranReal, users };
}

function noUsers(): Users {
  return { tokens: [], elsewhere: [], byEarlierScript: [], renamed: [], unrecorded: [], isKnown: false };
}

/** The copy of a secret at a secret path of a store. */
function copyAt(
  secret: TokenRecord['secret'] = 'unknown',
  store: string,
  path: string | undefined,
): StoredSecret | undefined {
  const copies = secret === 'unknown' ? [] : copiesOf(secret);
  return copies.find((copy) => copy.store === store && copy.secret_path === path);
}

/** What changed of the command that stored a secret; `unknown`: the record does not have it. */
function recordedChange(copy: SecretCopy, now: string | undefined): ReturnType<typeof commandChange> | 'unknown' {
  return now !== undefined && copy.command === undefined ? 'unknown' : commandChange(copy, now);
}

function listOf(lists: Map<string, string[]>, name: string): string[] {
  const list = lists.get(name) ?? [];
  lists.set(name, list);
  return list;
}

/** A token and one of its stores. */
export interface StoreToken extends TokenAddress {
  readonly store: string;
}

/** The tokens of the configuration, once for each of their stores. */
export function configuredTokens({ accounts }: Desired): StoreToken[] {
  return [...accounts.values()].flatMap(({ username: account, tokens }) =>
    [...tokens.values()].flatMap(({ key: token, stores }) => stores.map((store) => ({ account, token, store }))),
  );
}

/** Current tokens whose secret a sandbox has rehearsed, and no program has. @param stores As in a rehearsal */
export function rehearsedTokens({ accounts }: State, stores: ReadonlyMap<string, SecretStore>): TokenAddress[] {
  return [...accounts.values()].flatMap(({ username: account, tokens }) =>
    [...tokens].flatMap(([token, { current }]) => {
      if (current === undefined || current.secret === 'unknown') return [];
      const { fingerprint } = current.secret;
      const isRehearsed = copiesOf(current.secret).some(
        ({ store }) => fingerprint !== undefined && stores.get(store)?.hasRehearsed?.({ account, token }, fingerprint),
      );
      return isRehearsed ? [{ account, token }] : [];
    }),
  );
}
