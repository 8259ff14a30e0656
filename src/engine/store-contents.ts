/** Reads stores that can be read: finds secrets that they lost, and foreign values at the secret paths of tokens. */

import type { Desired } from '../model/desired.ts';
import { entryName } from '../model/entry-name.ts';
import type { TokenAddress } from '../model/secret.ts';
import { type SecretRecord, secretRecordKey, secretRecords } from '../model/secret-record.ts';
import { copiesOf, mayBeStored, type State, wordsOf } from '../model/state.ts';
import type { LastWriter } from '../model/store-warning.ts';
import { type Hint, UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { Held, StoreContents } from '../plan/store-facts.ts';
import { expectedSecret, firstTarget, isFirstSecret, obsoleteSecret } from '../secrets/recorded-secrets.ts';
import type { DoubtedSecret, ObsoleteFinding, SecretStore } from '../secrets/store.ts';
import { kindOf } from '../secrets/stores.ts';
import { isSharedState } from '../state/backends.ts';
import { configuredTokens, type StoreToken } from './secret-path-facts.ts';

/** Looks into every store that can be read, once. */
export async function inspectStores(
  desired: Desired,
  state: State,
  stores: ReadonlyMap<string, SecretStore>,
  only: (username: string) => boolean,
): Promise<StoreContents> {
  const contents = {
    lost: new Map<string, readonly TokenAddress[]>(),
    lostRetained: new Map<string, readonly TokenAddress[]>(),
    foreign: new Map<string, { readonly tokens: readonly string[]; readonly secretPaths: readonly string[] }>(),
    unstored: new Set<string>(),
    held: new Map<string, Held>(),
    unreadable: new Map<string, { readonly why: string; readonly hint: Hint }>(),
    shared: storesOfMachine(desired, state),
  };
  const isRetained = ({ account }: TokenAddress) => !desired.accounts.has(accountKey(account));
  const noteLost = (store: string, lost: readonly TokenAddress[]) => {
    const retained = lost.filter(isRetained);
    const others = lost.filter((address) => !isRetained(address));
    if (others.length > 0) contents.lost.set(store, others);
    if (retained.length > 0) contents.lostRetained.set(store, retained);
  };
  const byStore = new Map<string, TokenAddress[]>();
  for (const { account, token, store } of [...configuredTokens(desired), ...retainedTokens(desired, state)]) {
    if (!only(account)) continue;
    const tokens = byStore.get(store) ?? [];
    tokens.push({ account, token });
    byStore.set(store, tokens);
  }
  const doubts = doubtedSecrets(desired, state, stores, only);
  const overwritten = overwrittenTokens(state);
  // In how many of the token's stores the secret of an interrupted creation certainly is not.
  const unstoredIn = new Map<string, number>();
  for (const store of stores.values()) {
    const own = byStore.get(store.name) ?? [];
    const doubted = doubts.flatMap((each) => (each.store === store.name ? [each] : []));
    if (store.inspect === undefined) {
      const isOverwritten = (address: TokenAddress) => overwritten.has(keyIn(store.name, address));
      noteLost(store.name, own.filter(isOverwritten));
      continue;
    }
    const stored = own.flatMap((address) => expectedSecret(state, store, address) ?? []);
    const first = own.filter((address) => !isRetained(address) && isFirstSecret(state, store, address));
    if (stored.length === 0 && first.length === 0 && doubted.length === 0) continue;
    const targets = first.map((address) => ({
      ...firstTarget(state, address),
      ...(state.sandbox ? { isSandbox: true } : {}),
    }));
    try {
      const { lost, foreign, unstored, held = [] } = await store.inspect({ stored, first: targets, doubted });
      for (const address of unstored) count(unstoredIn, keyOf(address));
      for (const fingerprint of held) contents.held.set(fingerprint, 'stored');
      noteLost(store.name, lost);
      if (foreign.length === 0) continue;
      const secretPaths = foreign.map((address) => store.secretPath(address));
      contents.foreign.set(store.name, { tokens: foreign.map(entryName), secretPaths });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      for (const { older = [] } of stored) for (const one of older) contents.held.set(one, 'unreadable');
      contents.unreadable.set(store.name, { why: error.message, hint: error.hint });
    }
  }
  const storesOfDoubted = new Map<string, number>();
  for (const doubted of doubts) count(storesOfDoubted, keyOf(doubted));
  for (const [token, stores] of storesOfDoubted) if (unstoredIn.get(token) === stores) contents.unstored.add(token);
  return contents;
}

/** The stores whose secrets other machines may have, and not this one, since the state is shared; with the last run that stored secrets. */
export function storesOfMachine({ state, stores }: Desired, { runs }: Pick<State, 'runs'>): Map<string, LastWriter> {
  if (!isSharedState(state)) return new Map();
  const { who, at } = runs.findLast(({ counts = {} }) => counts.create_token || counts.rotate_token) ?? {};
  const last = who === undefined || at === undefined ? {} : { who, at };
  return new Map([...stores].flatMap(([name, store]) => (kindOf(store).isOfMachine ? [[name, last]] : [])));
}

/** What is at the secret paths of the state, as far as stores can be read: for the secrets that are obsolete when a plan is done. */
export async function findObsolete(
  { accounts, sandbox }: State,
  stores: ReadonlyMap<string, SecretStore>,
  only: (username: string) => boolean,
): Promise<NonNullable<StoreContents['atSecretPaths']>> {
  const byStore = new Map<string, SecretRecord[]>();
  for (const { username, tokens } of accounts.values()) {
    if (!only(username)) continue;
    for (const record of [...tokens].flatMap(([token, entry]) => secretRecords(username, token, entry))) {
      const records = byStore.get(record.secret.store) ?? [];
      records.push(record);
      byStore.set(record.secret.store, records);
    }
  }
  const found = new Map<string, ObsoleteFinding>();
  for (const [name, records] of byStore) {
    const findings =
      (await stores.get(name)?.findObsolete?.(records.map((each) => obsoleteSecret(each, sandbox)))) ?? [];
    for (const [index, finding] of findings.entries())
      found.set(secretRecordKey(records[index] as SecretRecord), finding);
  }
  return found;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Equal for one account in whatever case. */
function keyOf({ account, token }: TokenAddress): string {
  return entryName({ account: accountKey(account), token });
}

/** The same, in one of the token's stores. */
function keyIn(store: string, address: TokenAddress): string {
  return `${store} ${keyOf(address)}`;
}

/** Tokens of accounts that left the configuration, which stay in use. */
function retainedTokens(desired: Desired, { accounts }: State): StoreToken[] {
  return [...accounts].flatMap(([key, { username: account, tokens }]) =>
    desired.accounts.has(key)
      ? []
      : [...tokens].flatMap(([token, { current }]) =>
          current === undefined || current.secret === 'unknown'
            ? []
            : copiesOf(current.secret).map(({ store }) => ({ account, token, store })),
        ),
  );
}

/**
 * Tokens of the configuration, once for each of their stores, whose creation was interrupted, by the state before anything was stored. The state alone proves
 * nothing; their store does if it has the secret of the current token where the state, the intents and the configuration agree
 * that secrets go.
 */
function doubtedSecrets(
  desired: Desired,
  { accounts }: State,
  stores: ReadonlyMap<string, SecretStore>,
  only: (username: string) => boolean,
): (DoubtedSecret & { readonly store: string })[] {
  return [...desired.accounts.values()].flatMap(({ username: account, tokens }) =>
    [...tokens.values()].flatMap(({ key: token, stores: names }) => {
      const address = { account, token };
      const entry = accounts.get(accountKey(account))?.tokens.get(token);
      const secret = entry?.current?.secret ?? 'unknown';
      const intents = entry?.intents.filter((intent) => !mayBeStored(intent)) ?? [];
      if (!only(account) || intents.length === 0 || secret === 'unknown' || secret.fingerprint === undefined) return [];
      const { fingerprint } = secret;
      const agreed = names.map((store) => stores.get(store)?.secretPath(address));
      const areAgreed = [secret, ...intents].every((each) => {
        const paths = [each, ...(each.also ?? [])].map((copy) => copy.secret_path);
        return paths.length === agreed.length && paths.every((path) => path !== undefined && agreed.includes(path));
      });
      if (!areAgreed) return [];
      const begun = Math.min(...intents.map(({ at }) => Date.parse(at)));
      return names.map((store) => ({ ...address, store, fingerprint, begun }));
    }),
  );
}

/**
 * The tokens, with their store, whose secret that of another current token overwrote, since both were stored by the same
 * command. Of the two, the state's serials tell the later one, or the times where there are none. Both are tokens of one
 * account: apply refuses to overwrite secrets of another account.
 */
function overwrittenTokens({ accounts }: State): ReadonlySet<string> {
  const latest = new Map<string, { readonly name: string; readonly order: readonly [number, number] }>();
  const overwritten = new Set<string>();
  for (const { username: account, tokens } of accounts.values()) {
    for (const [token, { current }] of tokens) {
      const secret = current?.secret ?? 'unknown';
      for (const { store, command, serial = 0, at } of secret === 'unknown' ? [] : copiesOf(secret)) {
        if (command === undefined) continue;
        const order = [serial, Date.parse(at)] as const;
        const one = { name: keyIn(store, { account, token }), order };
        // An edited script seldom moves secrets.
        const words = wordsOf(command);
        const other = latest.get(words);
        const isLater = other === undefined || (order[0] - other.order[0] || order[1] - other.order[1]) > 0;
        if (isLater) latest.set(words, one);
        if (other !== undefined) overwritten.add((isLater ? other : one).name);
      }
    }
  }
  return overwritten;
}
