/** Which places of obsolete secrets are in use, and which secrets stay for another reason. */
import type { Desired } from '../model/desired.ts';
import type { Plan, SecretRemoval } from '../model/plan.ts';
import { type StoreNames, storesIn } from '../model/planned-token.ts';
import { variableOf } from '../model/secret.ts';
import type { KeptSecret, SecretRecord } from '../model/secret-record.ts';
import { copiesOf, isOtherCommand, type State, type TokenRecord, wordsOf } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import { nameAlone, type SecretStore, tokenAtPath, type Whereabouts } from '../secrets/store.ts';
import { kindOf } from '../secrets/stores.ts';

/** A token whose secret is to be stored. */
export interface StoredToken {
  /** Its action, or another name that no command has. */
  readonly action: string;
  readonly account: string;
  readonly token: string;
  readonly after: { readonly secret_store: StoreNames };
}

/** Where a secret in use may be as well: one of the configuration, or that of a current token, with its id. */
interface Near {
  readonly used: Whereabouts;
  readonly id: string | undefined;
}

/** Where secrets are that stay. The state may have been edited, so an obsolete secret that it names may be another's. */
export class UsedPlaces {
  readonly #desired: Desired;
  readonly #stores: ReadonlyMap<string, SecretStore>;
  /** The commands that removed secrets in this run. */
  readonly removed = new Set<string>();
  /** Where the configuration puts secrets. */
  readonly #configured = new Set<string>();
  readonly #paths = new Set<string>();
  /** Whether a store runs a program. Without one, every store sees for itself what is at a place. */
  readonly #hasPrograms: boolean;
  /** Where secrets in use may be as well as at their places, where a store runs a program. */
  readonly #near = new Map<string, Near[]>();
  /** The accounts that have a current token's secret at a place, with the token: `etl_prod/airflow`. */
  readonly #owners = new Map<string, Map<string, string>>();
  /** The ids of the tokens that have a fingerprint. */
  readonly #ids = new Map<string, Set<string>>();

  constructor(desired: Desired, { accounts }: State, stores: ReadonlyMap<string, SecretStore>) {
    this.#desired = desired;
    this.#stores = stores;
    this.#hasPrograms = [...stores.values()].some(({ commandOf }) => commandOf !== undefined);
    for (const { username: account, tokens } of desired.accounts.values()) {
      for (const { key: token, stores: names } of tokens.values()) {
        for (const store of names.flatMap((name) => stores.get(name) ?? [])) {
          const place = store.placeOf?.({ account, token });
          if (place !== undefined) this.#configured.add(place);
          const command = store.commandOf?.({ account, token });
          if (command !== undefined) this.#configured.add(byCommand(command));
          const removal = store.removalOf?.({ account, token });
          if (removal !== undefined) this.#configured.add(byRemoval(removal));
          if (this.#hasPrograms) this.#addNear(store.whereabouts?.({ account, token }));
          this.#paths.add(store.secretPath({ account, token }));
        }
      }
    }
    for (const [key, { username, tokens }] of accounts) {
      for (const [token, { current, retiring }] of tokens) {
        for (const place of this.#placesOf(username, token, current?.secret)) {
          this.#owners.set(place, (this.#owners.get(place) ?? new Map()).set(key, `${username}/${token}`));
        }
        const copies = current === undefined || current.secret === 'unknown' ? [] : copiesOf(current.secret);
        for (const { store, secret_path: path } of this.#hasPrograms ? copies : []) {
          this.#addNear(this.#stores.get(store)?.whereabouts?.({ account: username, token }, path), current?.id);
        }
        for (const { id, secret } of [...(current ? [current] : []), ...retiring]) {
          const fingerprint = secret === undefined || secret === 'unknown' ? undefined : secret.fingerprint;
          if (fingerprint === undefined) continue;
          this.#ids.set(fingerprint, (this.#ids.get(fingerprint) ?? new Set()).add(id));
        }
      }
    }
  }

  #addNear(used: Whereabouts | undefined, id?: string): void {
    if (used === undefined) return;
    for (const name of used.names) {
      const known = this.#near.get(name);
      if (known === undefined) this.#near.set(name, [{ used, id }]);
      else known.push({ used, id });
    }
  }

  /** The current token of another account or key whose secret that of a new token would overwrite, and in which store. */
  holderOf(
    stored: StoredToken,
    plan: Pick<Plan, 'actions'>,
  ): { readonly store: string; readonly holder: string } | undefined {
    for (const store of storesIn(stored.after.secret_store)) {
      const holder = this.#holderIn(store, stored, plan);
      if (holder !== undefined) return { store, holder };
    }
    return undefined;
  }

  #holderIn(name: string, { action, account, token }: StoredToken, { actions }: Pick<Plan, 'actions'>) {
    const store = this.#stores.get(name);
    const places = [store?.placeOf?.({ account, token }), byCommand(store?.commandOf?.({ account, token }) ?? action)];
    const holders = places.flatMap((place) => [...(this.#owners.get(place ?? '') ?? [])]);
    return holders.find(([key, name]) => {
      const isOwn = key === accountKey(account);
      if (isOwn && (keyIn(name) === token || !this.#isDesired(key, name))) return false;
      // What is stored elsewhere by the same plan, or forgotten, has the place no longer.
      return !actions.some(
        (one) =>
          accountKey(one.account) === key &&
          (isOwn
            ? (one.action === 'create_token' || one.action === 'rotate_token') && one.token === keyIn(name)
            : one.action === 'forget' && one.token === undefined),
      );
    })?.[1];
  }

  #isDesired(account: string, name: string): boolean {
    return this.#desired.accounts.get(account)?.tokens.has(keyIn(name)) ?? false;
  }

  /** Whether an obsolete secret's place is in use: the configuration puts a secret there, or the state has a current one there. */
  isUsed(record: SecretRecord, state: State): boolean {
    const { id, secret } = record;
    if (this.#isOfOtherAccount(record)) return true;
    const ids = this.#ids.get(secret.fingerprint ?? '');
    if (ids !== undefined && (ids.size > 1 || !ids.has(id))) return true;
    if (secret.command === undefined && this.#paths.has(secret.secret_path)) return true;
    return this.#isAt(record, state, (place) => !isRemoval(place));
  }

  #isAt(record: SecretRecord, state: State, isMeant: (place: string) => boolean): boolean {
    return this.#placesOf(record.account, record.token, record.secret)
      .filter(isMeant)
      .some((place) => this.#configured.has(place) || this.#isOfAnother(place, record, state));
  }

  /** Whether a place that is not the store's is not named after the account either: anybody may have edited the state. */
  #isOfOtherAccount({ account, token, secret: { store: name, secret_path: path } }: SecretRecord): boolean {
    const store = this.#stores.get(name);
    if (store?.placeOf === undefined || store.placeOf({ account, token }, path) !== undefined) return false;
    const at = path.slice(path.lastIndexOf('#') + 1);
    return !accountKey(at).startsWith(accountKey(account)) && !at.includes(variableOf('{ACCOUNT}', { account, token }));
  }

  /** Whether a secret is not where its store puts secrets now: the store was of another kind, or had another command. */
  isElsewhere({ account, token, secret }: SecretRecord): boolean {
    const store = this.#stores.get(secret.store);
    if (store?.placeOf === undefined) return false;
    const [at, path] = [{ account, token }, secret.secret_path];
    return store.placeOf(at, path) === undefined || isOtherCommand(secret, store.commandOf?.(at, path));
  }

  /**
   * Why a secret stays that its store could remove: one in use may be at its place, since only the user knows what a command
   * does with its words, or the command would remove one in use as well.
   */
  whyKept(record: SecretRecord, state: State): KeptSecret | undefined {
    const store = this.#stores.get(record.secret.store);
    if (store?.remove === undefined || this.isElsewhere(record) || this.isUsed(record, state)) return undefined;
    return this.#inDoubt(record, state, store);
  }

  #inDoubt(record: SecretRecord, state: State, store: SecretStore): KeptSecret | undefined {
    if (this.#isNear(record, store)) return 'near';
    return this.#isAt(record, state, isRemoval) ? 'shared' : undefined;
  }

  /** Whether a secret that another command stored than its store has now may be where the token's is that is in use. */
  mayBeInUse({ account, token, id, secret }: SecretRecord): boolean {
    if (secret.command === undefined) return false;
    const near = this.#near.get(
      nameAlone({ account, token: tokenAtPath(secret.store, account, secret.secret_path)?.token ?? token }),
    );
    return near?.some((each) => each.id !== id && !each.used.isFile) ?? false;
  }

  #isNear({ account, token, id, secret }: SecretRecord, store: SecretStore): boolean {
    const own = store.whereabouts?.({ account, token }, secret.secret_path);
    // A store that can be read sees for itself.
    if (own === undefined || store.inspect !== undefined) return false;
    const near = (name: string) => (this.#near.get(name) ?? []).filter((each) => each.id !== id);
    const isAt = (name: string) => near(name).some(({ used }) => mayBeOnePlace(used, own, name));
    return own.names.some(isAt) || (own.files?.some((file) => near(file).length > 0) ?? false);
  }

  /** How an obsolete secret is removed; undefined when it stays, since it may be another's or its store removes none. */
  howRemoved(record: SecretRecord, state: State): SecretRemoval['by'] | undefined {
    const { account, token, secret } = record;
    const store = this.#stores.get(secret.store);
    if (store?.remove === undefined || this.isElsewhere(record) || this.isUsed(record, state)) return undefined;
    if (this.#inDoubt(record, state, store) !== undefined) return undefined;
    const { fingerprint, secret_path: path } = secret;
    const config = this.#desired.stores.get(secret.store);
    const isFile = config !== undefined && kindOf(config).recipient === undefined;
    if (isFile) return fingerprint === undefined && path !== store.secretPath({ account, token }) ? undefined : 'file';
    return store.rehearsedIn === undefined ? 'command' : 'rehearsal';
  }

  /** Whether the state has the secret of another token there, which is the current one of its key. */
  #isOfAnother(
    place: string,
    { account, token, id }: Pick<SecretRecord, 'account' | 'token' | 'id'>,
    { accounts }: State,
  ): boolean {
    const own = accountKey(account);
    const owners = [...(this.#owners.get(place)?.keys() ?? [])];
    if (owners.some((key) => key !== own && accounts.has(key))) return true;
    const tokens = accounts.get(own)?.tokens;
    // With a current token, those of other keys go that the configuration does not have.
    const isShared = isRemoval(place) && tokens?.get(token)?.current?.id === id;
    return [...(tokens ?? [])].some(
      ([key, { current }]) =>
        (key === token ? current?.id !== id : !isShared) &&
        this.#placesOf(account, key, current?.secret).includes(place),
    );
  }

  /**
   * Where a secret is: by the command that stored it, and where its store puts it, and by the command that
   * removes it, which may remove what another store or token has, unless its command is another now.
   */
  #placesOf(account: string, token: string, secret: TokenRecord['secret'] = 'unknown'): string[] {
    if (secret === 'unknown') return [];
    return copiesOf(secret).flatMap((copy) => {
      const store = this.#stores.get(copy.store);
      const [at, path] = [{ account, token }, copy.secret_path];
      const place = isOtherCommand(copy, store?.commandOf?.(at, path)) ? undefined : store?.placeOf?.(at, path);
      const removal = place === undefined ? undefined : store?.removalOf?.(at, path);
      return [
        ...(place === undefined ? [] : [place]),
        ...(copy.command ? [byCommand(copy.command)] : []),
        ...(removal === undefined ? [] : [byRemoval(removal)]),
      ];
    });
  }
}

/** The key in `etl_prod/airflow`. */
function keyIn(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

const REMOVAL = 'removal ';

function isRemoval(place: string): boolean {
  return place.startsWith(REMOVAL);
}

/** Whether commands that share a name may put secrets at one place: one may run the other's program, and have the name whole or build it. */
function mayBeOnePlace(one: Whereabouts, other: Whereabouts, name: string): boolean {
  const isByScript = Boolean(one.isScript || other.isScript);
  if (one.isFile) return isByScript;
  const isBuilt = one.hasText || other.hasText || (isByScript && one.program !== other.program);
  const isWhole = [one, other].some(({ wholes }) => wholes.includes(name));
  if (!isWhole && (!isBuilt || one.isConstant || other.isConstant)) return false;
  if (isPath(name)) return true;
  return isByScript || one.words.includes(other.program) || other.words.includes(one.program);
}

/** Whether a name is that of a path, which any program may write. */
function isPath(name: string): boolean {
  return name.startsWith('\npath ');
}

/** The place of what a command removes. */
function byRemoval(words: string): string {
  return `${REMOVAL}${words}`;
}

/** The place of what a command stored, in whatever store, and whatever the files have that it runs: an edit of one seldom moves secrets. */
function byCommand(hash: string): string {
  return `command ${wordsOf(hash)}`;
}
