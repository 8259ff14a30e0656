/** The keys of imported tokens: their names where these are valid keys, else a similar name. */
import type { Desired } from '../model/desired.ts';
import type { TokenSkipReason } from '../model/import.ts';
import type { TokenAddress } from '../model/secret.ts';

const KEY = /^[A-Za-z][A-Za-z0-9_-]*$/;
/** The limit of a token's name, which leaves room for ".2". */
const MAX_KEY = 245;
const MAX_SLUG = 60;
const MAX_NUMBER = 20;

/** Whether a live name is a valid key. */
export function isKey(name: string): boolean {
  return KEY.test(name) && name.length <= MAX_KEY;
}

/** Where secret stores keep the secrets of tokens. */
export interface SecretPaths {
  /** Equal for tokens that would overwrite each other; undefined when each token has a path of its own. */
  secretPathOf(store: string, token: TokenAddress): string | undefined;
  /** The store's words for what keeps its tokens apart. */
  wordsOf(store: string): { readonly noun: string; readonly need: string };
}

/** Chooses keys so that no two secrets have the same path. */
export class TokenKeys {
  readonly #secrets: SecretPaths;
  readonly #paths = new Set<string>();

  constructor(desired: Desired, secrets: SecretPaths) {
    this.#secrets = secrets;
    for (const { username, tokens } of desired.accounts.values()) {
      for (const { key, store } of tokens.values()) this.#paths.add(this.#path(username, key, store));
    }
  }

  /** A key for a token of that name, which is then taken; undefined when the store has no path for it. */
  choose(account: string, name: string, store: string, taken: Set<string>): string | undefined {
    for (const key of candidates(name, account)) {
      const path = this.#path(account, key, store);
      if (taken.has(key) || this.#paths.has(path)) continue;
      taken.add(key);
      this.#paths.add(path);
      return key;
    }
    return undefined;
  }

  /** Why there is no key. */
  whyNone(store: string): TokenSkipReason {
    const { noun, need } = this.#secrets.wordsOf(store);
    return { kind: 'no_secret_path', store, noun, need };
  }

  #path(account: string, key: string, store: string): string {
    return this.#secrets.secretPathOf(store, { account, token: key }) ?? ['', store, account, key].join('\0');
  }
}

/** From best to worst. The account's name helps where the secret path of a store does not contain it. */
function* candidates(name: string, account: string): Generator<string> {
  if (isKey(name)) yield name;
  const slug = slugOf(name);
  yield slug;
  yield `${slug}_${account}`.slice(0, MAX_KEY);
  for (let number = 2; number <= MAX_NUMBER; number += 1) yield `${slug}_${number}`;
}

/** `BI (old)` becomes `bi_old`, `Café №2` becomes `cafe_no2`. */
function slugOf(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const slug = plain
    .replace(/[^a-z0-9_-]+/g, '_')
    .replace(/^[_-]+|[_-]+$/g, '')
    .slice(0, MAX_SLUG);
  return /^[a-z]/.test(slug) ? slug : `token${slug === '' ? '' : `_${slug}`}`;
}
