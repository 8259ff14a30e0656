/** Why a token is created or replaced. */
import type { DesiredToken } from '../model/desired.ts';
import type { LiveToken } from '../model/live.ts';
import type { CreateToken, InterruptedRotation, RotateToken, TokenChange } from '../model/plan.ts';
import { rotationDue } from '../model/rotation-due.ts';
import type { TokenRecord } from '../model/state.ts';
import { isoTime } from '../model/time.ts';
import { generationOf } from '../model/tokens.ts';
import { sourceLine } from './account-plan.ts';
import type { AccountRecords, TokenSeries } from './series.ts';

export interface TokenContext {
  readonly account: string;
  readonly now: number;
  /** The configuration's main file, so that its lines need no file name. */
  readonly file: string;
  /** The account is made, or was made anew, in this very plan. */
  readonly newAccount: boolean;
  /** The account is to be tested, so that a replaced token waits for a proof. */
  readonly isTested: boolean;
  /** The key that the state has for this token, when the configuration renamed it. */
  readonly renamedFrom?: string;
  readonly rotateNow: boolean;
  /** What the state holds of the whole account. */
  readonly holds: AccountRecords;
  /** Where a store would put this token's secret now. */
  secretPath(token: DesiredToken): string | undefined;
}

export function whyCreate(
  current: TokenRecord | undefined,
  currentLive: LiveToken | undefined,
  held: TokenSeries,
  context: TokenContext,
): CreateToken['reason'] {
  if (context.newAccount) return { kind: 'new_account' };
  const [orphan] = held.orphans;
  if (orphan) return { kind: 'interrupted', orphan: orphan.name };
  if (current === undefined) return { kind: 'new' };
  const expiresAt = currentLive?.expiresAt ?? (current.expires_at === null ? null : Date.parse(current.expires_at));
  if (expiresAt !== null && expiresAt <= context.now) {
    return { kind: 'expired', name: current.name, expired_at: isoTime(expiresAt) };
  }
  return { kind: 'revoked', name: current.name, id: current.id };
}

/** Why a live token is replaced; undefined when it is not due. */
export function whyRotate(
  want: DesiredToken,
  current: TokenRecord,
  live: LiveToken,
  held: TokenSeries,
  context: TokenContext,
): RotateToken['reason'] | undefined {
  const interrupted = whatWasInterrupted(want, current, held);
  if (interrupted) return interrupted;
  if (context.rotateNow) return { kind: 'requested' };
  const change = whatChanged(want, current, context);
  if (change) return { kind: 'changed', change, at: sourceLine(want.location, context.file) };
  const untested = context.isTested ? untestedReplacement(current, held) : undefined;
  if (untested) return untested;
  const due = rotationDue(want, live, current.ttl);
  if (live.expiresAt === null || due === null || due > context.now) return undefined;
  const { policy, rotateBefore: rotate_before } = want;
  const seconds_left = (live.expiresAt - context.now) / 1000;
  return { kind: 'due', expires_at: isoTime(live.expiresAt), seconds_left, policy, rotate_before };
}

/** What a run left whose end is not known: the store may hold another secret than that of the current token. */
function whatWasInterrupted(
  want: DesiredToken,
  current: TokenRecord,
  held: TokenSeries,
): InterruptedRotation | undefined {
  const orphan = held.orphans.find((each) => (generationOf(want.name, each.name) ?? 0) > current.generation);
  if (orphan) return { kind: 'interrupted', left: 'orphan', name: orphan.name, current: current.name };
  const intent = held.intents.find((each) => each.generation > current.generation);
  return intent && { kind: 'interrupted', left: 'intent', name: intent.name, current: current.name };
}

/** What the configuration wants otherwise, that a token cannot become without being replaced. */
function whatChanged(want: DesiredToken, current: TokenRecord, context: TokenContext): TokenChange | undefined {
  if (want.type !== current.type) return { field: 'type', before: current.type, after: want.type };
  if (generationOf(want.name, current.name) === undefined)
    return { field: 'name', before: current.name, after: want.name };
  if (current.ttl !== undefined && current.ttl !== want.ttl) {
    return { field: 'ttl', before: current.ttl, after: want.ttl };
  }
  if (current.secret === 'unknown') return undefined;
  const { store, secret_path: secretPath } = current.secret;
  if (store !== want.store) return { field: 'secret_store', before: store, after: want.store };
  const desiredPath = context.secretPath(want);
  return desiredPath === undefined || desiredPath === secretPath
    ? undefined
    : { field: 'secret_path', before: secretPath, after: desiredPath };
}

/**
 * A run that was stopped between storing a new secret and connecting with it left a replacement that can never be
 * verified, since its secret is not at hand any more. One that was tested and failed is left to a person.
 */
function untestedReplacement(current: TokenRecord, held: TokenSeries): InterruptedRotation | undefined {
  const isWaiting = held.retiring.some(({ record }) => record.why === 'replaced' && record.retire_at === undefined);
  if (!isWaiting || current.verified_at !== undefined || current.failed_at !== undefined) return undefined;
  return { kind: 'interrupted', left: 'untested', name: current.name, current: current.name };
}
