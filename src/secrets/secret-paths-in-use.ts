/**
 * Which secret paths are in use, so that no new secret overwrites another token's, and no removal takes a secret in use:
 *
 *   - the configuration puts a secret there, or a current token of the state has one there: the keys of both are equal
 *   - one in use may be there, by what commands tell (`path-clues.ts`), or would be removed by the same command
 *
 * Anybody may have edited the state, so an obsolete secret that it names may belong to somebody else.
 */
import { type Action, isStoring } from '../model/action.ts';
import type { Desired } from '../model/desired.ts';
import { entryName } from '../model/entry-name.ts';
import type { SecretRemoval } from '../model/plan.ts';
import { type TokenAddress, variableOf } from '../model/secret.ts';
import type { KeptSecret, SecretRecord } from '../model/secret-record.ts';
import { copiesOf, isOtherCommand, type State, type TokenRecord, wordsOf } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import { mayShareSecretPath, nameAlone, type PathClues } from './path-clues.ts';
import { type SecretStore, tokenAtPath } from './store.ts';
import { kindOf } from './stores.ts';

/** What is equal for secrets at one secret path (`path`), and for secrets that one command removes (`removal`). */
interface SecretKeys {
  readonly path: readonly string[];
  readonly removal: readonly string[];
}

/** The secrets in use by their keys. */
interface KeysInUse {
  /** Where the configuration puts secrets. */
  readonly configured: Set<string>;
  /** The tokens whose current secret is there by the state, one for each account, by its key. */
  readonly owners: Map<string, Map<string, TokenAddress>>;
}

/** Where a secret in use may be as well: one of the configuration, or that of the current token with the id. */
interface Clue {
  readonly clues: PathClues;
  readonly id: string | undefined;
}

/** The secret paths in use by a configuration and a state. Where `state` is a parameter, it is as it is by then. */
export class SecretPathsInUse {
  readonly #desired: Desired;
  readonly #stores: ReadonlyMap<string, SecretStore>;
  readonly #inUse: Readonly<Record<keyof SecretKeys, KeysInUse>> = {
    path: { configured: new Set(), owners: new Map() },
    removal: { configured: new Set(), owners: new Map() },
  };
  /** The secret paths of the configuration, as the state has them. */
  readonly #configuredPaths = new Set<string>();
  /** What commands tell of secrets in use, by the names of `PathClues`. Empty if no store runs a program: other stores can be read. */
  readonly #clues = new Map<string, Clue[]>();
  /** The ids of the tokens whose secret has a fingerprint. */
  readonly #ids = new Map<string, Set<string>>();

  constructor(desired: Desired, state: State, stores: ReadonlyMap<string, SecretStore>) {
    this.#desired = desired;
    this.#stores = stores;
    const hasPrograms = [...stores.values()].some(({ commandOf }) => commandOf !== undefined);
    this.#addConfigured(hasPrograms);
    this.#addCurrent(state, hasPrograms);
  }

  #addConfigured(hasPrograms: boolean): void {
    for (const { username: account, tokens } of this.#desired.accounts.values()) {
      for (const { key: token, stores } of tokens.values()) {
        const address = { account, token };
        for (const store of stores.flatMap((name) => this.#stores.get(name) ?? [])) {
          const keys = keysOf(store, address);
          for (const key of keys.path) this.#inUse.path.configured.add(key);
          for (const key of keys.removal) this.#inUse.removal.configured.add(key);
          this.#configuredPaths.add(store.secretPath(address));
          if (hasPrograms) this.#addClues(store.pathClues?.(address));
        }
      }
    }
  }

  #addCurrent({ accounts }: State, hasPrograms: boolean): void {
    for (const [accountOf, { username: account, tokens }] of accounts) {
      for (const [token, { current, retiring }] of tokens) {
        const address = { account, token };
        const keys = this.#keysOfSecret(address, current?.secret);
        for (const kind of ['path', 'removal'] as const) {
          const { owners } = this.#inUse[kind];
          for (const key of keys[kind]) owners.set(key, (owners.get(key) ?? new Map()).set(accountOf, address));
        }
        const copies = current === undefined || current.secret === 'unknown' ? [] : copiesOf(current.secret);
        for (const { store, secret_path: path } of hasPrograms ? copies : [])
          this.#addClues(this.#stores.get(store)?.pathClues?.(address, path), current?.id);
        for (const { id, secret } of [...(current ? [current] : []), ...retiring]) {
          const fingerprint = secret === undefined || secret === 'unknown' ? undefined : secret.fingerprint;
          if (fingerprint === undefined) continue;
          this.#ids.set(fingerprint, (this.#ids.get(fingerprint) ?? new Set()).add(id));
        }
      }
    }
  }

  #addClues(clues: PathClues | undefined, id?: string): void {
    for (const name of clues?.names ?? []) {
      const known = this.#clues.get(name) ?? [];
      this.#clues.set(name, known);
      if (clues !== undefined) known.push({ clues, id });
    }
  }

  /**
   * The current token of another account or key whose secret a new one would overwrite, and the store where.
   *
   * @param stores Where the new one is to be stored.
   * @param actions What is done as well: it may free a secret path.
   */
  holderOf(
    address: TokenAddress,
    stores: readonly string[],
    actions: readonly Action[],
  ): { readonly store: string; readonly holder: string } | undefined {
    for (const name of stores) {
      const store = this.#stores.get(name);
      const keys = store === undefined ? [] : keysOf(store, address).path;
      const owners = keys.flatMap((key) => [...(this.#inUse.path.owners.get(key) ?? [])]);
      const holder = owners.find(([key, owner]) => this.#stays(key, owner, address, actions))?.[1];
      if (holder !== undefined) return { store: name, holder: entryName(holder) };
    }
    return undefined;
  }

  /** Whether an owner of a secret path still uses it when the new secret is stored. */
  #stays(key: string, owner: TokenAddress, address: TokenAddress, actions: readonly Action[]): boolean {
    const isOwn = key === accountKey(address.account);
    if (isOwn && owner.token === address.token) return false;
    if (isOwn && !this.#desired.accounts.get(key)?.tokens.has(owner.token)) return false;
    const frees = (one: Action) =>
      isOwn ? isStoring(one) && one.token === owner.token : one.action === 'forget' && one.token === undefined;
    return !actions.some((one) => accountKey(one.account) === key && frees(one));
  }

  /** Whether the secret path of an obsolete secret is in use. */
  isUsed(record: SecretRecord, state: State): boolean {
    const { id, secret } = record;
    if (this.#isOfOtherAccount(record)) return true;
    const ids = this.#ids.get(secret.fingerprint ?? '');
    if (ids !== undefined && (ids.size > 1 || !ids.has(id))) return true;
    if (secret.command === undefined && this.#configuredPaths.has(secret.secret_path)) return true;
    return this.#isInUse('path', record, state);
  }

  /** Whether a secret in use has a key of an obsolete one. */
  #isInUse(kind: keyof SecretKeys, record: SecretRecord, { accounts }: State): boolean {
    const { account, token, id, secret } = record;
    const keys = this.#keysOfSecret(record, secret)[kind];
    const { configured, owners } = this.#inUse[kind];
    if (keys.some((key) => configured.has(key))) return true;
    const own = accountKey(account);
    const others = keys.flatMap((key) => [...(owners.get(key)?.keys() ?? [])]);
    if (others.some((other) => other !== own && accounts.has(other))) return true;
    const tokens = accounts.get(own)?.tokens;
    // A token that is current goes with those of other keys which the configuration does not have.
    const goTogether = kind === 'removal' && tokens?.get(token)?.current?.id === id;
    return [...(tokens ?? [])].some(([key, { current }]) => {
      if (key === token ? current?.id === id : goTogether) return false;
      return this.#keysOfSecret({ account, token: key }, current?.secret)[kind].some((each) => keys.includes(each));
    });
  }

  /** Whether a secret path that cannot be one of the store's does not have the account's name in it either: anybody may have edited the state. */
  #isOfOtherAccount({ account, token, secret: { store: name, secret_path: path } }: SecretRecord): boolean {
    const store = this.#stores.get(name);
    if (store?.secretPathKey === undefined || store.secretPathKey({ account, token }, path) !== undefined) return false;
    const at = path.slice(path.lastIndexOf('#') + 1);
    return !accountKey(at).startsWith(accountKey(account)) && !at.includes(variableOf('{ACCOUNT}', { account, token }));
  }

  /** Whether a secret is not where its store puts secrets now: the store was of another kind, or had another command. */
  isElsewhere({ account, token, secret }: SecretRecord): boolean {
    const store = this.#stores.get(secret.store);
    if (store?.secretPathKey === undefined) return false;
    const [address, path] = [{ account, token }, secret.secret_path];
    return store.secretPathKey(address, path) === undefined || isOtherCommand(secret, store.commandOf?.(address, path));
  }

  /** Whether a secret that is not where its store puts secrets now may be where the one in use of its token is. */
  mayBeInUse({ account, token, id, secret }: SecretRecord): boolean {
    if (secret.command === undefined) return false;
    const stored = tokenAtPath(secret.store, account, secret.secret_path)?.token ?? token;
    const found = this.#clues.get(nameAlone({ account, token: stored })) ?? [];
    return found.some((one) => one.id !== id && !one.clues.isFile);
  }

  /** How an obsolete secret is removed; undefined when it stays, since it may be in use or its store removes none. */
  howRemoved(record: SecretRecord, state: State): SecretRemoval['by'] | undefined {
    const store = this.#removingStore(record, state);
    if (store === undefined || this.#whyDoubted(record, state, store) !== undefined) return undefined;
    const { account, token, secret } = record;
    const config = this.#desired.stores.get(secret.store);
    const isFile = config !== undefined && kindOf(config).recipient === undefined;
    if (!isFile) return store.rehearsedIn === undefined ? 'command' : 'rehearsal';
    const isOwn = secret.fingerprint !== undefined || secret.secret_path === store.secretPath({ account, token });
    return isOwn ? 'file' : undefined;
  }

  /** Why an obsolete secret stays that its store could remove, although no secret is known to be in use there. */
  whyKept(record: SecretRecord, state: State): KeptSecret | undefined {
    const store = this.#removingStore(record, state);
    return store && this.#whyDoubted(record, state, store);
  }

  /** The store of an obsolete secret, if it removes secrets, and this one is where it puts them and not in use. */
  #removingStore(record: SecretRecord, state: State): SecretStore | undefined {
    const store = this.#stores.get(record.secret.store);
    const isRemovable = store?.remove !== undefined && !this.isElsewhere(record) && !this.isUsed(record, state);
    return isRemovable ? store : undefined;
  }

  #whyDoubted(record: SecretRecord, state: State, store: SecretStore): KeptSecret | undefined {
    if (this.#mayShareSecretPath(record, store)) return 'near';
    return this.#isInUse('removal', record, state) ? 'shared' : undefined;
  }

  #mayShareSecretPath({ account, token, id, secret }: SecretRecord, store: SecretStore): boolean {
    // A store that can be read sees for itself.
    if (store.inspect !== undefined) return false;
    const own = store.pathClues?.({ account, token }, secret.secret_path);
    if (own === undefined) return false;
    const others = (name: string) => (this.#clues.get(name) ?? []).filter((one) => one.id !== id);
    const isShared = (name: string) => others(name).some(({ clues }) => mayShareSecretPath(clues, own, name));
    return own.names.some(isShared) || (own.files?.some((file) => others(file).length > 0) ?? false);
  }

  /** The keys of a secret of the state: of the command that stored it, and those that its store gives it, unless that has another command now. */
  #keysOfSecret({ account, token }: TokenAddress, secret: TokenRecord['secret'] = 'unknown'): SecretKeys {
    const keys = (secret === 'unknown' ? [] : copiesOf(secret)).map((copy): SecretKeys => {
      const store = this.#stores.get(copy.store);
      const [address, path] = [{ account, token }, copy.secret_path];
      const isOther = isOtherCommand(copy, store?.commandOf?.(address, path));
      const ofPath = isOther ? undefined : store?.secretPathKey?.(address, path);
      const ofRemoval = ofPath === undefined ? undefined : store?.removalOf?.(address, path);
      const ofCommand = copy.command ? commandKey(copy.command) : undefined;
      return { path: defined(ofPath, ofCommand), removal: defined(ofRemoval) };
    });
    return { path: keys.flatMap(({ path }) => path), removal: keys.flatMap(({ removal }) => removal) };
  }
}

/** The keys of a secret where the configuration puts it. */
function keysOf(store: SecretStore, address: TokenAddress): SecretKeys {
  const command = store.commandOf?.(address);
  return {
    path: defined(store.secretPathKey?.(address), command && commandKey(command)),
    removal: defined(store.removalOf?.(address)),
  };
}

/** The key of what a command stored, in whatever store, and whatever its scripts have by now: an edited one seldom moves secrets. */
function commandKey(hash: string): string {
  return `command ${wordsOf(hash)}`;
}

function defined(...keys: readonly (string | undefined)[]): string[] {
  return keys.filter((key) => key !== undefined);
}
