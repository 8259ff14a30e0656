/** Tokens that are revoked without an overlap, as `rotate --revoke-old` requests for a leaked one. */
import { type Action, isStoring, type RevokeToken } from '../model/action.ts';
import { isExpired, type Live, listedTokens } from '../model/live.ts';
import { isRecordExpired, type RevokesOld, shownToken } from '../model/planned-token.ts';
import type { RevokeRequest, State, StateToken } from '../model/state.ts';
import { generationOf, seriesOf } from '../model/tokens.ts';
import { accountKey } from '../model/username.ts';
import type { PlannedAccount } from './account-plan.ts';
import type { SeriesContext } from './token-series.ts';

/** What the earlier tokens of a series wait for: by the present command, or by an earlier one that was not completed. */
export function revokesOld(
  asked: RevokesOld | undefined,
  state: Pick<StateToken, 'revoke_old'> | undefined,
): RevokesOld | undefined {
  const pending = state?.revoke_old;
  return asked ?? (pending && (pending.force ? 'stored' : 'verified'));
}

/** Whether the request is of this token, so that it is to be replaced first. */
export function isRequested({ revoke_old: request }: Pick<StateToken, 'revoke_old'>, generation: number): boolean {
  return request !== undefined && generation <= request.generation;
}

/** Whether a replaced token is to be revoked at once by a request that still waits for the token that replaced it to connect. */
export function awaitsRequest(token: StateToken, name: string): boolean {
  return pendingRequest(token) === undefined && isRequested(token, generationIn(name));
}

/** The state without a request that has nothing left to revoke. */
export function withoutDoneRequest(token: StateToken): StateToken {
  const { revoke_old: request, current, retiring } = token;
  if (request === undefined || current === undefined || isRequested(token, current.generation)) return token;
  if (retiring.some(({ name }) => isRequested(token, generationIn(name)))) return token;
  const { revoke_old: _done, ...rest } = token;
  return rest;
}

/**
 * The revocations of a series that do not wait for an overlap: of everything older than a new token that `revokes_old`, or
 * what is left of an earlier request.
 *
 * @param planned What is done to the token before.
 */
export function requestedRevocations(
  planned: readonly Action[],
  state: StateToken | undefined,
  { series, account, token, now }: SeriesContext,
): RevokeToken[] {
  const made = planned.find(isStoring);
  const about = { action: 'revoke_token', account, token, risk: 'disruptive', after: null } as const;
  if (made !== undefined) {
    if (made.after.revokes_old === undefined) return [];
    const old = [
      ...planned.flatMap(({ before }) => (before !== null && 'id' in before ? [before] : [])),
      ...[...series.retiring.map(({ live }) => live), ...series.storedOrphans].map(shownToken),
    ].filter((each) => !isRecordExpired(each, now));
    const force = made.after.revokes_old === 'stored' ? { force: true as const } : {};
    const byId = new Map(old.map((each) => [each.id, each]));
    return [...byId.values()].map((before) => ({ ...about, reason: { kind: 'requested', ...force }, before }));
  }
  const request = state && pendingRequest(state);
  if (request === undefined) return [];
  const force = request.force ? { force: true as const } : {};
  return series.retiring
    .filter(
      ({ live, isReplaced }) => isReplaced && !isExpired(live, now) && generationIn(live.name) <= request.generation,
    )
    .map(({ live }) => ({
      ...about,
      reason: { kind: 'requested', at: request.at, ...force },
      before: shownToken(live),
    }));
}

/** The request of an earlier run, where the token that replaced the others is what it waits for. */
function pendingRequest({ current, revoke_old: request }: StateToken): RevokeRequest | undefined {
  if (current === undefined || request === undefined || current.generation <= request.generation) return undefined;
  return current.verified_at !== undefined || request.force ? request : undefined;
}

function generationIn(name: string): number {
  return generationOf(seriesOf(name), name) ?? 0;
}

interface RequestReadings {
  readonly live: Live;
  readonly state: State;
  /** Whether the present command revokes the old tokens of a key. An earlier one may have left a request. */
  isAsked(account: string, token: string): boolean;
}

/** The names of the tokens that stay live because their account or their key could not be planned: `etl_prod/airflow.2`. */
export function notRevoked(plans: readonly PlannedAccount[], { live, state, isAsked }: RequestReadings): string[] {
  return plans.flatMap(({ username, plan }) => {
    const errors = plan.errors.map((error) => ('token' in error ? error.token : undefined));
    if (errors.length === 0) return [];
    const planned = new Set(plan.actions.map((action) => ('token' in action ? action.token : undefined)));
    const presence = live.accounts.get(accountKey(username));
    const listed = presence?.presence === 'present' ? listedTokens(presence.value).ids : undefined;
    return [...(state.accounts.get(accountKey(username))?.tokens ?? [])].flatMap(([key, token]) => {
      const isLeft = errors.includes(key) || (errors.includes(undefined) && !planned.has(key));
      if (!isLeft || !(token.revoke_old !== undefined || isAsked(username, key))) return [];
      return recordsOf(token).flatMap(({ id, name }) => (listed?.has(id) === false ? [] : [`${username}/${name}`]));
    });
  });
}

function recordsOf({ current, retiring, revoke_old: request }: StateToken) {
  const isReplaced = request !== undefined && current !== undefined && current.generation > request.generation;
  return current === undefined || isReplaced ? retiring : [current, ...retiring];
}
