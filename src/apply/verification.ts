/** What follows a smoke test: which tokens it verified, the overlaps that begin or end with that, and the revocations that wait for it. */
import type { Action, RevokeToken } from '../model/action.ts';
import type { DesiredAccount, DesiredToken } from '../model/desired.ts';
import { entryName } from '../model/entry-name.ts';
import { secretRecords } from '../model/secret-record.ts';
import type { AccountSmoke } from '../model/smoke.ts';
import type { RetiringToken, StateToken } from '../model/state.ts';
import { isoTime } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { canHaveReplaced, isNamedAfter } from '../plan/token-series.ts';
import { deleteToken, liveTokens, type TokenTools } from './revoke-token.ts';
import { type StateWriter, tokenOf, updateAccount, updateToken } from './state-writer.ts';

/**
 * Records the result of a smoke test in one write: its outcome, the tokens that it verified, and the overlaps that begin
 * with their verification. Without a smoke test, overlaps begin when the new secret is stored. A replaced token without
 * an overlap is revoked at once.
 *
 * @param smoke undefined: the account was not tested.
 * @param tested The keys of the tokens created in this run, each of which was tested by itself.
 * @param isStopping The run was interrupted: nothing is revoked, which the next apply does.
 * @throws ApiError; UserError STATE_UNWRITABLE
 */
export async function recordVerification(
  desired: DesiredAccount,
  smoke: AccountSmoke | undefined,
  tested: ReadonlySet<string>,
  tools: TokenTools,
  isStopping: boolean,
): Promise<void> {
  const now = tools.api.now();
  const verified = [...desired.tokens.values()].filter(
    ({ key }) => smoke === undefined || smoke.verified.includes(key),
  );
  await updateAccount(tools.stateWriter, desired.username, (account) => {
    if (account === undefined) return undefined;
    const tokens = new Map(account.tokens);
    for (const token of verified) {
      const entry = tokens.get(token.key);
      if (entry) tokens.set(token.key, withVerification(entry, now, token.overlap, smoke !== undefined));
    }
    for (const key of smoke === undefined || smoke.outcome === 'interrupted' ? [] : tested) {
      const entry = tokens.get(key);
      const isFailed = entry?.current !== undefined && !smoke?.verified.includes(key);
      if (isFailed) tokens.set(key, { ...entry, current: { ...entry.current, failed_at: isoTime(now) } });
    }
    const isSame = [...tokens].every(([key, entry]) => account.tokens.get(key) === entry);
    if (smoke === undefined || smoke.outcome === 'interrupted') return isSame ? account : { ...account, tokens };
    return { ...account, tokens, smoke: { at: isoTime(now), passed: smoke.outcome === 'passed' } };
  });
  if (isStopping) return;
  for (const token of verified) if (token.overlap === 0) await endOverlap(desired.username, token, now, tools);
}

/** @param now Milliseconds since 1970. @param overlap Seconds. @param hasConnected False if it was only stored. */
function withVerification(entry: StateToken, now: number, overlap: number, hasConnected: boolean): StateToken {
  const { current, ...rest } = entry;
  // Nothing is known of an adopted token's secret, so the store may still have that of the token it replaced.
  if (current?.secret === 'unknown') return entry;
  const isFirst = hasConnected && current !== undefined && current.verified_at === undefined;
  if (!isFirst && !entry.retiring.some(isKeptUnverified)) return entry;
  // A Date header has whole seconds: a run in the same second must not be before this time.
  const retireAt = isoTime(Math.floor(now / 1000) * 1000 + overlap * 1000);
  return {
    ...rest,
    ...(current ? { current: isFirst ? { ...current, verified_at: isoTime(now) } : current } : {}),
    retiring: entry.retiring.map((old) => (isKeptUnverified(old) ? { ...old, retire_at: retireAt } : old)),
  };
}

/** Whether a replaced token is kept until its replacement has connected. */
function isKeptUnverified(old: RetiringToken): boolean {
  return old.retire_at === undefined;
}

/** Revokes what the plan shows as replaced. As in the plan, the state alone is no reason to revoke a token of another name. */
async function endOverlap(
  username: string,
  { key, name }: DesiredToken,
  now: number,
  tools: TokenTools,
): Promise<void> {
  const { tokens: live, unreadableTokens = [] } = liveTokens(username, tools);
  const { current, retiring } = tokenOf(tools.stateWriter, username, key);
  if (current === undefined) return;
  // What had ended before is in the plan, unless the store has the secret.
  const before = tools.before.accounts.get(accountKey(username))?.tokens.get(key)?.retiring ?? [];
  const ended = before.filter(({ retire_at: at = '' }) => Date.parse(at) <= tools.live.now);
  const planned = new Map(ended.map(({ id, retire_at }) => [id, retire_at]));
  const successor = { name: current.name, createdAt: Date.parse(current.created_at) };
  for (const old of retiring) {
    // One that was replaced before may have an overlap that has not ended.
    if (old.retire_at === undefined) continue;
    if (Date.parse(old.retire_at) > now || planned.get(old.id) === old.retire_at) continue;
    if (unreadableTokens.some(({ id }) => id === old.id)) continue;
    const found = live.find(({ id }) => id === old.id);
    if (!isNamedAfter([key, name], (found ?? old).name)) continue;
    if (found !== undefined && !canHaveReplaced([key, name], successor, found)) continue;
    await deleteToken(username, old.id, tools);
    const record = secretRecords(username, key, tokenOf(tools.stateWriter, username, key)).find(
      ({ id }) => id === old.id,
    );
    if (record !== undefined) await tools.remover.remove(record);
    await updateToken(tools.stateWriter, username, key, (entry) => ({
      ...entry,
      retiring: entry.retiring.filter((each) => each.id !== old.id),
    }));
  }
}

/**
 * Why a revocation is skipped: a token that programs may use is revoked only when its replacement, created in this run, has connected.
 *
 * @param unverified The keys of the account's tokens that were created in this run and did not connect.
 */
export function awaitsVerification(
  action: Action,
  unverified: ReadonlySet<string>,
  stateWriter: StateWriter,
): UserError | undefined {
  if (action.action !== 'revoke_token') return undefined;
  if (action.reason.kind === 'requested') return awaitsAnyVerification(action, stateWriter);
  if (action.reason.kind !== 'overlap_ended' || !unverified.has(action.token)) return undefined;
  const message = `its replacement did not connect, so "${action.before.name}" is kept`;
  return new UserError('SMOKE_FAILED', message, {
    text: 'Fix what the smoke test reports, then apply again.',
    command: ['apply'],
  });
}

/** A token that was to be revoked at once is kept as well while nothing shows that its replacement connects. */
function awaitsAnyVerification(
  { account, token, before, reason }: RevokeToken,
  stateWriter: StateWriter,
): UserError | undefined {
  const { current } = tokenOf(stateWriter, account, token);
  if (('force' in reason && reason.force) || current?.verified_at !== undefined) return undefined;
  const message = `its replacement "${current?.name}" was not verified, so "${before.name}" is kept`;
  return new UserError('SMOKE_FAILED', message, {
    text: 'To revoke it all the same, add --force. Otherwise fix what the smoke test reports, then rotate again.',
    command: ['rotate', entryName({ account, token }), '--revoke-old'],
  });
}

/** A scheduled rotation may have a longer overlap than its policy, and the state records the longer one. */
export function withPlannedOverlaps(desired: DesiredAccount, actions: readonly Action[]): DesiredAccount {
  const longer = actions.flatMap((action) => {
    const token = action.action === 'rotate_token' ? desired.tokens.get(action.token) : undefined;
    if (token === undefined || action.action !== 'rotate_token' || action.after.overlap <= token.overlap) return [];
    return [[token.key, { ...token, overlap: action.after.overlap }] as const];
  });
  return longer.length === 0 ? desired : { ...desired, tokens: new Map([...desired.tokens, ...longer]) };
}
