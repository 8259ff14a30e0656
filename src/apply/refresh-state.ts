/** What apply updates in the state before any action: deletion protection, policies, resources that no longer exist. */

import { groupBy } from '../model/collections.ts';
import type { Desired } from '../model/desired.ts';
import { type AccountTokens, areTokensRead, type Live, type LiveAccount, listedTokens } from '../model/live.ts';
import type { Plan, PolicyToRecord } from '../model/plan.ts';
import { mayBeStored, type State, type StateAccount, type StateToken, type TokenIntent } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import { canHaveCreated, mayStillCreate } from '../plan/intents.ts';
import { searchManaged } from '../plan/missing-accounts.ts';
import { withoutDoneRequest } from '../plan/revoke-request.ts';

/** The readings and the plan that a state is refreshed from. */
interface RefreshInput {
  readonly desired: Desired;
  readonly live: Live;
  readonly plan: Pick<Plan, 'protection' | 'policies'>;
}

/**
 * The state with deletion protection and policies as planned, without replaced tokens that no longer exist at MotherDuck and without
 * intents that created nothing. Returns the same object when nothing changes, so that nothing is written.
 */
export function refreshState(state: State, { desired, live, plan }: RefreshInput): State {
  const protection = new Map(plan.protection.map(({ account, after }) => [accountKey(account), after]));
  const policies = groupBy(plan.policies ?? [], ({ account }) => accountKey(account));
  const accounts = new Map(state.accounts);
  for (const [key, account] of state.accounts) {
    const presence = live.accounts.get(key);
    if (presence === undefined) continue;
    const liveAccount = presence.presence === 'present' && areTokensRead(presence.value) ? presence.value : undefined;
    const desiredAccount = desired.accounts.get(key);
    const deletionProtection = protection.get(key) ?? account.deletion_protection;
    const refreshed = liveAccount
      ? refreshTokens(account, liveAccount, live.now, (token) => desiredAccount?.tokens.has(token) ?? true)
      : account.tokens;
    const tokens = withPolicies(refreshed, policies.get(key) ?? []);
    // A run that was to delete the account ended before that, and the configuration has it again: it is no longer to be deleted.
    const { intent, ...rest } = account;
    const isKept =
      intent?.action === 'delete_account' &&
      liveAccount !== undefined &&
      desiredAccount !== undefined &&
      [undefined, account.id].includes(liveAccount.user?.id);
    if (isKept || deletionProtection !== account.deletion_protection || tokens !== account.tokens) {
      accounts.set(key, { ...(isKept ? rest : account), deletion_protection: deletionProtection, tokens });
    }
  }
  const { missing, found } = searchManaged(state, live);
  // In another organization everything is created again, and its id is not known yet.
  const isElsewhere = state.organization_id !== undefined && found === 0 && missing.length > 0;
  const same = !isElsewhere && [...accounts].every(([key, account]) => state.accounts.get(key) === account);
  if (same) return state;
  const { organization_id, ...rest } = state;
  return {
    ...rest,
    ...(organization_id === undefined || isElsewhere ? {} : { organization_id }),
    accounts,
  };
}

/** The intents whose calls may have created a token that is live, or may still do so, or whose secrets a store may have. */
export function openIntents(
  token: Pick<StateToken, 'current' | 'intents'>,
  { tokens, unreadableTokens = [] }: AccountTokens,
  now: number,
): readonly TokenIntent[] {
  return token.intents.filter(
    (intent) =>
      mayStillCreate(intent, now) ||
      isInDoubt(token, intent) ||
      tokens.some((each) => canHaveCreated(intent, each, now)) ||
      unreadableTokens.some(({ name }) => name === intent.name),
  );
}

/** An interrupted run may have stored the secret of an intent's token, as long as no newer token was stored. */
function isInDoubt({ current }: Pick<StateToken, 'current'>, intent: TokenIntent): boolean {
  if (!mayBeStored(intent)) return false;
  if (current !== undefined && intent.generation > current.generation) return true;
  // Its value in the store is known by this alone.
  return intent.fingerprint !== undefined && (current === undefined || current.secret === 'unknown');
}

function refreshTokens(
  account: StateAccount,
  live: LiveAccount,
  now: number,
  isDesired: (token: string) => boolean,
): ReadonlyMap<string, StateToken> {
  const { ids } = listedTokens(live);
  const tokens = new Map<string, StateToken>();
  let changed = false;
  for (const [key, token] of account.tokens) {
    const retiring = token.retiring.filter((record) => ids.has(record.id));
    const intents = openIntents(token, live, now);
    const { current, ...rest } = token;
    const isGone = current !== undefined && !ids.has(current.id) && !isDesired(key);
    const secret = isGone && current.secret !== 'unknown' ? current.secret : undefined;
    const last = retiring.at(-1);
    // Whatever is the last to leave the state has the secret that is to be removed with it.
    if (secret !== undefined && last !== undefined) retiring.splice(-1, 1, { secret, ...last });
    const gone = isGone && (secret === undefined || last !== undefined);
    const same = retiring.length === token.retiring.length && intents.length === token.intents.length && !gone;
    changed ||= !same;
    const refreshed = same ? token : { ...rest, ...(current && !gone ? { current } : {}), retiring, intents };
    const done = withoutDoneRequest(refreshed);
    changed ||= done !== refreshed;
    tokens.set(key, done);
  }
  return changed ? tokens : account.tokens;
}

/** The tokens with these policies; the same map when nothing changes. */
function withPolicies(
  tokens: ReadonlyMap<string, StateToken>,
  policies: readonly PolicyToRecord[],
): ReadonlyMap<string, StateToken> {
  const changed = policies.flatMap(({ token: key, from = key, after }) => {
    const token = tokens.get(from);
    return token?.current === undefined ? [] : [[from, { ...token, current: { ...token.current, ...after } }] as const];
  });
  return changed.length === 0 ? tokens : new Map([...tokens, ...changed]);
}
