/** Why a token is created or replaced. */
import type { CreateToken, InterruptedRotation, RotateToken } from '../model/action.ts';
import type { DesiredToken } from '../model/desired.ts';
import type { LiveToken } from '../model/live.ts';
import { type RevokesOld, storeNames, type TokenChange } from '../model/planned-token.ts';
import { isShortened, policyMargin, rotationDue } from '../model/rotation-due.ts';
import { copiesOf, mayBeStored, type StateToken, type TokenRecord } from '../model/state.ts';
import { isoTime } from '../model/time.ts';
import { generationOf, seriesOf } from '../model/tokens.ts';
import type { HeldBy } from './store-facts.ts';
import type { AccountRecords, TokenSeries } from './token-series.ts';

/** Whether an account is another one of the same name than in the state; `possible` where users cannot be listed. */
export type Recreated = 'certain' | 'possible';

/** The facts by which a token is planned. `now` in milliseconds since 1970. */
export interface TokenContext {
  readonly account: string;
  readonly now: number;
  /** The configuration's main file, so that its lines need no file name. */
  readonly file: string;
  /** This plan creates the account. */
  readonly newAccount: boolean;
  readonly recreated?: Recreated | undefined;
  /** The account is to be tested, so a replaced token waits for its replacement to be verified. */
  readonly isSmokeTested: boolean;
  /** The key of this token in the state, when the configuration renamed it. */
  readonly renamedFrom?: string;
  readonly rotateNow: boolean;
  /** The earlier tokens of the series are to be revoked at once, by the present command or by one that was not completed. */
  readonly revokesOld: RevokesOld | undefined;
  /** An earlier command was to replace and revoke the token of this generation. */
  isRevocationDue(generation: number): boolean;
  /** Another command than the present one of the store stored the token's secret. */
  readonly isCommandChanged: (store: string) => boolean;
  /** The store has the secret of a replaced token where that of its replacement must be. */
  readonly heldBy: HeldBy;
  /** What the state says of interrupted creations is confirmed: it is this account, and the store has the current secret. */
  readonly isUnstored: boolean;
  /** The tokens of the whole account in the state. */
  readonly records: AccountRecords;
  /** Where a store would put this token's secret now. */
  secretPath(token: DesiredToken, store: string): string | undefined;
}

/** A token of the configuration, with what the state and MotherDuck have of it. */
export interface TokenReadings {
  readonly desired: DesiredToken;
  readonly state: StateToken | undefined;
  /** The live tokens that can be of its series. */
  readonly live: readonly LiveToken[];
  readonly series: TokenSeries;
}

/** Why a token is created. */
export function whyCreate(
  state: Pick<StateToken, 'current' | 'suspended'> | undefined,
  currentLive: LiveToken | undefined,
  series: TokenSeries,
  context: TokenContext,
): CreateToken['reason'] {
  if (context.newAccount) return { kind: 'new_account' };
  const [stored] = series.storedOrphans;
  if (stored) return { kind: 'interrupted', orphan: stored.name };
  const [orphan] = series.orphans;
  if (orphan) return { kind: 'interrupted', orphan: orphan.name, stored: false };
  const { current } = state ?? {};
  if (current === undefined) return { kind: state?.suspended ? 'resumed' : 'new' };
  const expiresAt = currentLive?.expiresAt ?? (current.expires_at === null ? null : Date.parse(current.expires_at));
  if (expiresAt !== null && expiresAt <= context.now) {
    return { kind: 'expired', name: current.name, expired_at: isoTime(expiresAt) };
  }
  return { kind: 'revoked', name: current.name, id: current.id };
}

/** Why a live token is replaced; undefined when it is not due. */
export function whyRotate(
  desired: DesiredToken,
  current: TokenRecord,
  live: LiveToken,
  series: TokenSeries,
  context: TokenContext,
): RotateToken['reason'] | undefined {
  const interrupted = whatWasInterrupted(current, series);
  if (interrupted) return interrupted;
  if (context.rotateNow) return { kind: 'requested' };
  if (context.isRevocationDue(current.generation)) {
    return { kind: 'interrupted', left: 'revocation', name: current.name, current: current.name };
  }
  const change = whatChanged(desired, current, context);
  if (change) return { kind: 'changed', change };
  const untested = context.isSmokeTested ? untestedReplacement(current, series) : undefined;
  if (untested) return untested;
  const due = rotationDue(desired, live, current.ttl);
  if (live.expiresAt === null || due === null || due > context.now) return undefined;
  const { policy } = desired;
  const seconds_left = (live.expiresAt - context.now) / 1000;
  const rotate_before = (live.expiresAt - due) / 1000;
  const shortened = isShortened(live, current.ttl) ? { shortened: true as const } : {};
  const { earlier } = desired;
  const jitter = earlier === undefined || rotate_before !== policyMargin(desired) ? {} : { earlier };
  const expires_at = isoTime(live.expiresAt);
  return { kind: 'due', expires_at, seconds_left, policy, rotate_before, ...jitter, ...shortened };
}

/** What an interrupted run left: the store may have another secret than that of the current token. */
function whatWasInterrupted(current: TokenRecord, series: TokenSeries): InterruptedRotation | undefined {
  // The configuration may have another name by now.
  const orphan = series.storedOrphans.find(
    ({ name }) => (generationOf(seriesOf(name), name) ?? 0) > current.generation,
  );
  if (orphan) return { kind: 'interrupted', left: 'orphan', name: orphan.name, current: current.name };
  const intent = series.intents.find((each) => mayBeStored(each) && each.generation > current.generation);
  return intent && { kind: 'interrupted', left: 'intent', name: intent.name, current: current.name };
}

/** How the token differs from the configuration, in a way that only a replacement settles. */
function whatChanged(desired: DesiredToken, current: TokenRecord, context: TokenContext): TokenChange | undefined {
  if (desired.type !== current.type) return { field: 'type', before: current.type, after: desired.type };
  if (generationOf(desired.name, current.name) === undefined)
    return { field: 'name', before: current.name, after: desired.name };
  if (current.ttl !== undefined && current.ttl !== desired.ttl) {
    return { field: 'ttl', before: current.ttl, after: desired.ttl };
  }
  if (current.secret === 'unknown') return undefined;
  const copies = copiesOf(current.secret);
  const stores = copies.map(({ store }) => store);
  if (stores.length !== desired.stores.length || stores.some((store) => !desired.stores.includes(store)))
    return { field: 'secret_store', before: storeNames(stores), after: storeNames(desired.stores) };
  for (const { store, secret_path: before } of copies) {
    const after = context.secretPath(desired, store);
    if (after !== undefined && after !== before) return { field: 'secret_path', before, after };
  }
  return undefined;
}

/**
 * A run that was stopped between storing a new secret and connecting with it left a replacement that can never be
 * verified, since its secret is no longer in memory. One that was tested and failed is left to the user, and so is one
 * that was adopted.
 */
function untestedReplacement(current: TokenRecord, series: TokenSeries): InterruptedRotation | undefined {
  const isRetiring = series.retiring.some(({ record }) => record.retire_at === undefined);
  const isDecided = current.verified_at !== undefined || current.failed_at !== undefined;
  if (!isRetiring || isDecided || current.secret === 'unknown') return undefined;
  return { kind: 'interrupted', left: 'untested', name: current.name, current: current.name };
}
