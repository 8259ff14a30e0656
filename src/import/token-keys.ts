/** The keys under which imported tokens stand: their names where these are keys, else something like them. */
import type { Desired } from '../model/desired.ts';
import type { Skipped } from '../model/import.ts';
import type { TokenAddress } from '../model/secret-variable.ts';

const KEY = /^[A-Za-z][A-Za-z0-9_-]*$/;
/** A key that is the name has the name's limit, which leaves room for ".2". */
const LONGEST_KEY = 245;
const LONGEST_SLUG = 60;
const MOST_NUMBERED = 20;

/** Whether a live name can stand as a key. */
export function isKey(name: string): boolean {
  return KEY.test(name) && name.length <= LONGEST_KEY;
}

/** Where the secrets of tokens go, as the secret stores tell. */
export interface SecretPlaces {
  /** The same for tokens that would write over each other; undefined when each has a place of its own. */
  placeOf(store: string, token: TokenAddress): string | undefined;
  /** What tells the tokens of a store apart. */
  apart(store: string): { readonly noun: string; readonly need: string };
}

/** Chooses keys so that no two secrets go to one place. */
export class TokenKeys {
  readonly #secrets: SecretPlaces;
  readonly #places = new Set<string>();

  constructor(desired: Desired, secrets: SecretPlaces) {
    this.#secrets = secrets;
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

  /** Why there is no key, and what to do. */
  whyNone(store: string): Pick<Skipped, 'reason' | 'hint'> {
    const { noun, need } = this.#secrets.apart(store);
    return {
      reason: `the secret store ${store} has no ${noun} for it that another token does not have`,
      hint: `Give the store ${need}, or another one with --store.`,
    };
  }

  #place(account: string, key: string, store: string): string {
    return this.#secrets.placeOf(store, { account, token: key }) ?? ['', store, account, key].join('\0');
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
