/** Words the differences between the readings of a saved plan and the present ones. */
import { createHash } from 'node:crypto';
import { defined } from '../model/defined.ts';
import type { Ducklings } from '../model/ducklings.ts';
import type { Live, LiveAccount, Presence } from '../model/live.ts';
import type { StateRun } from '../model/state-run.ts';
import { isSmokeToken } from '../model/tokens.ts';
import { few } from '../model/wording.ts';
import { ducklingChanges } from './ducklings.ts';

/** An account as it was read: the fingerprint tells whether it changed, the rest what. */
export interface SeenAccount {
  readonly username?: string;
  readonly fingerprint: string;
  /** The user's id at MotherDuck. */
  readonly id?: string;
  readonly ducklings?: Ducklings;
  /** Names by id. */
  readonly tokens?: Readonly<Record<string, string>>;
}

type Seen = Readonly<Record<string, SeenAccount>>;

/** The accounts that were read, by `accountKey`. */
export function seenAccounts({ accounts }: Pick<Live, 'accounts'>): Seen {
  return Object.fromEntries([...accounts].map(([key, account]) => [key, seen(account)]));
}

/** What a person or another program could have changed; without the tokens of a smoke test. */
function seen(account: Presence<LiveAccount>): SeenAccount {
  const { presence } = account;
  if (presence !== 'present') return { fingerprint: presence };
  const { username, ducklings, user, unreadableTokens } = account.value;
  const tokens = account.value.tokens.filter((token) => !isSmokeToken(token));
  const text = JSON.stringify({ ducklings, tokens, unreadableTokens, user });
  return {
    username,
    fingerprint: createHash('sha256').update(text).digest('hex').slice(0, 32),
    ...(user ? { id: user.id } : {}),
    ...defined({ ducklings }),
    tokens: Object.fromEntries([...tokens, ...(unreadableTokens ?? [])].map(({ id, name }) => [id, name])),
  };
}

/** `tenant_00010 (token "by-hand" appeared), bi (the account is gone) and 3 more`; undefined: nothing differs. */
export function accountDifferences(before: Seen, after: Seen): string | undefined {
  const names = differing(
    Object.entries(before).map(([key, { fingerprint }]) => [key, fingerprint]),
    Object.entries(after).map(([key, { fingerprint }]) => [key, fingerprint]),
  );
  if (names.length === 0) return undefined;
  const texts = names.map((key) => {
    const [then, now] = [before[key], after[key]];
    return `${now?.username ?? then?.username ?? key} (${few(differences(then, now))})`;
  });
  return few(texts);
}

function differences(then: SeenAccount | undefined, now: SeenAccount | undefined): readonly string[] {
  if (then === undefined || now === undefined)
    return [now ? 'the account was not part of the plan' : 'the account is no longer part of the plan'];
  if (then.tokens === undefined || now.tokens === undefined)
    return [
      `the account ${PRESENCE[now.fingerprint] ?? (then.fingerprint === 'absent' ? 'appeared' : 'can be read now')}`,
    ];
  if (then.id !== undefined && now.id !== undefined && then.id !== now.id)
    return ['it is another account of that name'];
  const [old, live] = [Object.entries(then.tokens), Object.entries(now.tokens)];
  const [oldIds, liveIds] = [new Set(old.map(([id]) => id)), new Set(live.map(([id]) => id))];
  const found = [
    ...live.flatMap(([id, name]) => (oldIds.has(id) ? [] : [`token "${name}" appeared`])),
    ...old.flatMap(([id, name]) => (liveIds.has(id) ? [] : [`token "${name}" is gone`])),
    ...(then.ducklings && now.ducklings ? ducklingChanges(now.ducklings, then.ducklings) : []),
  ];
  return found.length > 0 ? found : ['its user or a token changed'];
}

const PRESENCE: Readonly<Record<string, string>> = { absent: 'is gone', unknown: 'cannot be read now' };

/** `the configuration (accounts/etl.yaml)`. */
export function configurationDifference(
  before: Readonly<Record<string, string>>,
  after: ReadonlyMap<string, string> = new Map(),
): string {
  const files = differing(Object.entries(before), after);
  return `the configuration (${files.length > 0 ? few(files) : 'the value of an environment variable'})`;
}

/** `the state (last by rotate of ann, 2026-11-30 01:02 UTC; serial 4 then, 9 now)`. */
export function stateDifference(
  { run, serial }: { readonly run: string | null; readonly serial: number },
  now: { readonly runs: readonly StateRun[]; readonly serial: number },
): string {
  const { at, command, who } = now.runs.at(-1) ?? {};
  const last =
    at === undefined || at === run || command === undefined || who === undefined
      ? ''
      : `last by ${command} of ${who}, ${at.slice(0, 16).replace('T', ' ')} UTC; `;
  return `the state (${last}serial ${serial} then, ${now.serial} now)`;
}

/** The names whose values differ, or that only one has. */
export function differing(
  before: Iterable<readonly [string, string]>,
  after: Iterable<readonly [string, string]>,
): string[] {
  const [planned, current] = [new Map(before), new Map(after)];
  return [...new Set([...planned.keys(), ...current.keys()])].filter((name) => planned.get(name) !== current.get(name));
}
