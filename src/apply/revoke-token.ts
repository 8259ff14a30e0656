/** Revoking a token, and what actions on tokens need. */
import type { RevokeToken } from '../model/action.ts';
import { isSuspended } from '../model/desired.ts';
import { type AccountTokens, listedTokens } from '../model/live.ts';
import type { SecretRecord } from '../model/secret-record.ts';
import {
  copiesOf,
  type State,
  type StateToken,
  type StoredSecret,
  secretOfIntent,
  suspendedToken,
  type TokenIntent,
} from '../model/state.ts';
import { generationOf, seriesOf } from '../model/tokens.ts';
import { isStateError, UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { ApiError } from '../motherduck/transport-errors.ts';
import { revokedSecret } from '../plan/obsolete-secrets.ts';
import { withoutDoneRequest } from '../plan/revoke-request.ts';
import { expectedSecret } from '../secrets/recorded-secrets.ts';
import type { ApplyInput } from './apply-input.ts';
import { withoutFingerprint } from './removal-records.ts';
import type { SecretRemover } from './remove-secrets.ts';
import { tokenOf, updateToken } from './state-writer.ts';

/** The tools of actions on tokens. */
export interface TokenTools extends Pick<ApplyInput, 'api' | 'desired' | 'live' | 'stores' | 'stateWriter'> {
  readonly remover: SecretRemover;
  /** The ids of all tokens of the state, and of those that this run creates. */
  readonly tokenIds: Set<string>;
  /** The state by which the stores were checked. */
  readonly before: State;
  /** Waits for what other accounts' work need not wait for. */
  outsideSlot<T>(wait: () => Promise<T>): Promise<T>;
}

/** The live tokens of an account, as the plan was made from them. */
export function liveTokens(username: string, { live }: TokenTools): AccountTokens {
  const account = live.accounts.get(accountKey(username));
  return account?.presence === 'present' ? account.value : { tokens: [] };
}

/**
 * Revokes a token; it may be revoked already.
 *
 * @param isDesired Whether the configuration has the token's key.
 * @returns Why its secret could not be removed. The state then keeps it, and the next run removes the secret.
 * @throws ApiError; UserError STATE_UNWRITABLE; PLAN_STALE, STORE_UNUSABLE: programs may use it again
 */
export async function revokeToken(action: RevokeToken, isDesired: boolean, tools: TokenTools): Promise<UserError[]> {
  await refuseHeld(action, tools);
  await deleteToken(action.account, action.before.id, tools);
  const { account, token } = action;
  const entry = tokenOf(tools.stateWriter, account, token);
  const { ids: live } = listedTokens(liveTokens(action.account, tools));
  // With an older state, what left the configuration is newer than the token of the state, which is gone already.
  const isGone = !isDesired && !live.has(entry.current?.id ?? '');
  const about = { id: action.before.id, name: action.before.name, isDesired, live };
  const obsolete = revokedSecret(account, token, entry, about);
  const removed: SecretRecord[] = [];
  try {
    for (const record of obsolete) if (await tools.remover.remove(record)) removed.push(record);
  } catch (error) {
    if (!(error instanceof UserError) || isStateError(error)) throw error;
    return [error];
  }
  const isKept = isSuspended(tools.desired, account, token);
  const { name } = action.before;
  await updateToken(tools.stateWriter, account, token, (entry) => {
    const { current, ...rest } = entry;
    const kept: StateToken = {
      ...rest,
      // The account may get new tokens later, and another state may have made this one.
      ...(isKept ? { generation: Math.max(entry.generation, generationOf(seriesOf(name), name) ?? 0) } : {}),
      ...(current && current.id !== action.before.id && !isGone ? { current } : {}),
      retiring: entry.retiring.filter((old) => old.id !== action.before.id),
      // What an interrupted run stored over another secret is removed with that one, and known by its intent alone.
      intents: entry.intents
        .filter(({ name, fingerprint }) => name !== action.before.name || (!isDesired && fingerprint !== undefined))
        .map((intent) => (isAt(removed, intent) ? withoutFingerprint(intent) : intent)),
    };
    if (isDesired || kept.current !== undefined || kept.retiring.length > 0) {
      return withoutDoneRequest(isKept && kept.current === undefined ? { ...kept, suspended: true } : kept);
    }
    return isKept ? suspendedToken(kept) : undefined;
  });
  return [];
}

/** Whether everything that an interrupted creation may have stored was removed. */
function isAt(removed: readonly SecretRecord[], intent: TokenIntent): boolean {
  const secret = secretOfIntent(intent);
  const isRemoved = ({ store, secret_path: path }: StoredSecret) =>
    removed.some(({ secret }) => secret.store === store && secret.secret_path === path);
  return secret !== undefined && copiesOf(secret).every(isRemoved);
}

/** The store may have another secret than when the plan was made: that of a replaced token, from a backup. */
async function refuseHeld({ account, token, before, reason }: RevokeToken, tools: TokenTools): Promise<void> {
  if (reason.kind !== 'overlap_ended') return;
  const { current, retiring, stored } = tokenOf(tools.stateWriter, account, token);
  const old = retiring.find(({ id }) => id === before.id);
  const last = current?.secret === 'unknown' ? stored : current?.secret;
  const fingerprint = old?.fingerprint ?? old?.secret?.fingerprint;
  if (last === undefined || fingerprint === undefined) return;
  for (const store of copiesOf(last).flatMap((copy) => tools.stores.get(copy.store) ?? [])) {
    const expected = expectedSecret(tools.stateWriter.state, store, { account, token });
    if (store.inspect === undefined || expected === undefined) continue;
    const { held = [] } = await store.inspect({ stored: [expected], first: [], doubted: [] });
    if (held.includes(fingerprint)) throw heldAgain(store.name, before.name);
  }
}

function heldAgain(store: string, name: string): UserError {
  const message = `the secret store ${store} has the secret of "${name}" again since the plan was made, so it was not revoked`;
  return new UserError('PLAN_STALE', message, { text: 'See what is planned now.', command: ['plan'] });
}

/** Revokes a token; one that is gone is no failure. @throws ApiError; UserError STATE_LOST */
export async function deleteToken(
  username: string,
  id: string,
  { api, stateWriter }: Pick<TokenTools, 'api' | 'stateWriter'>,
): Promise<void> {
  await stateWriter.confirm();
  try {
    await api.deleteToken(username, id);
  } catch (error) {
    if (!(error instanceof ApiError && error.failure === 'absent')) throw error;
  }
}
