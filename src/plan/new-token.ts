/** The token that a creation or a rotation makes: its generation, its name, and where its secret goes. */
import { type Action, type RotateToken, storingActions } from '../model/action.ts';
import { defined } from '../model/defined.ts';
import type { DesiredToken } from '../model/desired.ts';
import { isExpired, type LiveToken } from '../model/live.ts';
import type { PlanError, PlanWarning } from '../model/notice.ts';
import { type PlannedToken, shownToken, storeNames } from '../model/planned-token.ts';
import { rotationDue, SHORT_OVERLAP } from '../model/rotation-due.ts';
import { copiesOf, type StateToken, type TokenRecord } from '../model/state.ts';
import { generationName, generationOf, MAX_GENERATION, seriesOf } from '../model/tokens.ts';
import { sourceLine } from './account-plan.ts';
import { byEarlierCommand } from './secret-removals.ts';
import type { TokenContext, TokenReadings } from './token-reasons.ts';
import { isNamedAfter, liveGeneration } from './token-series.ts';

/** The rotation of a current token. */
export function rotate(
  old: LiveToken,
  why: RotateToken['reason'],
  readings: TokenReadings,
  context: TokenContext,
): Action {
  const { desired } = readings;
  const after = plannedToken(readings, context, old);
  const isShort = desired.overlap < SHORT_OVERLAP;
  // Its programs may write no more, or reach other Ducklings.
  const isOtherType = why.kind === 'changed' && why.change.field === 'type';
  return {
    action: 'rotate_token',
    account: context.account,
    token: desired.key,
    location: sourceLine(desired.location, context.file),
    reason: why,
    risk: isShort || isOtherType || after.orphans !== undefined ? 'disruptive' : 'safe',
    before: shownToken(old),
    after: {
      ...after,
      overlap: after.revokes_old === undefined ? desired.overlap : 0,
      ...(after.revokes_old !== undefined || isNamedAfter([desired.key, desired.name], old.name)
        ? {}
        : { keeps_old: true }),
    },
  };
}

/**
 * What a creation or a rotation makes: the next free name of the series, and where its secret goes.
 *
 * @param old The token that it replaces, whose generation may be another than the state's when it is adopted just before.
 */
export function plannedToken(
  { desired, state, live, series }: TokenReadings,
  { records, secretPath, isCommandChanged, heldBy, revokesOld, now }: TokenContext,
  old?: LiveToken,
): PlannedToken {
  const { storedOrphans, retiring } = series;
  const toRetire = retiring
    .filter(
      ({ record, live, isReplaced }) =>
        !isExpired(live, now) && (!isReplaced || record.retire_at === undefined || heldBy(record) !== undefined),
    )
    .map(({ live }) => shownToken(live));
  const names = new Set(live.map((token) => token.name));
  const generations = live.map((token) => liveGeneration(desired.name, token) ?? 0);
  const replaced = old === undefined ? 0 : (liveGeneration(seriesOf(old.name), old) ?? 0);
  let generation = Math.max(state?.generation ?? 0, replaced, ...generations) + 1;
  const isTaken = (name: string) => names.has(name) || records.names.has(name);
  while (isTaken(generationName(desired.name, generation))) generation += 1;
  return {
    name: generationName(desired.name, generation),
    generation,
    type: desired.type,
    ttl: desired.ttl,
    ...rotateBefore(desired),
    ...defined({ description: desired.description }),
    secret_store: storeNames(desired.stores),
    ...secretMoves(state, desired, secretPath, isCommandChanged),
    policy: desired.policy,
    ...(state?.current?.secret === 'unknown' ? { first_secret: true as const } : {}),
    ...defined({ revokes_old: revokesOld }),
    ...(storedOrphans.length === 0 ? {} : { orphans: storedOrphans.map(shownToken) }),
    ...(toRetire.length === 0 ? {} : { retiring: toRetire }),
  };
}

function rotateBefore(desired: DesiredToken): Pick<PlannedToken, 'rotate_before'> {
  const expiresAt = desired.ttl === null ? null : desired.ttl * 1000;
  const due = rotationDue(desired, { createdAt: 0, expiresAt }, desired.ttl);
  return expiresAt === null || due === null ? {} : { rotate_before: (expiresAt - due) / 1000 };
}

function secretMoves(
  state: StateToken | undefined,
  desired: DesiredToken,
  secretPath: TokenContext['secretPath'],
  isCommandChanged: (store: string) => boolean,
): Pick<PlannedToken, 'secret_moves'> {
  const secret = state?.current?.secret ?? 'unknown';
  if (secret === 'unknown') return {};
  const paths = new Map(desired.stores.map((store) => [store, secretPath(desired, store)]));
  if ([...paths.values()].includes(undefined)) return {};
  const moved = copiesOf(secret).flatMap(({ store, secret_path: path }) => {
    if (paths.get(store) !== path) return [path];
    return isCommandChanged(store) ? [byEarlierCommand(path)] : [];
  });
  if (moved.length === 0) return {};
  // Where it stays as well, it does not move to.
  const stays = new Set(copiesOf(secret).flatMap(({ secret_path: path }) => (moved.includes(path) ? [] : [path])));
  const all = [...paths.values()].flatMap((path) => path ?? []);
  const added = all.filter((path) => !stays.has(path) || moved.includes(byEarlierCommand(path)));
  return { secret_moves: { before: moved.join(', '), after: (added.length === 0 ? all : added).join(', ') } };
}

/** The error of a token whose next generation is too large for a state. */
export function lastGeneration(
  actions: readonly Action[],
  current: TokenRecord | undefined,
  account: string,
  token: string,
): PlanError[] {
  const isPast = storingActions(actions).some(({ after }) => after.generation > MAX_GENERATION);
  return isPast ? [{ kind: 'last_generation', account, token, ...actualGeneration(current) }] : [];
}

/** The warning of a token that is not due, and whose next generation is too large for a state. */
export function noNextGeneration(
  state: StateToken | undefined,
  live: readonly LiveToken[],
  desired: DesiredToken,
  account: string,
): PlanWarning[] {
  const isLast = (token: LiveToken) =>
    token.name.endsWith(`.${MAX_GENERATION}`) && liveGeneration(desired.name, token) === MAX_GENERATION;
  if ((state?.generation ?? 0) < MAX_GENERATION && !live.some(isLast)) return [];
  return [{ kind: 'no_next_generation', account, token: desired.key, ...actualGeneration(state?.current) }];
}

function actualGeneration(current: TokenRecord | undefined): { readonly actual?: number } {
  const actual = current === undefined ? 1 : generationOf(seriesOf(current.name), current.name);
  return actual === undefined || actual >= MAX_GENERATION ? {} : { actual };
}
