/**
 * Tokens: a state machine over runs. One token (a key in the configuration) is a series at MotherDuck: `airflow`,
 * `airflow.2`, `airflow.3`. Of a series, at most one is `current`; those it replaced are `retiring` until their
 * overlap has ended; and a live token of a name that was only ever an `intent` is an orphan, whose secret may not
 * have been stored.
 *
 *   no current, one live of the name        -> adopt_token
 *   no current, none live                   -> create_token
 *   current gone or expired                 -> create_token (the next generation)
 *   current due                             -> rotate_token; the old one's overlap begins once the new one is verified
 *   retiring, overlap ended                 -> revoke_token
 *   orphan                                  -> a new generation first, then revoke_token
 *   key left the configuration              -> revoke_token for all of the series; forget when none is live
 */
import type { DesiredToken } from '../model/desired.ts';
import type { LiveToken } from '../model/live.ts';
import type { PlanError, PlanWarning } from '../model/notice.ts';
import type { Action, NextChange, PlannedToken, Risk, RotateToken, ShownToken } from '../model/plan.ts';
import type { StateToken, TokenRecord } from '../model/state.ts';
import { generationName, generationOf } from '../model/tokens.ts';
import { position } from './account-plan.ts';
import { type TokenContext, whyCreate, whyRotate } from './token-reasons.ts';
import {
  type AccountRecords,
  adoptable,
  futureRevocations,
  isExpired,
  nextOfCurrent,
  show,
  type TokenSeries,
  tokenSeries,
} from './token-series.ts';

/** The plan of one token. */
export interface TokenPlan {
  /** Adoptions, creations and rotations, then revocations: a token is revoked only after its replacement exists. */
  readonly actions: readonly Action[];
  readonly warnings: readonly PlanWarning[];
  readonly errors: readonly PlanError[];
  readonly next: readonly NextChange[];
  /** Ids of live tokens that belong to this key. */
  readonly known: ReadonlySet<string>;
  /** It was stored but not verified, so the token that it replaced stays. */
  readonly unverified: boolean;
}

type Why = RotateToken['reason'];

/** Plans one token of the configuration. */
export function planToken(
  desired: DesiredToken,
  state: StateToken | undefined,
  live: readonly LiveToken[],
  context: TokenContext,
): TokenPlan {
  const { account, now } = context;
  const about = { account, token: desired.key, ...position(desired.location) };
  const series = tokenSeries(state, live, context.records, now);
  const known = new Set([...series.known, ...series.orphans.map((orphan) => orphan.id)]);
  const revocations = [...overlapEnded(series, account, desired.key, now), ...orphaned(series, account, desired.key)];
  const warnings = unverifiedToken(state, series, account, desired.key);
  const done = (actions: readonly Action[], next: readonly NextChange[] = [], errors: readonly PlanError[] = []) => ({
    actions: [...actions, ...revocations],
    warnings,
    errors,
    next: [...next, ...futureRevocations(series, account, desired.key, now)],
    known,
    unverified: warnings.length > 0,
  });

  const current = state?.current;
  const currentLive = current && live.find((token) => token.id === current.id);

  if (current === undefined || currentLive === undefined || isExpired(currentLive, now)) {
    const { records } = context;
    const isTaken = ({ id, name }: LiveToken) => known.has(id) || records.ids.has(id) || records.names.has(name);
    const candidates =
      current === undefined && series.orphans.length === 0 ? adoptable(desired, live, isTaken, now) : [];
    const [candidate, ...others] = candidates;
    if (candidate !== undefined && others.length > 0) {
      const [ids, name] = [candidates.map(({ id }) => id), candidate.name];
      return done([], [], [{ kind: 'ambiguous', account, token: desired.key, name, type: desired.type, ids }]);
    }
    if (candidate !== undefined) {
      known.add(candidate.id);
      const actions = adopt(desired, candidate, state, live, series, context);
      const isRotated = actions.some(({ action }) => action === 'rotate_token');
      return done(actions, isRotated ? [] : nextOfCurrent(desired, candidate, undefined, account));
    }
    const before = currentLive === undefined ? null : show(currentLive);
    return done([
      {
        action: 'create_token',
        ...about,
        reason: whyCreate(current, currentLive, series, context),
        risk: 'safe',
        before,
        after: plannedToken(desired, state, live, context.records),
      },
    ]);
  }

  const why = whyRotate(desired, current, currentLive, series, context);
  if (context.renamedFrom !== undefined) {
    return done(
      moveKey(desired, current, currentLive, state, live, why, context),
      why === undefined ? nextOfCurrent(desired, currentLive, current.ttl, account) : [],
    );
  }
  return why === undefined
    ? done([], nextOfCurrent(desired, currentLive, current.ttl, account))
    : done([rotate(desired, currentLive, state, live, why, context)]);
}

/** Adoption alone rotates nothing; a token that is also due is rotated by a second action. */
function adopt(
  desired: DesiredToken,
  candidate: LiveToken,
  state: StateToken | undefined,
  live: readonly LiveToken[],
  series: TokenSeries,
  context: TokenContext,
): Action[] {
  const { account } = context;
  const generation = generationOf(desired.name, candidate.name) ?? 1;
  const adoption: Action = {
    action: 'adopt_token',
    account,
    token: desired.key,
    ...position(desired.location),
    reason: { kind: 'unmanaged' },
    risk: 'safe',
    before: null,
    after: { ...show(candidate), generation },
  };
  const due = whyRotate(desired, adoptedRecord(show(candidate), generation), candidate, series, context);
  return due === undefined ? [adoption] : [adoption, rotate(desired, candidate, state, live, due, context)];
}

/** The configuration has another key for a token of the state: the entry moves, and the token stays. */
function moveKey(
  desired: DesiredToken,
  current: TokenRecord,
  currentLive: LiveToken,
  state: StateToken | undefined,
  live: readonly LiveToken[],
  due: Why | undefined,
  context: TokenContext,
): Action[] {
  const moved: Action = {
    action: 'adopt_token',
    account: context.account,
    token: desired.key,
    ...position(desired.location),
    reason: { kind: 'renamed', from: context.renamedFrom ?? '' },
    risk: 'safe',
    before: null,
    after: { ...show(currentLive), generation: current.generation },
    ...(context.renamedFrom === undefined ? {} : { from: context.renamedFrom }),
  };
  return due === undefined ? [moved] : [moved, rotate(desired, currentLive, state, live, due, context)];
}

/** The state's record of an adopted token, whose requested lifetime is not known. */
export function adoptedRecord(token: ShownToken, generation: number): TokenRecord {
  const { id, name, type, created_at: createdAt, expires_at: expiresAt } = token;
  return { id, name, generation, type, created_at: createdAt, expires_at: expiresAt, secret: 'unknown' };
}

function rotate(
  desired: DesiredToken,
  old: LiveToken,
  state: StateToken | undefined,
  live: readonly LiveToken[],
  why: Why,
  context: TokenContext,
): Action {
  return {
    action: 'rotate_token',
    account: context.account,
    token: desired.key,
    ...position(desired.location),
    reason: why,
    risk: desired.overlap === 0 ? 'disruptive' : 'safe',
    before: show(old),
    after: { ...plannedToken(desired, state, live, context.records), overlap: desired.overlap },
  };
}

/** Plans a token of the state whose key is no longer in the configuration. */
export function planRemovedToken(
  key: string,
  state: StateToken,
  live: readonly LiveToken[],
  records: AccountRecords,
  account: string,
  now: number,
): TokenPlan {
  const series = tokenSeries(state, live, records, now);
  const all = live.filter((token) => series.known.has(token.id) || series.orphans.includes(token));
  const actions: Action[] = all.map((token) => {
    const replaced = series.retiring.find((entry) => entry.live.id === token.id);
    const risk: Risk = replaced !== undefined || isExpired(token, now) ? 'safe' : 'disruptive';
    return {
      action: 'revoke_token',
      account,
      token: key,
      reason: { kind: 'removed' },
      risk,
      before: show(token),
      after: null,
    };
  });
  if (actions.length === 0) {
    actions.push({
      action: 'forget',
      account,
      token: key,
      reason: { kind: 'removed' },
      risk: 'safe',
      before: { username: account },
      after: null,
    });
  }
  return {
    actions,
    warnings: [],
    errors: [],
    next: [],
    known: new Set(all.map((token) => token.id)),
    unverified: false,
  };
}

function plannedToken(
  desired: DesiredToken,
  state: StateToken | undefined,
  live: readonly LiveToken[],
  records: AccountRecords,
): PlannedToken {
  const names = new Set([...live.map((token) => token.name), ...records.names]);
  let generation = (state?.generation ?? 0) + 1;
  while (names.has(generationName(desired.name, generation))) generation += 1;
  return {
    name: generationName(desired.name, generation),
    generation,
    type: desired.type,
    ttl: desired.ttl,
    ...(desired.description === undefined ? {} : { description: desired.description }),
    secret_store: desired.store,
    policy: desired.policy,
  };
}

/** A replaced token is revoked when its overlap has ended; that begins only when its replacement was verified. */
export function overlapEnded(series: TokenSeries, account: string, token: string, now: number): Action[] {
  return series.retiring.flatMap(({ record, live }): Action[] => {
    const about = { action: 'revoke_token', account, token, risk: 'safe', before: show(live), after: null } as const;
    if (record.why === 'never_stored') {
      return [{ ...about, reason: { kind: 'never_stored' } }];
    }
    if (record.retire_at === undefined) return [];
    if (Date.parse(record.retire_at) > now) return [];
    return [{ ...about, reason: { kind: 'overlap_ended', retire_at: record.retire_at } }];
  });
}

function orphaned(series: TokenSeries, account: string, token: string): Action[] {
  return series.orphans.map((orphan) => ({
    action: 'revoke_token',
    account,
    token,
    reason: { kind: 'orphan' },
    risk: 'safe',
    before: show(orphan),
    after: null,
  }));
}

function unverifiedToken(
  state: StateToken | undefined,
  series: TokenSeries,
  account: string,
  token: string,
): PlanWarning[] {
  const old = series.retiring.find(({ record }) => record.why === 'replaced' && record.retire_at === undefined);
  if (state?.current === undefined || old === undefined) return [];
  return [{ kind: 'unverified', account, token, name: state.current.name, replaced: old.record.name }];
}
