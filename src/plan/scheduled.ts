/**
 * With `--due`: the scheduled work of an account's plan. A change that somebody must see is left alone, for one token (a
 * series) or for the account; the due work of the other tokens is done nevertheless, and due work that is skipped is named.
 */
import { type Action, type CreateToken, type RotateToken, storingActions } from '../model/action.ts';
import { groupBy } from '../model/collections.ts';
import type { DesiredAccount } from '../model/desired.ts';
import type { LiveToken } from '../model/live.ts';
import type { PlanWarning } from '../model/notice.ts';
import type { NextChange } from '../model/plan.ts';
import { isRecordExpired, type ShownToken } from '../model/planned-token.ts';
import { rotationDue, SHORT_OVERLAP } from '../model/rotation-due.ts';
import type { StateAccount, TokenRecord } from '../model/state.ts';
import { DAY, DAY_MS } from '../model/time.ts';
import type { AccountPlan } from './account-plan.ts';
import { unchangedCeiling } from './compute-ceiling.ts';
import { isHastened } from './recorded-policy.ts';
import { nextOfCurrent } from './tokens.ts';

/** The readings of one account. `now` in milliseconds since 1970. */
interface Readings {
  readonly desired: DesiredAccount | undefined;
  readonly state: StateAccount | undefined;
  /** By id. */
  readonly live: ReadonlyMap<string, LiveToken>;
  readonly now: number;
}

/**
 * A due token that expires within this time is replaced even if somebody should see the plan first, since an expired token
 * certainly stops programs. A nightly run sees each token at least once within it.
 */
const LAST_MS = 2 * DAY_MS;

/** The plan with only scheduled work, and warnings of the changes that are skipped. */
export function scheduledOnly(account: string, plan: AccountPlan, readings: Readings): AccountPlan {
  const isAnother = plan.actions.some(isOfAccount);
  const older = new Set(plan.warnings.flatMap((each) => (each.kind === 'older_state' ? [each.token] : [])));
  const kept = new Map<Action, Action>();
  const due: PlanWarning[] = [];
  for (const [token, actions] of groupBy(plan.actions, tokenOf)) {
    const isLeft = isAnother || (token !== undefined && older.has(token));
    const scheduled = isLeft ? [] : actions.map((action) => asScheduled(action, readings));
    // All actions of a token are skipped together.
    const whole = token === undefined || scheduled.every((action) => action !== undefined);
    actions.forEach((action, index) => {
      const done = whole ? scheduled[index] : undefined;
      if (done !== undefined) kept.set(action, done);
    });
    if (token === undefined || (whole && !isLeft) || !isAnyDue(token, actions, readings)) continue;
    const expires_at = (recordOf(token, readings) ?? orphansOf(actions)[0])?.expires_at ?? null;
    due.push({ kind: 'due_left', account, token, expires_at });
  }
  const left = plan.actions.filter((action) => !kept.has(action));
  if (left.length === 0 && plan.protection === undefined) {
    return { ...plan, actions: plan.actions.map((action) => kept.get(action) ?? action) };
  }
  const skipped = new Set(
    left.flatMap((action) => ('token' in action && action.token !== undefined ? [action.token] : [])),
  );
  const { protection: _, ...rest } = plan;
  const unchanged = plan.compute && { compute: unchangedCeiling(plan.compute) };
  const kinds = [...new Set(left.map(({ action }) => action))];
  return {
    ...rest,
    ...unchanged,
    actions: plan.actions.flatMap((action) => kept.get(action) ?? []),
    next: [
      ...plan.next.filter(({ token, change }) => change !== 'rotates' || !skipped.has(token)),
      ...[...skipped].flatMap((token) => nextOfSkipped(account, token, readings)),
    ],
    warnings: [
      ...plan.warnings,
      ...due,
      ...storingActions(left).flatMap(({ token, after: { orphans = [] } }) =>
        orphans.map(({ name }) => ({ kind: 'orphan' as const, account, token, name, retained: false })),
      ),
      { kind: 'not_scheduled', account, actions: kinds },
    ],
  };
}

/** When the current token rotates that stays, since the change of it is skipped. Due work that is skipped has a warning instead. */
function nextOfSkipped(account: string, token: string, readings: Readings): NextChange[] {
  const [desired, current] = [readings.desired?.tokens.get(token), recordOf(token, readings)];
  const live = current && readings.live.get(current.id);
  if (desired === undefined || live === undefined) return [];
  return nextOfCurrent(desired, live, current?.ttl, account).filter(({ at }) => Date.parse(at) > readings.now);
}

/** The account is created, adopted, deleted or forgotten: nothing of it is certain before that. */
function isOfAccount(action: Action): boolean {
  return (
    ['create_account', 'adopt_account', 'delete_account'].includes(action.action) ||
    (action.action === 'forget' && action.token === undefined)
  );
}

function tokenOf(action: Action): string | undefined {
  return 'token' in action ? action.token : undefined;
}

/** The action as a scheduled run does it, for due work and the repair of interrupted runs; undefined: a scheduled run skips it. */
function asScheduled(action: Action, readings: Readings): Action | undefined {
  switch (action.action) {
    case 'rotate_token':
      return scheduledRotation(action, readings);
    case 'create_token':
      return isScheduledCreation(action, readings) ? action : undefined;
    case 'revoke_token':
      return ['removed', 'suspended'].includes(action.reason.kind) ? undefined : action;
    default:
      return undefined;
  }
}

function scheduledRotation(action: RotateToken, readings: Readings): RotateToken | undefined {
  const { reason, after, token, before } = action;
  const isDue = isCurrentDue(token, readings) || isOrphanDue(token, [action], readings);
  // Somebody saw the plan of this requested revocation, whose run was interrupted.
  const isRequested = after.revokes_old !== undefined;
  const isOrphanDone = after.orphans === undefined || isDue || isRequested;
  // It ends tokens in use soon, perhaps because a policy changed after somebody saw a plan.
  const isOverlapDone = isRequested || after.overlap >= SHORT_OVERLAP || isPolicyKnown(token, readings);
  if (['due', 'interrupted'].includes(reason.kind) && isOrphanDone && isOverlapDone) return action;
  const ending = [before, ...orphansOf([action])];
  if (!isDue || !ending.some((each) => isEnding(each, readings))) return undefined;
  const recorded = recordOf(token, readings)?.overlap ?? 0;
  return { ...action, after: { ...after, overlap: Math.max(after.overlap, recorded, DAY) } };
}

function isScheduledCreation({ reason, after, token }: CreateToken, readings: Readings): boolean {
  if (!['expired', 'interrupted'].includes(reason.kind)) return false;
  const { orphans, revokes_old: revokesOld } = after;
  if (orphans === undefined || revokesOld !== undefined) return true;
  const overlap = readings.desired?.tokens.get(token)?.overlap ?? 0;
  if (overlap < SHORT_OVERLAP && !isPolicyKnown(token, readings)) return false;
  const current = recordOf(token, readings);
  // A token that was revoked early has a replacement that another state knows.
  if (current !== undefined) return isRecordExpired(current, readings.now);
  return orphans.some((orphan) => isEnding(orphan, readings));
}

const recordOf = (token: string, { state }: Readings): TokenRecord | undefined => state?.tokens.get(token)?.current;
const isEnding = ({ expires_at: at }: Pick<ShownToken, 'expires_at'>, { now }: Readings): boolean =>
  at !== null && Date.parse(at) - now < LAST_MS;

/** Whether the policy of a token was applied before by a run that was not scheduled, with the same times or shorter ones. The token's secret was stored by this program. */
function isPolicyKnown(token: string, readings: Readings): boolean {
  const [desired, current] = [readings.desired?.tokens.get(token), recordOf(token, readings)];
  if (desired === undefined || current?.overlap === undefined || current.secret === 'unknown') return false;
  return !isHastened(desired, current);
}

/** Whether the current token of the state is due, whatever else its replacement is planned for. */
function isCurrentDue(token: string, readings: Readings): boolean {
  const [desired, current] = [readings.desired?.tokens.get(token), recordOf(token, readings)];
  const live = current && readings.live.get(current.id);
  if (desired === undefined || live === undefined) return false;
  const at = rotationDue(desired, live, current?.ttl);
  return at !== null && at <= readings.now;
}

/** The orphans that programs may use, and that actions replace. */
function orphansOf(actions: readonly Action[]): readonly ShownToken[] {
  return storingActions(actions).flatMap(({ after }) => after.orphans ?? []);
}

function isOrphanDue(token: string, actions: readonly Action[], readings: Readings): boolean {
  const desired = readings.desired?.tokens.get(token);
  return orphansOf(actions).some(({ id }) => {
    const live = readings.live.get(id);
    const at = desired && live ? rotationDue(desired, live, desired.ttl) : null;
    return at !== null && at <= readings.now;
  });
}

/** Whether something of a managed token is due. */
function isAnyDue(token: string, actions: readonly Action[], readings: Readings): boolean {
  if (readings.state === undefined) return false;
  if (actions.some(({ action, reason }) => action === 'adopt_token' && reason.kind === 'unmanaged')) return false;
  // Of an older state, another run replaced the current token.
  const isReplaced = actions.some(({ action, reason }) => action === 'adopt_token' && reason.kind === 'newer');
  return (
    (!isReplaced && isCurrentDue(token, readings)) ||
    isOrphanDue(token, actions, readings) ||
    actions.some(({ reason }) => ['due', 'expired', 'overlap_ended'].includes(reason.kind)) ||
    (actions.some(({ action }) => action === 'create_token') && isCurrentExpired(token, readings))
  );
}

function isCurrentExpired(token: string, readings: Readings): boolean {
  const current = recordOf(token, readings);
  return current !== undefined && isRecordExpired(current, readings.now);
}
