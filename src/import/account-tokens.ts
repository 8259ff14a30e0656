/** The tokens of one account as they are written: each under a key, a policy, and what must differ from that. */
import { formatDuration } from '../model/duration.ts';
import type { Skipped } from '../model/import.ts';
import { isoTime } from '../model/instant.ts';
import type { LiveToken } from '../model/live.ts';
import type { State } from '../model/state.ts';
import { type ChosenToken, chooseTokens, takenSeries } from '../model/token-choice.ts';
import { accountKey } from '../model/username.ts';
import { type Candidate, isAsked } from './candidates.ts';
import { type Life, postponed } from './lives.ts';
import type { Policies, Policy } from './policies.ts';
import { isKey, type TokenKeys } from './token-keys.ts';
import { entriesOf, scalar, type WrittenEntry } from './written.ts';

export interface TakenToken {
  readonly key: string;
  readonly token: LiveToken;
  readonly life: Life;
  /** It would be due now, so this one is replaced later than its policy says. */
  readonly isPostponed: boolean;
}

export interface AccountTokens {
  /** In the order of their keys. */
  readonly entries: readonly WrittenEntry[];
  readonly taken: readonly TakenToken[];
  readonly skipped: readonly Skipped[];
}

export interface TokenTools {
  readonly policies: Policies;
  readonly keys: TokenKeys;
  readonly state: State;
  readonly now: number;
}

export function writeTokens(candidate: Candidate, tools: TokenTools): AccountTokens {
  const { username: account, configured } = candidate;
  const held = tools.state.accounts.get(accountKey(account));
  const { chosen, skipped } = chooseTokens({
    account,
    tokens: candidate.tokens,
    isAsked: (token) => isAsked(candidate, token),
    taken: takenSeries(configured, held),
    now: tools.now,
  });
  const keys = new Set([...(configured?.tokens.keys() ?? []), ...(held?.tokens.keys() ?? [])]);
  const without = skipped.map(({ token, ...reason }) => leave(account, token, reason));
  // Names that are keys get theirs before others that only come to the same.
  const ordered = [...chosen].sort(
    (a, b) => Number(isKey(b.name)) - Number(isKey(a.name)) || (a.name < b.name ? -1 : 1),
  );
  const written = ordered.map((each) => writeToken(account, each, keys, tools));
  return {
    entries: written.flatMap(({ entry }) => (entry ? [entry] : [])).sort((a, b) => (a.key < b.key ? -1 : 1)),
    taken: written.flatMap(({ entry, token, life, isPostponed }) =>
      entry ? [{ key: entry.key, token, life, isPostponed }] : [],
    ),
    skipped: [
      ...without,
      ...written.flatMap(({ entry, token, store }) =>
        entry ? [] : [leave(account, token, tools.keys.whyNone(store))],
      ),
    ],
  };
}

interface WrittenToken {
  readonly token: LiveToken;
  readonly life: Life;
  readonly isPostponed: boolean;
  readonly store: string;
  /** Absent: the store has no place for it. */
  readonly entry?: WrittenEntry;
}

function writeToken(account: string, { token, name }: ChosenToken, keys: Set<string>, tools: TokenTools): WrittenToken {
  const { life, ...policy } = tools.policies.of(token);
  const key = tools.keys.choose(account, name, policy.store, keys);
  const later = postponed(token, policy.rotateBefore, tools.now);
  const about = { token, life, isPostponed: later !== undefined, store: policy.store };
  return key === undefined ? about : { ...about, entry: entryOf(key, name, token, policy, later) };
}

function entryOf(key: string, name: string, token: LiveToken, policy: Policy, later: number | undefined): WrittenEntry {
  const isCalledOtherwise = token.description !== undefined && token.description !== policy.description;
  const differs = entriesOf({
    name: name === key ? undefined : scalar(name),
    rotate_before: later === undefined ? undefined : formatDuration(later),
    overlap: later === undefined || policy.overlap <= later ? undefined : formatDuration(later),
    description: isCalledOtherwise ? scalar(token.description) : undefined,
  });
  if (differs.length === 0) return { key, value: scalar(policy.name) };
  const value = { layout: 'line' as const, entries: [...entriesOf({ policy: scalar(policy.name) }), ...differs] };
  if (later === undefined || token.expiresAt === null) return { key, value };
  const ends = isoTime(token.expiresAt).slice(0, 16).replace('T', ' ');
  return { key, value, comment: `this one ends ${ends}; once it is replaced, leave it to the policy` };
}

function leave(account: string, { name, id }: LiveToken, reason: Pick<Skipped, 'reason' | 'hint'>): Skipped {
  return { account, token: { name, id }, ...reason };
}
