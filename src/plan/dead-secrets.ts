/** The secrets of revoked tokens: apply removes them from stores that can remove them. */
import type { Action } from '../model/action.ts';
import type { Desired } from '../model/desired.ts';
import { type Live, type LiveAccount, listedTokens } from '../model/live.ts';
import {
  copiesOf,
  type State,
  type StateToken,
  type StoredSecret,
  secretOfIntent,
  type TokenIntent,
  type TokenRecord,
} from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import { mayStillCreate } from './intents.ts';

/** A secret of a token, with what else may be at its secret path. */
export interface DeadRecord {
  readonly account: string;
  readonly token: string;
  /** Of the token; of one whose creation was interrupted, `interruptedId` of its name. */
  readonly id: string;
  readonly secret: StoredSecret;
  /** Of the secrets of this key that an interrupted run may have stored at its secret path. */
  readonly interrupted: readonly string[];
}

/** Why a secret stays in a store that has a `remove` command: one in use may be at its place, or goes with it. */
export type KeptSecret = 'near' | 'shared';

/** Equal for the same secret of the same token only. */
export function keyOfDead({ account, token, id, secret }: DeadRecord): string {
  return JSON.stringify([accountKey(account), token, id, secret.store, secret.secret_path]);
}

/** Stands for the id of a token whose creation was interrupted. No id has quotes. */
export function interruptedId(name: string): string {
  return JSON.stringify(name);
}

/** All secrets of a key, one for each store that has it; first those that interrupted runs may have stored, since later ones took their places. */
export function secretsOf(account: string, token: string, entry: StateToken): DeadRecord[] {
  const { current, retiring, intents } = entry;
  return [
    ...intents.flatMap((intent) => ofIntent(account, token, intent, entry)),
    ...(current === undefined ? [] : deadRecord(account, token, { ...current, secret: lastSecret(entry) }, entry)),
    ...retiring.flatMap((old) => deadRecord(account, token, old, entry)),
  ];
}

/** Of the current token; of an adopted one, that of the token before it. */
function lastSecret({ current, stored }: StateToken): TokenRecord['secret'] | undefined {
  return current?.secret === 'unknown' ? stored : current?.secret;
}

function ofIntent(account: string, token: string, intent: TokenIntent, entry: StateToken): DeadRecord[] {
  return deadRecord(account, token, { id: interruptedId(intent.name), secret: secretOfIntent(intent) }, entry);
}

function deadRecord(
  account: string,
  token: string,
  { id, secret = 'unknown' }: { readonly id: string; readonly secret?: TokenRecord['secret'] | undefined },
  { intents }: StateToken,
): DeadRecord[] {
  if (secret === 'unknown') return [];
  const interrupted = intents.flatMap(({ fingerprint }) => fingerprint ?? []);
  return copiesOf(secret).map((copy) => ({ account, token, id, secret: copy, interrupted }));
}

interface RevokedToken {
  readonly id: string;
  readonly name: string;
  readonly isDesired: boolean;
  readonly live: ReadonlySet<string>;
}

/**
 * The secret that goes with a revoked token, in each of its stores.
 *
 * @param id Of the revoked token, as `name`.
 * @param isDesired Whether the configuration has the key: then the current secret is replaced, not removed.
 * @param live Ids of live tokens.
 */
export function revokedSecret(
  account: string,
  token: string,
  entry: StateToken,
  { id, name, isDesired, live }: RevokedToken,
): readonly DeadRecord[] {
  const all = secretsOf(account, token, entry);
  const isCurrent = (record: DeadRecord) => record.id === entry.current?.id;
  const found = [
    all.filter((record) => record.id === id && !(isDesired && isCurrent(record))),
    all.filter((record) => record.id === interruptedId(name)),
    // With an older state, what left the configuration is newer than the token of the state, which is gone already.
    isDesired ? [] : all.filter((record) => isCurrent(record) && !live.has(record.id)),
  ];
  return found.find((records) => records.length > 0) ?? [];
}

/**
 * The secrets of replaced tokens that are gone, and which the next apply drops from the state, and those that interrupted runs
 * may have stored, where no live token has the name: it expired, or somebody revoked it.
 */
export function goneSecrets(state: State, live: Live): DeadRecord[] {
  return [...state.accounts].flatMap(([key, { username: account, tokens }]) => {
    const presence = live.accounts.get(key);
    if (presence?.presence !== 'present' || !isRead(presence.value)) return [];
    const { ids, names } = listedTokens(presence.value);
    const isGone = (intent: TokenIntent) => !names.has(intent.name) && !mayStillCreate(intent, live.now);
    return [...tokens].flatMap(([token, entry]) => [
      ...entry.intents.filter(isGone).flatMap((intent) => ofIntent(account, token, intent, entry)),
      ...entry.retiring.flatMap((old) => (ids.has(old.id) ? [] : deadRecord(account, token, old, entry))),
    ]);
  });
}

/** Tokens of human users and of deprovisioned accounts are not read, so their absence means nothing. */
export function isRead({ user }: LiveAccount): boolean {
  return user === undefined || (user.isServiceAccount && !user.isDeprovisioned);
}

/** The secrets that are dead when the actions are done. */
export function deadSecrets(actions: readonly Action[], state: State, live: Live, desired: Desired): DeadRecord[] {
  const renamed = new Map(
    actions.flatMap((action) =>
      action.action === 'adopt_token' && action.from !== undefined
        ? [[`${action.account}/${action.token}`, action.from] as const]
        : [],
    ),
  );
  const liveIds = idsByAccount(live);
  const dead = actions.flatMap((action) => secretsOfAction(action, state, liveIds, desired, renamed));
  const values = [...goneSecrets(state, live), ...dead].map(
    (record) => [JSON.stringify([placeOfDead(record), record.secret.fingerprint]), record] as const,
  );
  return [...new Map(values).values()];
}

/** Equal for secrets of a key that are at the same place, where each has taken the place of the one before it. */
export function placeOfDead({ account, token, secret }: DeadRecord): string {
  return JSON.stringify([accountKey(account), token, secret.store, secret.secret_path]);
}

/** The ids of an account's live tokens; gathered once, since it may have thousands of them and of actions. */
function idsByAccount({ accounts }: Live): (key: string) => ReadonlySet<string> {
  const gathered = new Map<string, ReadonlySet<string>>();
  return (key) => {
    const known = gathered.get(key);
    if (known !== undefined) return known;
    const presence = accounts.get(key);
    const { ids } = listedTokens(presence?.presence === 'present' ? presence.value : { tokens: [] });
    gathered.set(key, ids);
    return ids;
  };
}

function secretsOfAction(
  action: Action,
  { accounts }: State,
  liveIds: (key: string) => ReadonlySet<string>,
  desired: Desired,
  renamed: ReadonlyMap<string, string>,
): DeadRecord[] {
  const { account } = action;
  const key = accountKey(account);
  const tokens = accounts.get(key)?.tokens ?? new Map<string, StateToken>();
  switch (action.action) {
    case 'delete_account':
      return [...tokens].flatMap(([token, entry]) => secretsOf(account, token, entry));
    case 'forget': {
      if (action.token === undefined) return [...tokens].flatMap(([token, entry]) => secretsOf(account, token, entry));
      const entry = tokens.get(action.token);
      return entry === undefined ? [] : secretsOf(account, action.token, entry);
    }
    case 'revoke_token': {
      const entry = tokens.get(action.token ?? '');
      if (action.token === undefined || entry === undefined) return [];
      const isDesired = desired.accounts.get(key)?.tokens.has(action.token) ?? false;
      const about = { id: action.before.id, name: action.before.name, isDesired, live: liveIds(key) };
      return [...revokedSecret(account, action.token, entry, about)];
    }
    case 'create_token':
    case 'rotate_token': {
      const entry = tokens.get(renamed.get(`${account}/${action.token}`) ?? action.token);
      if (entry === undefined) return [];
      const isWithout = action.action === 'rotate_token' && action.after.overlap === 0;
      const isAtOnce = isWithout || (action.action === 'create_token' && action.before === null);
      const orphans = new Set((action.after.orphans ?? []).map(({ name }) => interruptedId(name)));
      const interrupted = secretsOf(account, action.token, entry).filter(({ id }) => isWithout && orphans.has(id));
      if (entry.current === undefined || action.after.secret_moves === undefined || !isAtOnce) return interrupted;
      return [...interrupted, ...deadRecord(account, action.token, entry.current, entry)];
    }
    default:
      return [];
  }
}
