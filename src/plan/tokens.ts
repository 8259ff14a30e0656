/**
 * Tokens: a state machine over runs. One token (a key in the configuration) is a series at MotherDuck: `airflow`,
 * `airflow.2`, `airflow.3`. Of a series, at most one is `current`; those it replaced are `retiring` until their
 * overlap has ended; and a live token of a name that was only ever an `intent` is an orphan, whose secret may not
 * have been stored.
 *
 *   no current, one live of the name        -> adopt_token
 *   no current, none live                   -> create_token
 *   current gone or expired                 -> create_token (the next generation)
 *   current due                             -> rotate_token; the old one's overlap begins once the new one is proved
 *   retiring, overlap ended                 -> revoke_token
 *   orphan                                  -> a new generation first, then revoke_token
 *   key left the configuration              -> revoke_token for all of the series; forget when none is live
 */
import type { DesiredToken } from '../model/desired.ts';
import type { LiveToken } from '../model/live.ts';
import type { Action, NextChange, Notice, PlannedToken, Risk, RotateToken, ShownToken } from '../model/plan.ts';
import type { StateToken, TokenRecord } from '../model/state.ts';
import { generationName, generationOf } from '../model/tokens.ts';
import { position } from './account-plan.ts';
import { expiryOfRetained, nextOfCurrent, overlapsToCome } from './next-changes.ts';
import { type AccountRecords, adoptable, isExpired, show, type TokenSeries, tokenSeries } from './series.ts';
import { type TokenContext, whyCreate, whyRotate } from './token-reasons.ts';

export interface TokenPlan {
  /** Adoptions, creations and rotations, then revocations: a token is revoked only after its replacement is there. */
  readonly actions: readonly Action[];
  readonly warnings: readonly Notice[];
  readonly errors: readonly Notice[];
  readonly next: readonly NextChange[];
  /** Ids of live tokens that belong to this key. */
  readonly known: ReadonlySet<string>;
  /** It was stored and not seen to connect, so that what it replaced stays. */
  readonly unverified: boolean;
}

type Why = RotateToken['reason'];

/** Plans one token that the configuration wants. */
export function planToken(
  want: DesiredToken,
  state: StateToken | undefined,
  live: readonly LiveToken[],
  context: TokenContext,
): TokenPlan {
  const { account, now } = context;
  const about = { account, token: want.key, ...position(want.location) };
  const held = tokenSeries(state, live, context.holds, now);
  const known = new Set([...held.known, ...held.orphans.map((orphan) => orphan.id)]);
  const revocations = [...overlapEnded(held, account, want.key, now), ...orphaned(held, account, want.key)];
  const warnings = waitingForVerification(state, held, account, want.key);
  const done = (actions: readonly Action[], next: readonly NextChange[] = [], errors: readonly Notice[] = []) => ({
    actions: [...actions, ...revocations],
    warnings,
    errors,
    next: [...next, ...overlapsToCome(held, account, want.key, now)],
    known,
    unverified: warnings.length > 0,
  });

  const current = state?.current;
  const currentLive = current && live.find((token) => token.id === current.id);

  if (current === undefined || currentLive === undefined || isExpired(currentLive, now)) {
    const { holds } = context;
    const isTaken = ({ id, name }: LiveToken) => known.has(id) || holds.ids.has(id) || holds.names.has(name);
    const candidates = current === undefined && held.orphans.length === 0 ? adoptable(want, live, isTaken, now) : [];
    const [candidate, ...others] = candidates;
    if (candidate !== undefined && others.length > 0) return done([], [], [ambiguous(want, candidates, account)]);
    if (candidate !== undefined) {
      known.add(candidate.id);
      const actions = adopt(want, candidate, state, live, held, context);
      const isRotated = actions.some(({ action }) => action === 'rotate_token');
      return done(actions, isRotated ? [] : nextOfCurrent(want, candidate, undefined, account));
    }
    const before = currentLive === undefined ? null : show(currentLive);
    return done([
      {
        action: 'create_token',
        ...about,
        reason: whyCreate(current, currentLive, held, context),
        risk: 'safe',
        before,
        after: wanted(want, state, live, context.holds),
      },
    ]);
  }

  const why = whyRotate(want, current, currentLive, held, context);
  if (context.renamedFrom !== undefined) {
    return done(
      takeOver(want, current, currentLive, state, live, why, context),
      why === undefined ? nextOfCurrent(want, currentLive, current.ttl, account) : [],
    );
  }
  return why === undefined
    ? done([], nextOfCurrent(want, currentLive, current.ttl, account))
    : done([rotate(want, currentLive, state, live, why, context)]);
}

/** An adopted token is not rotated for being adopted; when its expiry makes it due, that is a second action. */
function adopt(
  want: DesiredToken,
  candidate: LiveToken,
  state: StateToken | undefined,
  live: readonly LiveToken[],
  held: TokenSeries,
  context: TokenContext,
): Action[] {
  const { account } = context;
  const generation = generationOf(want.name, candidate.name) ?? 1;
  const taken: Action = {
    action: 'adopt_token',
    account,
    token: want.key,
    ...position(want.location),
    reason: { kind: 'unmanaged' },
    risk: 'safe',
    before: null,
    after: { ...show(candidate), generation },
  };
  const due = whyRotate(want, adoptedRecord(show(candidate), generation), candidate, held, context);
  return due === undefined ? [taken] : [taken, rotate(want, candidate, state, live, due, context)];
}

/** The configuration has another key for a token that the state holds: the entry moves, and the token stays. */
function takeOver(
  want: DesiredToken,
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
    token: want.key,
    ...position(want.location),
    reason: { kind: 'renamed', from: context.renamedFrom ?? '' },
    risk: 'safe',
    before: null,
    after: { ...show(currentLive), generation: current.generation },
    ...(context.renamedFrom === undefined ? {} : { from: context.renamedFrom }),
  };
  return due === undefined ? [moved] : [moved, rotate(want, currentLive, state, live, due, context)];
}

/** The record of a token that was not made here: its life is judged by its expiry alone. */
export function adoptedRecord(token: ShownToken, generation: number): TokenRecord {
  const { id, name, type, created_at: createdAt, expires_at: expiresAt } = token;
  return { id, name, generation, type, created_at: createdAt, expires_at: expiresAt, secret: 'unknown' };
}

function rotate(
  want: DesiredToken,
  old: LiveToken,
  state: StateToken | undefined,
  live: readonly LiveToken[],
  why: Why,
  context: TokenContext,
): Action {
  return {
    action: 'rotate_token',
    account: context.account,
    token: want.key,
    ...position(want.location),
    reason: why,
    risk: want.overlap === 0 ? 'disruptive' : 'safe',
    before: show(old),
    after: { ...wanted(want, state, live, context.holds), overlap: want.overlap },
  };
}

/** Plans a token that the state has and the configuration no longer names. */
export function planRemovedToken(
  key: string,
  state: StateToken,
  live: readonly LiveToken[],
  holds: AccountRecords,
  account: string,
  now: number,
): TokenPlan {
  const held = tokenSeries(state, live, holds, now);
  const all = live.filter((token) => held.known.has(token.id) || held.orphans.includes(token));
  const actions: Action[] = all.map((token) => {
    const replaced = held.retiring.find((entry) => entry.live.id === token.id);
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

/** Scheduled work of a retained account's token: ended overlaps. An orphan may be in use, and nothing replaces it. */
export function planRetainedToken(
  key: string,
  state: StateToken,
  live: readonly LiveToken[],
  holds: AccountRecords,
  account: string,
  now: number,
): TokenPlan {
  const held = tokenSeries(state, live, holds, now);
  const actions = overlapEnded(held, account, key, now);
  const known = new Set([...held.known, ...held.orphans.map((orphan) => orphan.id)]);
  return {
    actions,
    warnings: [],
    errors: [],
    next: expiryOfRetained(state, live, account, key),
    known,
    unverified: false,
  };
}

function ambiguous(want: DesiredToken, candidates: readonly LiveToken[], account: string): Notice {
  const ids = candidates.map((token) => token.id).join(' and ');
  return {
    account,
    token: want.key,
    code: 'TOKEN_AMBIGUOUS',
    message: `${candidates.length} live ${want.type} tokens are named "${candidates[0]?.name}": ${ids}`,
    hint: { text: 'Revoke the one that nobody uses at MotherDuck, then plan again.' },
  };
}

function wanted(
  want: DesiredToken,
  state: StateToken | undefined,
  live: readonly LiveToken[],
  holds: AccountRecords,
): PlannedToken {
  const names = new Set([...live.map((token) => token.name), ...holds.names]);
  let generation = (state?.generation ?? 0) + 1;
  while (names.has(generationName(want.name, generation))) generation += 1;
  return {
    name: generationName(want.name, generation),
    generation,
    type: want.type,
    ttl: want.ttl,
    ...(want.description === undefined ? {} : { description: want.description }),
    secret_store: want.store,
    policy: want.policy,
  };
}

/** A replaced token goes when its overlap has ended, which begins only with the proof that its replacement connects. */
function overlapEnded(held: TokenSeries, account: string, token: string, now: number): Action[] {
  return held.retiring.flatMap(({ record, live }): Action[] => {
    const about = { action: 'revoke_token', account, token, risk: 'safe', before: show(live), after: null } as const;
    if (record.why === 'never_stored') {
      return [{ ...about, reason: { kind: 'never_stored' } }];
    }
    if (record.retire_at === undefined) return [];
    if (Date.parse(record.retire_at) > now) return [];
    return [{ ...about, reason: { kind: 'overlap_ended', retire_at: record.retire_at } }];
  });
}

function orphaned(held: TokenSeries, account: string, token: string): Action[] {
  return held.orphans.map((orphan) => ({
    action: 'revoke_token',
    account,
    token,
    reason: { kind: 'orphan' },
    risk: 'safe',
    before: show(orphan),
    after: null,
  }));
}

function waitingForVerification(
  state: StateToken | undefined,
  held: TokenSeries,
  account: string,
  token: string,
): Notice[] {
  const waiting = held.retiring.find(({ record }) => record.why === 'replaced' && record.retire_at === undefined);
  if (state?.current === undefined || waiting === undefined) return [];
  const message = `"${state.current.name}" was stored and not seen to connect, so "${waiting.record.name}" stays`;
  const hint = {
    text: 'Create a new one and test it (or accept it as it is with apply --no-smoke).',
    command: ['rotate', `${account}/${token}`],
  };
  return [{ account, token, message, hint }];
}
