/** How apply changes the state: one account or one token at a time. */
import { entryName } from '../model/entry-name.ts';
import type { State, StateAccount, StateToken } from '../model/state.ts';
import { accountKey } from '../model/username.ts';

/** The opened state as apply uses it. */
export interface StateWriter {
  readonly state: State;
  /** The state on the disk, which lacks changes that could not be written. */
  readonly durable: State;
  /**
   * Changes the state; resolves when the change is on the disk.
   *
   * @param account The key of the only account that it changes, so that only that is compared and written; undefined: any may change.
   * @throws UserError STATE_UNWRITABLE
   */
  update(change: (state: State) => State, account?: string): Promise<void>;
  /**
   * Changes the state in memory; the change is written with the next update, or when the state is closed. For changes
   * that the next plan would repeat if they were lost.
   */
  note(change: (state: State) => State, account?: string): void;
  /** Call before a call that changes something: a run that was suspended may have lost the state meanwhile. @throws UserError STATE_LOST, STATE_UNREACHABLE */
  confirm(): Promise<void>;
}

/** Whether the state on the disk has every change. */
export function isSaved({ state, durable }: StateWriter): boolean {
  return state === durable;
}

/** The entries that the state on the disk lacks, or has with other values: `etl_prod`, or `etl_prod/airflow` where only that token differs. */
export function unsavedEntries({ state, durable }: StateWriter): string[] {
  const keys = new Set([...durable.accounts.keys(), ...state.accounts.keys()]);
  return [...keys].flatMap((key) => {
    const [now, before] = [state.accounts.get(key), durable.accounts.get(key)];
    if (now === before) return [];
    const { username = key } = now ?? before ?? {};
    const tokens = new Set([...(before?.tokens.keys() ?? []), ...(now?.tokens.keys() ?? [])]);
    const changed = [...tokens].filter((token) => now?.tokens.get(token) !== before?.tokens.get(token));
    const isWhole = now === undefined || before === undefined || changed.length === 0;
    return isWhole ? [username] : changed.map((token) => entryName({ account: username, token }));
  });
}

/** The state of a token that was never created or adopted. */
export const NO_TOKEN: StateToken = { generation: 0, retiring: [], intents: [] };

type StateAccountChange = (account: StateAccount | undefined) => StateAccount | undefined;
type StateTokenChange = (token: StateToken) => StateToken | undefined;

/** Changes one account; `undefined` removes it from the state. Writes nothing when nothing changes. @throws UserError STATE_UNWRITABLE */
export async function updateAccount(
  stateWriter: StateWriter,
  username: string,
  change: StateAccountChange,
): Promise<void> {
  const inState = inAccount(username, change);
  if (inState(stateWriter.state) !== stateWriter.state) await stateWriter.update(inState, accountKey(username));
}

/** Changes one token of an account that is in the state; `undefined` removes it. @throws UserError STATE_UNWRITABLE */
export function updateToken(
  stateWriter: StateWriter,
  username: string,
  token: string,
  change: StateTokenChange,
): Promise<void> {
  return updateAccount(stateWriter, username, inToken(token, change));
}

/**
 * Records what precedes a call that cannot be repeated. When that cannot be written, the call is not made, so the account's
 * entry is as it was.
 */
export async function recordFirst(stateWriter: StateWriter, username: string, record: () => Promise<void>) {
  const before = stateWriter.state.accounts.get(accountKey(username));
  try {
    await record();
  } catch (error) {
    noteAccount(stateWriter, username, () => before);
    throw error;
  }
}

/** As `updateAccount`, but written later: see `StateWriter.note`. */
export function noteAccount(stateWriter: StateWriter, username: string, change: StateAccountChange): void {
  stateWriter.note(inAccount(username, change), accountKey(username));
}

/** As `updateToken`, but written later: see `StateWriter.note`. */
export function noteToken(stateWriter: StateWriter, username: string, token: string, change: StateTokenChange): void {
  noteAccount(stateWriter, username, inToken(token, change));
}

function inAccount(username: string, change: StateAccountChange): (state: State) => State {
  return (state) => {
    const key = accountKey(username);
    const before = state.accounts.get(key);
    const changed = change(before);
    if (changed === before) return state;
    return { ...state, accounts: withEntry(state.accounts, key, changed) };
  };
}

function inToken(token: string, change: StateTokenChange): StateAccountChange {
  return (account) => {
    if (account === undefined) return undefined;
    const tokens = new Map(account.tokens);
    const changed = change(tokens.get(token) ?? NO_TOKEN);
    if (changed === undefined) tokens.delete(token);
    else tokens.set(token, changed);
    return { ...account, tokens };
  };
}

/** A token's current entry in the state. */
export function tokenOf(stateWriter: StateWriter, username: string, token: string): StateToken {
  return stateWriter.state.accounts.get(accountKey(username))?.tokens.get(token) ?? NO_TOKEN;
}

/** Maps up to this size are copied with every change; larger ones once in this many changes. */
const LAYER_SIZE = 256;

/**
 * A copy of the map with one entry set, or removed when the value is undefined. Of a large map only the changes are copied,
 * so that thousands of changes to thousands of entries are fast. The order of the entries is undefined.
 */
export function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V | undefined): ReadonlyMap<string, V> {
  if (map instanceof LayeredMap) return map.with(key, value);
  if (map.size > LAYER_SIZE) return new LayeredMap(map, new Map()).with(key, value);
  const copy = new Map(map);
  if (value === undefined) copy.delete(key);
  else copy.set(key, value);
  return copy;
}

/** A map with a few changes on top of it; both are immutable. */
class LayeredMap<V> implements ReadonlyMap<string, V> {
  readonly size: number;
  readonly #base: ReadonlyMap<string, V>;
  /** undefined: removed. */
  readonly #changes: ReadonlyMap<string, V | undefined>;

  constructor(base: ReadonlyMap<string, V>, changes: ReadonlyMap<string, V | undefined>) {
    this.#base = base;
    this.#changes = changes;
    let { size } = base;
    for (const [key, value] of changes) size += (value === undefined ? 0 : 1) - (base.has(key) ? 1 : 0);
    this.size = size;
  }

  with(key: string, value: V | undefined): ReadonlyMap<string, V> {
    if (this.#changes.size >= LAYER_SIZE) return new LayeredMap(new Map(this), new Map([[key, value]]));
    return new LayeredMap(this.#base, new Map(this.#changes).set(key, value));
  }

  get(key: string): V | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.#base.get(key);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  *entries(): MapIterator<[string, V]> {
    for (const entry of this.#base) if (!this.#changes.has(entry[0])) yield entry;
    for (const [key, value] of this.#changes) if (value !== undefined) yield [key, value];
  }

  *keys(): MapIterator<string> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(tell: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this.entries()) tell(value, key, this);
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }
}
