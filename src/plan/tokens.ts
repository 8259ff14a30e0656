/**
 * Tokens: a state machine over runs. One token (a key in the configuration) is a series at MotherDuck: `airflow`,
 * `airflow.2`, `airflow.3`. Of a series, at most one is `current`; those it replaced are `retiring` until their
 * overlap has ended; and a live token of a name that was only ever an `intent` is an orphan, whose secret may not
 * have been stored.
 *
 *   no current, one live of the name        -> adopt_token
 *   one live that the state does not know,
 *     newer than its own live ones          -> adopt_token: an older state is in use; its current begins to retire,
 *                                              as do those between both
 *   one live that the state does not know,
 *     of the generation of its live current -> nothing: it is named, and stays unmanaged
 *   no current, none live                   -> create_token
 *   current gone or expired                 -> create_token (the next generation)
 *   current due                             -> rotate_token; the old one's overlap begins once the new one is verified
 *   retiring, overlap ended                 -> revoke_token
 *   older than what was asked to be revoked -> rotate_token, then revoke_token in the same run, once the new one is verified
 *   retiring, and nothing live replaced it  -> nothing: it is named; the next token's overlap is its own
 *   orphan, certainly not stored            -> revoke_token
 *   orphan that may be stored, so in use    -> the next generation replaces it; it retires with the replaced token
 *   key left the configuration              -> revoke_token for all of the series; forget when none is live
 */

import type { Action } from '../model/action.ts';
import type { DesiredToken } from '../model/desired.ts';
import type { LiveToken } from '../model/live.ts';
import type { PlanError, PlanWarning } from '../model/notice.ts';
import type { NextChange, PolicyToRecord } from '../model/plan.ts';
import { shownToken } from '../model/planned-token.ts';
import { rotationDue, SHORT_OVERLAP } from '../model/rotation-due.ts';
import type { StateToken, TokenRecord } from '../model/state.ts';
import { isoTime, type Seconds } from '../model/time.ts';
import { position } from './account-plan.ts';
import { lastGeneration, noNextGeneration, plannedToken, rotate } from './new-token.ts';
import { policyToRecord } from './recorded-policy.ts';
import { futureRevocations, orphaned, revokeEnded } from './revocations.ts';
import { requestedRevocations } from './revoke-request.ts';
import { adopt, basesOf, moveKey, replacedBetween, toAdopt } from './token-adoption.ts';
import { type TokenContext, whyCreate, whyRotate } from './token-reasons.ts';
import { isNamedAfter, rivalTokens, takenBy, tokenSeries } from './token-series.ts';
import {
  endless,
  hastened,
  heldTokens,
  leftLive,
  longOverlaps,
  notReplaced,
  orphanWarnings,
  otherSeries,
  rivals,
  shorterLife,
  unverifiedTokens,
} from './token-warnings.ts';

/** The plan of one token. */
export interface TokenPlan {
  /** Adoptions, creations and rotations, then revocations: a token is revoked only after its replacement exists. */
  readonly actions: readonly Action[];
  readonly warnings: readonly PlanWarning[];
  readonly errors: readonly PlanError[];
  readonly next: readonly NextChange[];
  /** Ids of live tokens that belong to this key. */
  readonly known: ReadonlySet<string>;
  /** What an apply records of its policy; absent where it has nothing to record. */
  readonly policy?: PolicyToRecord;
  /** It was stored but not verified, so the token that it replaced stays. */
  readonly unverified: boolean;
}

/** Plans one token of the configuration. */
export function planToken(
  desired: DesiredToken,
  state: StateToken | undefined,
  live: readonly LiveToken[],
  context: TokenContext,
): TokenPlan {
  const { account, now } = context;
  const current = state?.current;
  const about = { account, token: desired.key, ...position(desired.location) };
  const series = tokenSeries(
    [desired.key, desired.name],
    state,
    live,
    context.records,
    now,
    context.isUnstored,
    desired.overlap,
  );
  const isTaken = takenBy(context.records, now);
  const known = new Set([...series.known, ...series.orphans.map((orphan) => orphan.id)]);
  const unverified = unverifiedTokens(state, series, account, desired.key, now);
  const warnings: PlanWarning[] = [];
  const done = (
    planned: readonly Action[],
    next: readonly NextChange[] = [],
    errors: readonly PlanError[] = lastGeneration(planned, current, account, desired.key),
    actions: readonly Action[] = errors.length > 0 ? [] : planned,
  ): TokenPlan => {
    const requested = requestedRevocations(actions, state, series, account, desired.key, now);
    const ended = new Set(requested.map(({ before }) => before.id));
    const others = { ...series, retiring: series.retiring.filter(({ live }) => !ended.has(live.id)) };
    const revocations = [
      ...requested,
      ...revokeEnded(others, account, desired.key, now, context.heldBy),
      ...orphaned(series, account, desired.key),
    ];
    return {
      actions: [...actions, ...revocations],
      warnings: [
        ...warnings,
        ...actions.flatMap((action) => leftLive(action, others, [desired.key, desired.name], revocations)),
        ...otherSeries(series, account, desired.key),
        ...rivals(rivalTokens(basesOf(desired, state), state, series, live, isTaken, now), state, account, desired.key),
        ...hastened(desired, state, account),
        ...(planned.some(isNewToken) ? [] : noNextGeneration(state, live, desired, account)),
        ...endless(actions),
        ...(series.current ? shorterLife(desired, state?.current?.ttl, series.current, account) : []),
        ...longOverlaps(others, account, desired.key, now, desired.overlap),
        ...(actions.some(isNewToken)
          ? unverified.map((warning) => ({ ...warning, rotated: true as const }))
          : [
              ...unverified,
              ...orphanWarnings(series, account, desired.key, false),
              ...notReplaced(others, account, desired.key, now),
              ...heldTokens(others, account, desired.key, now, context.heldBy),
            ]),
      ],
      errors,
      next: [
        ...next,
        ...futureRevocations(others, account, desired.key, now).filter(
          ({ name }) => !actions.some(isRenaming) || isNamedAfter([desired.key, desired.name], name),
        ),
      ],
      known,
      ...(errors.length > 0 || planned.some(isNewRecord) ? {} : recordedPolicy(desired, current, context)),
      unverified: unverified.some(({ retire_at: at }) => at === undefined),
    };
  };

  const { current: currentLive, listed } = series;

  const candidates = toAdopt(desired, state, live, series, context);
  const [candidate, ...others] = candidates;
  if (candidate !== undefined) {
    const { id, name } = candidate;
    const between = replacedBetween(desired, state, candidate, live, series, context);
    for (const each of [...candidates, ...between]) known.add(each.id);
    const isOlderState = state !== undefined && state.generation > 0;
    if (isOlderState) {
      const { recreated } = context;
      const names = [name, ...between.map((each) => each.name)];
      const about = { account, token: desired.key, names, ...(recreated === undefined ? {} : { recreated }) };
      warnings.push({ kind: 'older_state', ...about });
    }
    if (others.length > 0) {
      const ids = [id, ...others.map((other) => other.id)];
      return done([], [], [{ kind: 'ambiguous', account, token: desired.key, name, type: desired.type, ids }]);
    }
    const actions = adopt(desired, candidate, state, currentLive, between, live, series, context);
    const isRotated = actions.some(({ action }) => action === 'rotate_token');
    return done(actions, isRotated ? [] : nextOfCurrent(desired, candidate, undefined, account));
  }

  if (current === undefined || currentLive === undefined) {
    const before = listed === undefined ? null : shownToken(listed);
    const after = plannedToken(desired, state, live, series, context);
    return done([
      {
        action: 'create_token',
        ...about,
        reason: whyCreate(state, listed, series, context),
        risk: after.orphans === undefined ? 'safe' : 'disruptive',
        before,
        after,
      },
    ]);
  }

  const why = whyRotate(desired, current, currentLive, series, context);
  const { renamedFrom } = context;
  const moved =
    renamedFrom === undefined ? [] : [moveKey(desired, current, currentLive, renamedFrom, why !== undefined, context)];
  return why === undefined
    ? done(moved, nextOfCurrent(desired, currentLive, current.ttl, account))
    : done([...moved, rotate(desired, currentLive, state, live, series, why, context)]);
}

function isNewToken({ action }: Action): boolean {
  return action === 'create_token' || action === 'rotate_token';
}

/** What it puts into the state has the policy, or has none that is known. */
function isNewRecord(action: Action): boolean {
  return isNewToken(action) || (action.action === 'adopt_token' && action.from === undefined);
}

function recordedPolicy(
  desired: DesiredToken,
  current: TokenRecord | undefined,
  { account, renamedFrom: from }: TokenContext,
): Pick<TokenPlan, 'policy'> {
  const change = current && policyToRecord(desired, current);
  if (change === undefined) return {};
  return { policy: { account, token: desired.key, ...(from === undefined ? {} : { from }), ...change } };
}

function isRenaming(action: Action): boolean {
  return action.action === 'rotate_token' && action.after.keeps_old === true;
}

/**
 * When a current token that stays as it is rotates.
 *
 * @param requestedTtl The lifetime that was requested, in seconds; undefined for an adopted token.
 */
function nextOfCurrent(
  desired: DesiredToken,
  live: LiveToken,
  requestedTtl: Seconds | null | undefined,
  account: string,
): NextChange[] {
  const due = rotationDue(desired, live, requestedTtl);
  if (due === null) return [];
  const overlap = desired.overlap < SHORT_OVERLAP ? { overlap: desired.overlap } : {};
  return [{ account, token: desired.key, change: 'rotates', name: live.name, at: isoTime(due), ...overlap }];
}
