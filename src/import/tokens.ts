/** The tokens of one account as YAML: each with a key, its policy, and the settings that differ from the policy. */

import type { Desired } from '../model/desired.ts';
import type { ImportNotice, Skipped, TokenSkipReason } from '../model/import.ts';
import type { LiveToken } from '../model/live.ts';
import { shareOfJitter } from '../model/rotation-due.ts';
import type { TokenAddress } from '../model/secret.ts';
import type { State } from '../model/state.ts';
import { formatDuration, isoTime } from '../model/time.ts';
import { type ChosenToken, chooseTokens, managedSeries } from '../model/token-choice.ts';
import { isTokenKey } from '../model/tokens.ts';
import { accountKey } from '../model/username.ts';
import { type AdoptionCandidate, isSelected } from './adoption-candidates.ts';
import {
  countsByDay,
  jitterFor,
  type Lifetime,
  MANY_ON_ONE_DAY,
  type Policies,
  type Policy,
  postponedRotation,
} from './policies.ts';
import { definedEntries, scalar, type YamlEntry } from './yaml-writer.ts';

/** A token that is imported. */
interface ImportedToken {
  readonly key: string;
  readonly token: LiveToken;
  readonly policy: Policy;
  readonly lifetime: Lifetime;
  /** It would be due now, so it is rotated later than its policy says. */
  readonly isPostponed: boolean;
}

/** The tokens of one account, imported and skipped. */
export interface ImportedTokens {
  /** In the order of their keys. */
  readonly entries: readonly YamlEntry[];
  readonly imported: readonly ImportedToken[];
  readonly skipped: readonly Skipped[];
}

/** What the tokens of all accounts share. `now` in milliseconds since 1970. */
interface ImportTools {
  readonly policies: Policies;
  readonly keys: TokenKeys;
  readonly state: State;
  readonly now: number;
}

/** Writes the selected tokens of an account. */
export function writeTokens(candidate: AdoptionCandidate, tools: ImportTools): ImportedTokens {
  const { username: account, configured } = candidate;
  const state = tools.state.accounts.get(accountKey(account));
  const { chosen, skipped } = chooseTokens({
    tokens: candidate.tokens,
    isSelected: (token) => isSelected(candidate, token),
    managed: managedSeries(configured, state),
    now: tools.now,
  });
  const keys = new Set([...(configured?.tokens.keys() ?? []), ...(state?.tokens.keys() ?? [])]);
  const ambiguous = skipped.map(({ token, reason }) => skip(account, token, reason));
  // Names that are valid keys get theirs before names that are turned into the same key.
  const ordered = [...chosen].sort(
    (a, b) => Number(isKey(b.name)) - Number(isKey(a.name)) || (a.name < b.name ? -1 : 1),
  );
  const written = ordered.map((each) => writeToken(account, each, keys, tools));
  return {
    entries: written.flatMap(({ entry }) => (entry ? [entry] : [])).sort((a, b) => (a.key < b.key ? -1 : 1)),
    imported: written.flatMap(({ entry, token, policy, lifetime, isPostponed }) =>
      entry ? [{ key: entry.key, token, policy, lifetime, isPostponed }] : [],
    ),
    skipped: [
      ...ambiguous,
      ...written.flatMap(({ entry, token, name, policy }) =>
        entry ? [] : [skip(account, token, tools.keys.whyNone(account, name, policy.stores))],
      ),
    ],
  };
}

interface WrittenToken {
  readonly token: LiveToken;
  readonly policy: Policy;
  readonly lifetime: Lifetime;
  readonly isPostponed: boolean;
  /** Without the number of its generation. */
  readonly name: string;
  /** Absent: a store has no secret path for it. */
  readonly entry?: YamlEntry;
}

function writeToken(
  account: string,
  { token, name }: ChosenToken,
  keys: Set<string>,
  tools: ImportTools,
): WrittenToken {
  const { lifetime, ...policy } = tools.policies.of(token);
  const key = tools.keys.choose(account, name, policy.stores, keys);
  const { rotateBefore, jitter = 0 } = policy;
  const margins = { rotateBefore, earlier: shareOfJitter(jitter, account, name) };
  const later = postponedRotation(token, margins, tools.now);
  const about = { token, name, policy, lifetime, isPostponed: later !== undefined };
  return key === undefined ? about : { ...about, entry: entryOf(key, name, token, policy, later) };
}

function entryOf(key: string, name: string, token: LiveToken, policy: Policy, later: number | undefined): YamlEntry {
  const hasOwnDescription = token.description !== undefined && token.description !== policy.description;
  const differs = definedEntries({
    name: name === key ? undefined : scalar(name),
    rotate_before: later === undefined ? undefined : formatDuration(later),
    jitter: later === undefined || policy.jitter === undefined ? undefined : '0s',
    overlap: later === undefined || policy.overlap <= later ? undefined : formatDuration(later),
    description: hasOwnDescription ? scalar(token.description) : undefined,
  });
  if (differs.length === 0) return { key, value: scalar(policy.name) };
  const value = { layout: 'line' as const, entries: [...definedEntries({ policy: scalar(policy.name) }), ...differs] };
  if (later === undefined || token.expiresAt === null) return { key, value };
  const ends = isoTime(token.expiresAt).slice(0, 16).replace('T', ' ');
  return { key, value, comment: `expires ${ends}; remove these settings once it is replaced` };
}

function skip(account: string, { name, id }: LiveToken, reason: TokenSkipReason): Skipped {
  return { account, token: { name, id }, reason };
}

/** An imported token as a user names it: `account/key`. */
export interface AddressedToken extends ImportedToken {
  readonly address: string;
}

/** Which imported tokens end or are rotated otherwise than a user may expect: one notice per kind. */
export function lifetimeNotices(tokens: readonly AddressedToken[]): ImportNotice[] {
  const namesOf = (is: (token: AddressedToken) => boolean) => tokens.filter(is).map(({ address }) => address);
  return [
    { kind: 'never_expires' as const, names: namesOf(({ lifetime }) => lifetime.shortened === 'never') },
    { kind: 'long_lived' as const, names: namesOf(({ lifetime }) => lifetime.shortened === 'long') },
    { kind: 'rotation_postponed' as const, names: namesOf(({ isPostponed }) => isPostponed) },
  ].filter(({ names }) => names.length > 0);
}

/** Names policies of the configuration without a jitter of which, with the imported tokens, many tokens expire on one day. */
export function sameDayNotices(tokens: readonly AddressedToken[], desired: Desired, state: State): ImportNotice[] {
  const joining = tokens.filter(({ policy, token }) => policy.jitter === undefined && token.expiresAt !== null);
  const names = [...new Set(joining.map(({ policy }) => policy.name))];
  return names.flatMap((policy): ImportNotice[] => {
    const all = joining.filter((token) => token.policy.name === policy);
    const countOn = countsByDay([
      ...all.flatMap(({ token }) => token.expiresAt ?? []),
      ...expiriesOf(policy, desired, state),
    ]);
    const many = all.filter(({ token }) => countOn(token.expiresAt ?? 0) >= MANY_ON_ONE_DAY);
    const [first] = many;
    if (first === undefined) return [];
    const [jitter, count] = [jitterFor(first.policy.rotateBefore), countOn(first.token.expiresAt ?? 0)];
    return [{ kind: 'same_day', policy, jitter, count, names: many.map(({ address }) => address) }];
  });
}

/** When the tokens expire that have a policy already. */
function expiriesOf(policy: string, { accounts }: Desired, state: State): number[] {
  return [...accounts].flatMap(([key, { tokens }]) =>
    [...tokens.values()].flatMap((token) => {
      const expiresAt = state.accounts.get(key)?.tokens.get(token.key)?.current?.expires_at;
      return token.policy !== policy || expiresAt === undefined || expiresAt === null ? [] : [Date.parse(expiresAt)];
    }),
  );
}

/** The limit of a token's name, which leaves room for ".2". */
const MAX_KEY = 245;
const MAX_SLUG = 60;
const MAX_NUMBER = 20;

/** Whether a live name is a valid key. */
function isKey(name: string): boolean {
  return isTokenKey(name) && name.length <= MAX_KEY;
}

/** Where secret stores keep the secrets of tokens. */
export interface NewSecretPaths {
  /** Equal for tokens that would overwrite each other; undefined when each token has a path of its own. */
  secretPathOf(store: string, token: TokenAddress): string | undefined;
  /** What its removal runs; equal for tokens that would lose their secrets together. */
  removalOf(store: string, token: TokenAddress): string | undefined;
  /** The store's words for what keeps its tokens apart. */
  wordsOf(store: string): { readonly noun: string; readonly need: string };
}

/** Chooses keys so that no two secrets have the same path. */
export class TokenKeys {
  readonly #secrets: NewSecretPaths;
  readonly #paths = new Set<string>();

  constructor(desired: Desired, secrets: NewSecretPaths) {
    this.#secrets = secrets;
    for (const { username, tokens } of desired.accounts.values()) {
      for (const { key, stores } of tokens.values())
        for (const path of this.#pathsOf(username, key, stores)) this.#paths.add(path);
    }
  }

  /** A key for a token of that name, which is then taken; undefined when a store has no path for it. */
  choose(account: string, name: string, stores: readonly string[], taken: Set<string>): string | undefined {
    for (const key of candidates(name, account)) {
      const paths = this.#pathsOf(account, key, stores);
      if (taken.has(key) || paths.some((path) => this.#paths.has(path))) continue;
      taken.add(key);
      for (const path of paths) this.#paths.add(path);
      return key;
    }
    return undefined;
  }

  /** Why there is no key: a store that tells no key from those that others have. */
  whyNone(account: string, name: string, stores: readonly string[]): TokenSkipReason {
    const keys = [...candidates(name, account)];
    const isTaken = (store: string) => (key: string) =>
      this.#pathsOf(account, key, [store]).some((path) => this.#paths.has(path));
    const store = stores.find((each) => keys.every(isTaken(each))) ?? stores[0] ?? '';
    const { noun, need } = this.#secrets.wordsOf(store);
    return { kind: 'no_secret_path', store, noun, need };
  }

  #pathsOf(account: string, token: string, stores: readonly string[]): string[] {
    return stores.flatMap((store) => [
      this.#secrets.secretPathOf(store, { account, token }) ?? ['', store, account, token].join('\0'),
      ...[this.#secrets.removalOf(store, { account, token })].flatMap((words) => words ?? []),
    ]);
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
