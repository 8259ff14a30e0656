/**
 * Tokens: a state machine over runs. One token (a key in the configuration) is a series at MotherDuck: `airflow`,
 * `airflow.2`, `airflow.3`. Of a series, at most one is `current`; those it replaced are `retiring` until their
 * overlap has ended; and a live token of a name that was only ever an `intent` is an orphan, whose secret may not
 * have been stored.
 *
 *   no current, one live of the name        -> adopt_token
 *   one live that the state does not know,
 *     newer than its own live ones          -> adopt_token: an older state is in use; its current begins to retire
 *   one live that the state does not know,
 *     of the generation of its live current -> nothing: it is named, and stays unmanaged
 *   no current, none live                   -> create_token
 *   current gone or expired                 -> create_token (the next generation)
 *   current due                             -> rotate_token; the old one's overlap begins once the new one is verified
 *   retiring, overlap ended                 -> revoke_token
 *   retiring, and nothing live replaced it  -> nothing: it is named; the next token's overlap is its own
 *   orphan, certainly not stored            -> revoke_token
 *   orphan that may be stored, so in use    -> the next generation replaces it; it retires with the replaced token
 *   key left the configuration              -> revoke_token for all of the series; forget when none is live
 */

import type { DesiredToken } from '../model/desired.ts';
import type { LiveToken } from '../model/live.ts';
import type { PlanError, PlanWarning } from '../model/notice.ts';
import type { Action, NextChange, PlannedToken, RotateToken, ShownToken } from '../model/plan.ts';
import type { StateToken, TokenRecord } from '../model/state.ts';
import { generationName, generationOf, MAX_GENERATION, seriesOf } from '../model/tokens.ts';
import { position } from './account-plan.ts';
import { futureRevocations, orphaned, overlapEnded } from './revocations.ts';
import { byEarlierCommand } from './secret-warnings.ts';
import { type TokenContext, whyCreate, whyRotate } from './token-reasons.ts';
import {
  adoptable,
  isExpired,
  isNamedAfter,
  isNewer,
  liveGeneration,
  nextOfCurrent,
  rivalTokens,
  show,
  type TokenSeries,
  takenBy,
  tokenSeries,
} from './token-series.ts';
import {
  heldTokens,
  leftLive,
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
  const current = state?.current;
  const about = { account, token: desired.key, ...position(desired.location) };
  const series = tokenSeries([desired.key, desired.name], state, live, context.records, now, context.isOccupied);
  const isTaken = takenBy(context.records, now);
  const known = new Set([...series.known, ...series.orphans.map((orphan) => orphan.id)]);
  const revocations = [
    ...overlapEnded(series, account, desired.key, now, context.isHeld),
    ...orphaned(series, account, desired.key),
  ];
  const unverified = unverifiedTokens(state, series, account, desired.key, now);
  const warnings: PlanWarning[] = [];
  const done = (
    planned: readonly Action[],
    next: readonly NextChange[] = [],
    errors: readonly PlanError[] = lastGeneration(planned, current, account, desired.key),
    actions: readonly Action[] = errors.length > 0 ? [] : planned,
  ): TokenPlan => ({
    actions: [...actions, ...revocations],
    warnings: [
      ...warnings,
      ...actions.flatMap((action) => leftLive(action, series, [desired.key, desired.name], revocations)),
      ...otherSeries(series, account, desired.key),
      ...rivals(rivalTokens(basesOf(desired, state), state, series, live, isTaken, now), state, account, desired.key),
      ...shorterLife(state, series, account, desired.key),
      ...(actions.some(isNewToken)
        ? unverified.map((warning) => ({ ...warning, rotated: true as const }))
        : [
            ...unverified,
            ...orphanWarnings(series, account, desired.key, false),
            ...notReplaced(series, account, desired.key, now),
            ...heldTokens(series, account, desired.key, now, context.isHeld),
          ]),
    ],
    errors,
    next: [
      ...next,
      ...futureRevocations(series, account, desired.key, now).filter(
        ({ name }) => !actions.some(isRenaming) || isNamedAfter([desired.key, desired.name], name),
      ),
    ],
    known,
    unverified: unverified.length > 0,
  });

  const { current: currentLive, listed } = series;

  const candidates = toAdopt(desired, state, live, series, context);
  const [candidate, ...others] = candidates;
  if (candidate !== undefined) {
    const { id, name } = candidate;
    for (const each of candidates) known.add(each.id);
    const isOlderState = state !== undefined && state.generation > 0;
    if (isOlderState) {
      const { recreated } = context;
      const about = { account, token: desired.key, names: [name], ...(recreated === undefined ? {} : { recreated }) };
      warnings.push({ kind: 'older_state', ...about });
    }
    if (others.length > 0) {
      const ids = [id, ...others.map((other) => other.id)];
      return done([], [], [{ kind: 'ambiguous', account, token: desired.key, name, type: desired.type, ids }]);
    }
    const actions = adopt(desired, candidate, state, currentLive, live, series, context);
    const isRotated = actions.some(({ action }) => action === 'rotate_token');
    return done(actions, isRotated ? [] : nextOfCurrent(desired, candidate, undefined, account));
  }

  if (current === undefined || currentLive === undefined) {
    const before = listed === undefined ? null : show(listed);
    return done([
      {
        action: 'create_token',
        ...about,
        reason: whyCreate(current, listed, series, context),
        risk: 'safe',
        before,
        after: plannedToken(desired, state, live, series, context),
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

/**
 * The live tokens to choose from, one of which becomes current: without a current one, any of the name; else those that
 * only a newer state knows. The name may have changed in the configuration since.
 */
function toAdopt(
  desired: DesiredToken,
  state: StateToken | undefined,
  live: readonly LiveToken[],
  series: TokenSeries,
  { records, now }: TokenContext,
): LiveToken[] {
  const current = state?.current;
  for (const name of new Set(basesOf(desired, state))) {
    const { generation, tokens } = adoptable({ name, type: desired.type }, live, takenBy(records, now), now);
    const isAfter = series.orphans.every((orphan) => generation > (liveGeneration(name, orphan) ?? 0));
    if (state === undefined || (current === undefined && series.orphans.length === 0)) return tokens;
    if (isAfter && tokens.length > 0 && isNewer(generation, state, series.current)) return tokens;
  }
  return [];
}

/** The names whose series a token of the configuration may continue: it may have been renamed there. */
function basesOf({ name }: DesiredToken, state: StateToken | undefined): string[] {
  return [name, ...(state?.current === undefined ? [] : [seriesOf(state.current.name)])];
}

/** Adoption alone rotates nothing; a token that is also due is rotated by a second action. */
function adopt(
  desired: DesiredToken,
  candidate: LiveToken,
  state: StateToken | undefined,
  currentLive: LiveToken | undefined,
  live: readonly LiveToken[],
  series: TokenSeries,
  context: TokenContext,
): Action[] {
  const { account, renamedFrom } = context;
  const current = state?.current;
  const generation =
    liveGeneration(desired.name, candidate) ?? liveGeneration(seriesOf(candidate.name), candidate) ?? 1;
  const newer = current === undefined ? { kind: 'newer' as const } : { kind: 'newer' as const, current: current.name };
  const adoption: Action = {
    action: 'adopt_token',
    account,
    token: desired.key,
    ...position(desired.location),
    reason:
      state === undefined || state.generation === 0 || context.recreated === 'certain' ? { kind: 'unmanaged' } : newer,
    risk: 'safe',
    before: currentLive === undefined ? null : show(currentLive),
    after: { ...show(candidate), generation },
  };
  const moved =
    renamedFrom === undefined || current === undefined || currentLive === undefined
      ? []
      : [moveKey(desired, current, currentLive, renamedFrom, true, context)];
  const due = whyRotate(desired, adoptedRecord(show(candidate), generation), candidate, series, context);
  return [
    ...moved,
    adoption,
    ...(due === undefined ? [] : [rotate(desired, candidate, state, live, series, due, context)]),
  ];
}

/** The configuration has another key for a token of the state: the entry moves. The token stays, unless its secret moves too. */
function moveKey(
  desired: DesiredToken,
  current: TokenRecord,
  currentLive: LiveToken,
  from: string,
  isReplaced: boolean,
  context: TokenContext,
): Action {
  return {
    action: 'adopt_token',
    account: context.account,
    token: desired.key,
    ...position(desired.location),
    reason: { kind: 'renamed', from, replaced: isReplaced },
    risk: 'safe',
    before: null,
    after: { ...show(currentLive), generation: current.generation },
    from,
  };
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
  series: TokenSeries,
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
    after: {
      ...plannedToken(desired, state, live, series, context),
      overlap: desired.overlap,
      ...(isNamedAfter([desired.key, desired.name], old.name) ? {} : { keeps_old: true }),
    },
  };
}

function plannedToken(
  desired: DesiredToken,
  state: StateToken | undefined,
  live: readonly LiveToken[],
  { storedOrphans, retiring }: TokenSeries,
  { records, secretPath, isCommandChanged, isHeld, now }: TokenContext,
): PlannedToken {
  const waiting = retiring
    .filter(
      ({ record, live, isReplaced }) =>
        !isExpired(live, now) && (!isReplaced || record.retire_at === undefined || isHeld(record)),
    )
    .map(({ live }) => show(live));
  const names = new Set([...live.map((token) => token.name), ...records.names]);
  const generations = live.map((token) => liveGeneration(desired.name, token) ?? 0);
  let generation = Math.max(state?.generation ?? 0, ...generations) + 1;
  while (names.has(generationName(desired.name, generation))) generation += 1;
  return {
    name: generationName(desired.name, generation),
    generation,
    type: desired.type,
    ttl: desired.ttl,
    ...(desired.description === undefined ? {} : { description: desired.description }),
    secret_store: desired.store,
    ...secretMoves(state, secretPath(desired), isCommandChanged),
    policy: desired.policy,
    ...(storedOrphans.length === 0 ? {} : { orphans: storedOrphans.map(show) }),
    ...(waiting.length === 0 ? {} : { waiting }),
  };
}

function secretMoves(
  state: StateToken | undefined,
  after: string | undefined,
  isCommandChanged: boolean,
): Pick<PlannedToken, 'secret_moves'> {
  const secret = state?.current?.secret ?? 'unknown';
  if (secret === 'unknown' || after === undefined) return {};
  if (secret.secret_path !== after) return { secret_moves: { before: secret.secret_path, after } };
  return isCommandChanged ? { secret_moves: { before: byEarlierCommand(after), after } } : {};
}

/** A state could not hold the next generation. */
function lastGeneration(
  actions: readonly Action[],
  current: TokenRecord | undefined,
  account: string,
  token: string,
): PlanError[] {
  const isPast = (action: Action) =>
    (action.action === 'create_token' || action.action === 'rotate_token') && action.after.generation > MAX_GENERATION;
  if (!actions.some(isPast)) return [];
  const named = current && generationOf(seriesOf(current.name), current.name);
  const actual = current === undefined ? 1 : named;
  return [
    {
      kind: 'last_generation',
      account,
      token,
      ...(actual === undefined || actual >= MAX_GENERATION ? {} : { actual }),
    },
  ];
}

function isNewToken({ action }: Action): boolean {
  return action === 'create_token' || action === 'rotate_token';
}

function isRenaming(action: Action): boolean {
  return action.action === 'rotate_token' && action.after.keeps_old === true;
}
