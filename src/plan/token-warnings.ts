/** What a plan warns of about the tokens of one series. */
import type { Action } from '../model/action.ts';
import { defined } from '../model/defined.ts';
import type { DesiredToken } from '../model/desired.ts';
import { isExpired, type LiveToken } from '../model/live.ts';
import type { PlanWarning } from '../model/notice.ts';
import { isShortened } from '../model/rotation-due.ts';
import type { StateToken } from '../model/state.ts';
import { DAY, HOUR_MS, type Seconds } from '../model/time.ts';
import { isHastened, policyOf } from './recorded-policy.ts';
import { awaitsRequest } from './revoke-request.ts';
import type { HeldBy } from './store-facts.ts';
import { isNamedAfter, type SeriesContext, type TokenSeries } from './token-series.ts';

/**
 * A token that MotherDuck gave less life than requested, with what has to be shorter too where a `ttl` of that life is set.
 *
 * @param asked The lifetime that was requested, in seconds; null: until revoked; undefined: adopted, so not known.
 */
export function shorterLife(
  desired: DesiredToken,
  asked: Seconds | null | undefined,
  { name, createdAt, expiresAt }: Pick<LiveToken, 'name' | 'createdAt' | 'expiresAt'>,
  account: string,
): (PlanWarning & { readonly kind: 'shorter_life' })[] {
  if (asked === undefined || expiresAt === null || !isShortened({ createdAt, expiresAt }, asked)) return [];
  const given = (expiresAt - createdAt) / 1000;
  const { key: token, rotateBefore, jitter = 0, overlap, ownTtl } = desired;
  return [
    {
      ...{ kind: 'shorter_life', account, token, name, asked, given },
      ...(ownTtl ? { own_ttl: true } : {}),
      ...(rotateBefore < given ? {} : { rotate_before: rotateBefore }),
      ...(rotateBefore + jitter < given || jitter === 0 ? {} : { jitter }),
      ...(overlap < given ? {} : { overlap }),
    },
  ];
}

/** Whether a warning is of an account that left the configuration and stays. */
interface Retention {
  readonly isRetained?: boolean;
}

/** A token with the name of another series is not revoked, even if the state has it. */
export function otherSeries({ series, account, token }: SeriesContext): PlanWarning[] {
  return series.others.map(({ id, name }) => ({ kind: 'other_series', account, token, name, id }));
}

/** The state has them as replaced, and no live token can have replaced them: they may be in use. */
export function notReplaced({ series, account, token, now }: SeriesContext): PlanWarning[] {
  return series.retiring
    .filter(({ record, live, isReplaced }) => {
      return !isReplaced && record.retire_at !== undefined && !isExpired(live, now);
    })
    .map(({ live: { id, name } }) => ({ kind: 'not_replaced', account, token, name, id }));
}

/** The overlap of these has ended, and a store has their secret where that of their replacement must be. */
export function heldTokens(
  { series, account, token, now }: SeriesContext,
  heldBy: HeldBy,
  { isRetained = false }: Retention = {},
): PlanWarning[] {
  const retained = isRetained ? { retained: true as const } : {};
  return series.retiring
    .filter(({ record, live }) => Date.parse(record.retire_at ?? '') <= now && !isExpired(live, now))
    .flatMap(({ record, live: { name } }): PlanWarning[] => {
      const by = heldBy(record);
      if (by === undefined) return [];
      const unread = by === 'unreadable' ? { unreadable: true as const } : {};
      return [{ kind: 'overlap_held', account, token, name, ...retained, ...unread }];
    });
}

/** Clocks differ, and so do the times of a plan and of its apply. */
const SLACK_MS = HOUR_MS;
/** An overlap that is longer is unusual, where the policy is not known. */
const LONG_OVERLAP = 30 * DAY;

/**
 * Replaced tokens that live longer from now on than an overlap lasts: the overlap was shortened since, or the state was edited.
 * Which one is not known, so their overlaps do not end sooner.
 */
export function longOverlaps({ series, account, token, now }: SeriesContext, overlap?: Seconds): PlanWarning[] {
  const end = now + (overlap ?? LONG_OVERLAP) * 1000 + SLACK_MS;
  return series.retiring.flatMap(
    ({ record: { retire_at }, live: { id, name, expiresAt }, isReplaced }): PlanWarning[] =>
      !isReplaced || Math.min(Date.parse(retire_at ?? '') || 0, expiresAt ?? Number.POSITIVE_INFINITY) <= end
        ? []
        : [
            {
              kind: 'long_overlap',
              account,
              token,
              name,
              id,
              retire_at: retire_at ?? '',
              ...defined({ overlap }),
            },
          ],
  );
}

/** With a new name, the tokens of the old one leave the series, and are not revoked any more. */
export function leftLive(
  action: Action,
  { retiring }: TokenSeries,
  bases: readonly string[],
  revocations: readonly Action[],
): PlanWarning[] {
  if (action.action !== 'rotate_token' || action.after.keeps_old === undefined) return [];
  const { account, token, before, after } = action;
  const ended = new Set(revocations.map((one) => (one.action === 'revoke_token' ? one.before.id : undefined)));
  const old = retiring.map(({ live }) => live).filter(({ id, name }) => !ended.has(id) && !isNamedAfter(bases, name));
  return [before, ...old].map(({ id, name }) => ({ kind: 'left_live', account, token, name, id, by: after.name }));
}

/** A second token of a name may be anybody's, so it is neither adopted nor revoked. */
export function rivals(
  tokens: readonly LiveToken[],
  state: StateToken | undefined,
  { account, token }: Pick<SeriesContext, 'account' | 'token'>,
  { isRemoved = false } = {},
): PlanWarning[] {
  const current = state?.current?.name ?? '';
  const removed = isRemoved ? { removed: true as const } : {};
  return tokens.map(({ id, name }) => ({ kind: 'rival', account, token, name, id, current, ...removed }));
}

/** Orphans that may be stored, and that no action replaces. */
export function orphanWarnings(
  { series, account, token }: SeriesContext,
  { isRetained = false }: Retention = {},
): PlanWarning[] {
  return series.storedOrphans.map(({ name }) => ({ kind: 'orphan', account, token, name, retained: isRetained }));
}

/**
 * Replaced tokens that stay, because the one that replaced them was not verified. Those that were to be revoked at once are
 * among them also when an apply accepted that one as it is, and their overlap has begun.
 */
export function unverifiedTokens(
  state: StateToken | undefined,
  { series, account, token, now }: SeriesContext,
  { isRetained = false }: Retention = {},
): (PlanWarning & { readonly kind: 'unverified' })[] {
  const current = state?.current;
  if (state === undefined || current === undefined) return [];
  const adopted = {
    ...(current.secret === 'unknown' ? { adopted: true as const } : {}),
    ...(isRetained ? { retained: true as const } : {}),
    ...(state.revoke_old === undefined ? {} : { requested: true as const }),
  };
  return series.retiring
    .filter(
      ({ record, live }) =>
        !isExpired(live, now) && (record.retire_at === undefined || awaitsRequest(state, live.name)),
    )
    .map(({ record, live }) => ({
      kind: 'unverified',
      account,
      token,
      name: current.name,
      replaced: live.name,
      ...adopted,
      ...defined({ retire_at: record.retire_at }),
    }));
}

/** Warns that a policy got a shorter overlap or an earlier rotation: nothing changes now, but a later scheduled run acts by it. */
export function hastened(desired: DesiredToken, state: StateToken | undefined, account: string): PlanWarning[] {
  const current = state?.current;
  if (current === undefined || !isHastened(desired, current)) return [];
  const after = policyOf(desired);
  const { overlap = after.overlap, rotate_before = after.rotate_before } = current;
  return [{ kind: 'policy_hastened', account, token: desired.key, before: { overlap, rotate_before }, after }];
}

/** Live tokens that expire, and whose replacements do not. */
export function endless(actions: readonly Action[]): PlanWarning[] {
  return actions.flatMap((action): PlanWarning[] =>
    action.action === 'rotate_token' && action.after.ttl === null && action.before.expires_at !== null
      ? [{ kind: 'never_expires', account: action.account, token: action.token, name: action.after.name }]
      : [],
  );
}
