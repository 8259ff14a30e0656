/** The keys under which imported tokens stand: their names where these are keys, else something like them. */
import { DEFAULT_VARIABLE } from '../config/stores.ts';
import type { Desired, FileStoreConfig } from '../model/desired.ts';
import { variableOf } from '../model/secret-variable.ts';
import { FIRST_STORE } from './policies.ts';

const KEY = /^[A-Za-z][A-Za-z0-9_-]*$/;
/** A key that is the name has the name's limit, which leaves room for ".2". */
const LONGEST_KEY = 245;
const LONGEST_SLUG = 60;
const MOST_NUMBERED = 20;

/** Whether a live name can stand as a key. */
export function isKey(name: string): boolean {
  return KEY.test(name) && name.length <= LONGEST_KEY;
}

/** Chooses keys so that no two secrets go to one place of a file. */
export class TokenKeys {
  readonly #stores: ReadonlyMap<string, Pick<FileStoreConfig, 'path' | 'variable'>>;
  readonly #places = new Set<string>();

  constructor(desired: Desired) {
    const all = [...desired.stores.values()];
    const files = all.filter((store) => store.kind === 'file').filter(({ format }) => format === 'dotenv');
    // Where there is no store, the one that is written is such a file.
    const first = { name: FIRST_STORE, path: '', variable: DEFAULT_VARIABLE };
    this.#stores = new Map((all.length === 0 ? [first] : files).map((store) => [store.name, store]));
    for (const { username, tokens } of desired.accounts.values()) {
      for (const { key, store } of tokens.values()) this.#places.add(this.#place(username, key, store));
    }
  }

  /** A key for a token of that name, which is taken by it; undefined when the store tells no tokens apart. */
  choose(account: string, name: string, store: string, taken: Set<string>): string | undefined {
    for (const key of candidates(name, account)) {
      const place = this.#place(account, key, store);
      if (taken.has(key) || this.#places.has(place)) continue;
      taken.add(key);
      this.#places.add(place);
      return key;
    }
    return undefined;
  }

  /** Where the store puts the secret; without a dotenv file, each key has a place of its own. */
  #place(account: string, key: string, store: string): string {
    const config = this.#stores.get(store);
    if (config === undefined) return ['', store, account, key].join('\0');
    return `${config.path}\0${variableOf(config.variable, { account, token: key })}`;
  }
}

/** From the best to what is good enough: the second to last kind helps where a store's variable leaves the account out. */
function* candidates(name: string, account: string): Generator<string> {
  if (isKey(name)) yield name;
  const slug = slugOf(name);
  yield slug;
  yield `${slug}_${account}`.slice(0, LONGEST_KEY);
  for (let number = 2; number <= MOST_NUMBERED; number += 1) yield `${slug}_${number}`;
}

/** `BI (old)` becomes `bi_old`, `Café №2` becomes `cafe_no2`. */
function slugOf(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const slug = plain
    .replace(/[^a-z0-9_-]+/g, '_')
    .replace(/^[_-]+|[_-]+$/g, '')
    .slice(0, LONGEST_SLUG);
  return /^[a-z]/.test(slug) ? slug : `token${slug === '' ? '' : `_${slug}`}`;
}
