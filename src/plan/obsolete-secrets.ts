/** Which secrets are obsolete, since their tokens are gone or revoked. Apply removes them from stores that can remove them. */
import type { Action } from '../model/action.ts';
import type { Desired } from '../model/desired.ts';
import { entryName } from '../model/entry-name.ts';
import { areTokensRead, type Live, listedTokens } from '../model/live.ts';
import {
  intentRecords,
  interruptedId,
  recordPathKey,
  type SecretRecord,
  secretRecords,
  tokenRecords,
} from '../model/secret-record.ts';
import type { State, StateToken, TokenIntent } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import { mayStillCreate } from './intents.ts';

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
): readonly SecretRecord[] {
  const all = secretRecords(account, token, entry);
  const isCurrent = (record: SecretRecord) => record.id === entry.current?.id;
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
export function goneSecrets(state: State, live: Live): SecretRecord[] {
  return [...state.accounts].flatMap(([key, { username: account, tokens }]) => {
    const presence = live.accounts.get(key);
    if (presence?.presence !== 'present' || !areTokensRead(presence.value)) return [];
    const { ids, names } = listedTokens(presence.value);
    const isGone = (intent: TokenIntent) => !names.has(intent.name) && !mayStillCreate(intent, live.now);
    return [...tokens].flatMap(([token, entry]) => [
      ...entry.intents.filter(isGone).flatMap((intent) => intentRecords(account, token, intent, entry)),
      ...entry.retiring.flatMap((old) => (ids.has(old.id) ? [] : tokenRecords(account, token, old, entry))),
    ]);
  });
}

/** The secrets that are obsolete when the actions are done. */
export function obsoleteSecrets(
  actions: readonly Action[],
  state: State,
  live: Live,
  desired: Desired,
): SecretRecord[] {
  const renamed = new Map(
    actions.flatMap((action) =>
      action.action === 'adopt_token' && action.from !== undefined ? [[entryName(action), action.from] as const] : [],
    ),
  );
  const liveIds = idsByAccount(live);
  const obsolete = actions.flatMap((action) => secretsOfAction(action, state, liveIds, desired, renamed));
  const values = [...goneSecrets(state, live), ...obsolete].map(
    (record) => [JSON.stringify([recordPathKey(record), record.secret.fingerprint]), record] as const,
  );
  return [...new Map(values).values()];
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
): SecretRecord[] {
  const { account } = action;
  const key = accountKey(account);
  const tokens = accounts.get(key)?.tokens ?? new Map<string, StateToken>();
  switch (action.action) {
    case 'delete_account':
      return [...tokens].flatMap(([token, entry]) => secretRecords(account, token, entry));
    case 'forget': {
      if (action.token === undefined)
        return [...tokens].flatMap(([token, entry]) => secretRecords(account, token, entry));
      const entry = tokens.get(action.token);
      return entry === undefined ? [] : secretRecords(account, action.token, entry);
    }
    case 'revoke_token': {
      const entry = tokens.get(action.token);
      if (entry === undefined) return [];
      const isDesired = desired.accounts.get(key)?.tokens.has(action.token) ?? false;
      const about = { id: action.before.id, name: action.before.name, isDesired, live: liveIds(key) };
      return [...revokedSecret(account, action.token, entry, about)];
    }
    case 'create_token':
    case 'rotate_token': {
      const entry = tokens.get(renamed.get(entryName({ account, token: action.token })) ?? action.token);
      if (entry === undefined) return [];
      const isWithout = action.action === 'rotate_token' && action.after.overlap === 0;
      const isAtOnce = isWithout || (action.action === 'create_token' && action.before === null);
      const orphans = new Set((action.after.orphans ?? []).map(({ name }) => interruptedId(name)));
      const interrupted = secretRecords(account, action.token, entry).filter(({ id }) => isWithout && orphans.has(id));
      if (entry.current === undefined || action.after.secret_moves === undefined || !isAtOnce) return interrupted;
      return [...interrupted, ...tokenRecords(account, action.token, entry.current, entry)];
    }
    default:
      return [];
  }
}
