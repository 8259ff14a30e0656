/** Adopting live tokens: which live token a token of the configuration names, and the actions that add it to the state. */
import type { Action } from '../model/action.ts';
import type { DesiredToken } from '../model/desired.ts';
import type { LiveToken } from '../model/live.ts';
import { type ShownToken, shownToken } from '../model/planned-token.ts';
import type { StateToken, TokenRecord } from '../model/state.ts';
import { seriesOf } from '../model/tokens.ts';
import { sourceLine } from './account-plan.ts';
import { rotate } from './new-token.ts';
import { type TokenContext, type TokenReadings, whyRotate } from './token-reasons.ts';
import { adoptable, canHaveReplaced, isNewer, liveGeneration, newerTokens, takenBy } from './token-series.ts';

/**
 * The live tokens to choose from, one of which becomes current: without a current one, any of the name; else those that
 * only a newer state knows. The name may have changed in the configuration since.
 */
export function toAdopt({ desired, state, live, series }: TokenReadings, { records, now }: TokenContext): LiveToken[] {
  const current = state?.current;
  for (const name of new Set(basesOf(desired, state))) {
    const { generation, tokens } = adoptable({ name, type: desired.type }, live, takenBy(records, now), now);
    const isAfter = series.orphans.every((orphan) => generation > (liveGeneration(name, orphan) ?? 0));
    if (state === undefined || (current === undefined && series.orphans.length === 0)) return tokens;
    if (isAfter && tokens.length > 0 && isNewer(generation, state, series.current)) return tokens;
  }
  return [];
}

/**
 * The live tokens that a newer state knows as replaced by the candidate. One that shares its name with another is left
 * alone: somebody else may have created it.
 */
export function replacedBetween(
  candidate: LiveToken,
  { desired, state, live, series }: TokenReadings,
  { records, now, recreated }: TokenContext,
): LiveToken[] {
  if (state === undefined || state.generation === 0 || recreated !== undefined) return [];
  const bases = [...new Set(basesOf(desired, state))];
  const all = bases.flatMap((base) => newerTokens(base, state, series, live, takenBy(records, now), now));
  return [...new Set(all)].filter(
    (token) => canHaveReplaced(bases, candidate, token) && all.filter(({ name }) => name === token.name).length === 1,
  );
}

/** The names whose series a token of the configuration may continue: it may have been renamed there. */
export function basesOf({ name }: DesiredToken, state: StateToken | undefined): string[] {
  return [name, ...(state?.current === undefined ? [] : [seriesOf(state.current.name)])];
}

/** Adoption alone rotates nothing; a token that is also due is rotated by a second action. */
export function adopt(
  candidate: LiveToken,
  between: readonly LiveToken[],
  readings: TokenReadings,
  context: TokenContext,
): Action[] {
  const { desired, state, series } = readings;
  const { current: currentLive } = series;
  const { account, renamedFrom } = context;
  const current = state?.current;
  const generation =
    liveGeneration(desired.name, candidate) ?? liveGeneration(seriesOf(candidate.name), candidate) ?? 1;
  const newer = current === undefined ? { kind: 'newer' as const } : { kind: 'newer' as const, current: current.name };
  const adoption: Action = {
    action: 'adopt_token',
    account,
    token: desired.key,
    location: sourceLine(desired.location, context.file),
    reason:
      state === undefined || state.generation === 0 || context.recreated === 'certain' ? { kind: 'unmanaged' } : newer,
    risk: 'safe',
    before: currentLive === undefined ? null : shownToken(currentLive),
    after: { ...shownToken(candidate), generation },
    ...(between.length === 0 ? {} : { between: between.map(shownToken) }),
  };
  const moved =
    renamedFrom === undefined || current === undefined || currentLive === undefined
      ? []
      : [moveKey(desired, current, currentLive, renamedFrom, true, context)];
  const due = whyRotate(desired, adoptedRecord(shownToken(candidate), generation), candidate, series, context);
  return [...moved, adoption, ...(due === undefined ? [] : [rotate(candidate, due, readings, context)])];
}

/** The configuration has another key for a token of the state: the entry moves. The token stays, unless its secret moves too. */
export function moveKey(
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
    location: sourceLine(desired.location, context.file),
    reason: { kind: 'renamed', from, replaced: isReplaced },
    risk: 'safe',
    before: null,
    after: { ...shownToken(currentLive), generation: current.generation },
    from,
  };
}

/** The state's record of an adopted token, whose requested lifetime is not known. */
export function adoptedRecord(token: ShownToken, generation: number): TokenRecord {
  const { id, name, type, created_at: createdAt, expires_at: expiresAt } = token;
  return { id, name, generation, type, created_at: createdAt, expires_at: expiresAt, secret: 'unknown' };
}
