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

import { type Action, isStoring } from '../model/action.ts';
import { defined } from '../model/defined.ts';
import type { DesiredToken } from '../model/desired.ts';
import type { LiveToken } from '../model/live.ts';
import type { PlanError, PlanWarning } from '../model/notice.ts';
import type { NextChange, PolicyToRecord } from '../model/plan.ts';
import { shownToken } from '../model/planned-token.ts';
import { rotationDue, SHORT_OVERLAP } from '../model/rotation-due.ts';
import type { StateToken, TokenRecord } from '../model/state.ts';
import { isoTime, type Seconds } from '../model/time.ts';
import { sourceLine } from './account-plan.ts';
import { lastGeneration, noNextGeneration, plannedToken, rotate } from './new-token.ts';
import { policyToRecord } from './recorded-policy.ts';
import { futureRevocations, orphaned, revokeEnded } from './revocations.ts';
import { requestedRevocations } from './revoke-request.ts';
import { adopt, basesOf, moveKey, replacedBetween, toAdopt } from './token-adoption.ts';
import { type TokenContext, type TokenReadings, whyCreate, whyRotate } from './token-reasons.ts';
import { isNamedAfter, rivalTokens, takenBy, tokenSeries, withoutRetiring } from './token-series.ts';
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
  const { records, now, isUnstored } = context;
  const names = [desired.key, desired.name];
  const series = tokenSeries({ names, state, live, records, now, isUnstored, overlap: desired.overlap });
  const readings = { desired, state, live, series };
  return withRest(decide(readings, context), readings, context);
}

/** What is done to the current token, or to get one. */
interface Decision {
  /** Nothing of it is done where there are errors. */
  readonly planned: readonly Action[];
  readonly errors?: readonly PlanError[];
  readonly warnings?: readonly PlanWarning[];
  readonly next?: readonly NextChange[];
  /** Live tokens that the state does not know, and that belong to this key. */
  readonly adopted?: readonly LiveToken[];
}

function decide(readings: TokenReadings, context: TokenContext): Decision {
  const { desired, state, series } = readings;
  const { account, renamedFrom } = context;
  const current = state?.current;
  const candidates = toAdopt(readings, context);
  const [candidate] = candidates;
  if (candidate !== undefined) return decideAdoption(candidate, candidates, readings, context);

  if (current === undefined || series.current === undefined) {
    const after = plannedToken(readings, context);
    const creation: Action = {
      action: 'create_token',
      ...{ account, token: desired.key, location: sourceLine(desired.location, context.file) },
      reason: whyCreate(state, series.listed, series, context),
      risk: after.orphans === undefined ? 'safe' : 'disruptive',
      before: series.listed === undefined ? null : shownToken(series.listed),
      after,
    };
    return { planned: [creation] };
  }

  const why = whyRotate(desired, current, series.current, series, context);
  const moved =
    renamedFrom === undefined
      ? []
      : [moveKey(desired, current, series.current, renamedFrom, why !== undefined, context)];
  return why === undefined
    ? { planned: moved, next: nextOfCurrent(desired, series.current, current.ttl, account) }
    : { planned: [...moved, rotate(series.current, why, readings, context)] };
}

function decideAdoption(
  candidate: LiveToken,
  candidates: readonly LiveToken[],
  readings: TokenReadings,
  context: TokenContext,
): Decision {
  const { desired, state } = readings;
  const { account, recreated } = context;
  const { name } = candidate;
  const about = { account, token: desired.key };
  const between = replacedBetween(candidate, readings, context);
  const adopted = [...candidates, ...between];
  const names = [name, ...between.map((each) => each.name)];
  const older = { kind: 'older_state', ...about, names, ...defined({ recreated }) } as const;
  const warnings = state !== undefined && state.generation > 0 ? [older] : [];
  if (candidates.length > 1) {
    const ids = candidates.map(({ id }) => id);
    return { planned: [], errors: [{ kind: 'ambiguous', ...about, name, type: desired.type, ids }], warnings, adopted };
  }
  const planned = adopt(candidate, between, readings, context);
  const isRotated = planned.some(({ action }) => action === 'rotate_token');
  const next = isRotated ? [] : nextOfCurrent(desired, candidate, undefined, account);
  return { planned, next, warnings, adopted };
}

/** The plan of the token: the decision, the revocations in its series, and its warnings. */
function withRest(decision: Decision, readings: TokenReadings, context: TokenContext): TokenPlan {
  const { planned, next = [], adopted = [] } = decision;
  const { desired, state, live, series } = readings;
  const { account, now, records, heldBy } = context;
  const names = [desired.key, desired.name];
  const own = { account, token: desired.key, now, series };
  const errors = decision.errors ?? lastGeneration(planned, state?.current, account, desired.key);
  const actions = errors.length > 0 ? [] : planned;
  const requested = requestedRevocations(actions, state, own);
  const others = withoutRetiring(own, new Set(requested.map(({ before }) => before.id)));
  const revocations = [...requested, ...revokeEnded(others, heldBy), ...orphaned(own)];
  const unverified = unverifiedTokens(state, own);
  const rivaling = rivalTokens(basesOf(desired, state), state, series, live, takenBy(records, now), now);
  return {
    actions: [...actions, ...revocations],
    warnings: [
      ...(decision.warnings ?? []),
      ...actions.flatMap((action) => leftLive(action, others.series, names, revocations)),
      ...otherSeries(own),
      ...rivals(rivaling, state, own),
      ...hastened(desired, state, account),
      ...(planned.some(isStoring) ? [] : noNextGeneration(state, live, desired, account)),
      ...endless(actions),
      ...(series.current ? shorterLife(desired, state?.current?.ttl, series.current, account) : []),
      ...longOverlaps(others, desired.overlap),
      ...(actions.some(isStoring)
        ? unverified.map((warning) => ({ ...warning, rotated: true as const }))
        : [...unverified, ...orphanWarnings(own), ...notReplaced(others), ...heldTokens(others, heldBy)]),
    ],
    errors,
    next: [
      ...next,
      ...futureRevocations(others).filter(({ name }) => !actions.some(isRenaming) || isNamedAfter(names, name)),
    ],
    known: new Set([...series.known, ...[...series.orphans, ...adopted].map(({ id }) => id)]),
    ...(errors.length > 0 || planned.some(isNewRecord) ? {} : recordedPolicy(desired, state?.current, context)),
    unverified: unverified.some(({ retire_at: at }) => at === undefined),
  };
}

/** What it puts into the state has the policy, or has none that is known. */
function isNewRecord(action: Action): boolean {
  return isStoring(action) || (action.action === 'adopt_token' && action.from === undefined);
}

function recordedPolicy(
  desired: DesiredToken,
  current: TokenRecord | undefined,
  { account, renamedFrom: from }: TokenContext,
): Pick<TokenPlan, 'policy'> {
  const change = current && policyToRecord(desired, current);
  if (change === undefined) return {};
  return { policy: { account, token: desired.key, ...defined({ from }), ...change } };
}

function isRenaming(action: Action): boolean {
  return action.action === 'rotate_token' && action.after.keeps_old === true;
}

/**
 * When a current token that stays as it is rotates.
 *
 * @param requestedTtl The lifetime that was requested, in seconds; undefined for an adopted token.
 */
export function nextOfCurrent(
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
