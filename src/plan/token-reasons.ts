/** Why a token is made or replaced, in words for a reviewer. */
import type { DesiredToken } from '../model/desired.ts';
import { describeSpan, formatDuration } from '../model/duration.ts';
import { showTime } from '../model/instant.ts';
import type { LiveToken } from '../model/live.ts';
import type { CreateToken, RotateToken } from '../model/plan.ts';
import { rotationDue } from '../model/rotation-due.ts';
import type { TokenRecord } from '../model/state.ts';
import { generationOf } from '../model/tokens.ts';
import { atLine } from './reasons.ts';
import type { AccountHoldings, Holdings } from './series.ts';

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
  readonly holds: AccountHoldings;
  /** Where a store would put this token's secret now. */
  secretPath(token: DesiredToken): string | undefined;
}

export function whyCreate(
  current: TokenRecord | undefined,
  currentLive: LiveToken | undefined,
  held: Holdings,
  context: TokenContext,
): Pick<CreateToken, 'cause' | 'reason'> {
  if (context.newAccount) return { cause: 'new', reason: 'the account is new' };
  const [orphan] = held.orphans;
  if (orphan) {
    const reason = `an interrupted run left "${orphan.name}", its secret perhaps not stored`;
    return { cause: 'interrupted', reason };
  }
  if (current === undefined) return { cause: 'new', reason: 'it is in the configuration and not in MotherDuck' };
  const expiresAt = currentLive?.expiresAt ?? (current.expires_at === null ? null : Date.parse(current.expires_at));
  if (expiresAt !== null && expiresAt <= context.now) {
    return { cause: 'expired', reason: `"${current.name}" expired ${showTime(expiresAt)}` };
  }
  const reason = `someone revoked it: "${current.name}" (${current.id}) is not in MotherDuck any more`;
  return { cause: 'revoked', reason };
}

/** Why a live token is replaced; undefined when it is not due. */
export function whyRotate(
  want: DesiredToken,
  current: TokenRecord,
  live: LiveToken,
  held: Holdings,
  context: TokenContext,
): Pick<RotateToken, 'cause' | 'reason'> | undefined {
  const interrupted = whatWasInterrupted(want, current, held);
  if (interrupted) return { cause: 'interrupted', reason: interrupted };
  if (context.rotateNow) return { cause: 'asked', reason: 'asked for with mdacc rotate' };
  const changed = whatChanged(want, current, context);
  if (changed) return { cause: 'changed', reason: `${changed}, ${atLine(want.location, context.file)}` };
  const untested = context.isTested ? untestedReplacement(current, held) : undefined;
  if (untested) return { cause: 'interrupted', reason: untested };
  const due = rotationDue(want, live, current.ttl);
  if (live.expiresAt === null || due === null || due > context.now) return undefined;
  const left = describeSpan((live.expiresAt - context.now) / 1000);
  const reason = `expires in ${left}, policy ${want.policy} rotates at ${describeSpan(want.rotateBefore)}`;
  return { cause: 'due', reason };
}

/** What a run left whose end is not known: the store may hold another secret than that of the current token. */
function whatWasInterrupted(want: DesiredToken, current: TokenRecord, held: Holdings): string | undefined {
  const orphan = held.orphans.find((each) => (generationOf(want.name, each.name) ?? 0) > current.generation);
  if (orphan) return `an interrupted run left "${orphan.name}", which may be in the store instead of "${current.name}"`;
  const intent = held.intents.find((each) => each.generation > current.generation);
  if (intent)
    return `the store may hold the secret of "${intent.name}", which came to nothing, instead of "${current.name}"`;
  return undefined;
}

/** What the configuration wants otherwise, that a token cannot become without being replaced. */
function whatChanged(want: DesiredToken, current: TokenRecord, context: TokenContext): string | undefined {
  if (want.type !== current.type) return `type ${current.type} -> ${want.type}`;
  if (generationOf(want.name, current.name) === undefined) return `name "${current.name}" -> "${want.name}"`;
  if (current.ttl !== undefined && current.ttl !== want.ttl) {
    return `ttl ${showTtl(current.ttl)} -> ${showTtl(want.ttl)}`;
  }
  if (current.secret === 'unknown') return undefined;
  const { store, secret_path: secretPath } = current.secret;
  if (store !== want.store) return `secret store ${store} -> ${want.store}`;
  const desiredPath = context.secretPath(want);
  return desiredPath === undefined || desiredPath === secretPath
    ? undefined
    : `its secret's place ${secretPath} -> ${desiredPath}`;
}

function showTtl(ttl: number | null): string {
  return ttl === null ? 'never' : formatDuration(ttl);
}

/**
 * A run that was stopped between storing a new secret and connecting with it left a replacement that can never be
 * proved, since its secret is not at hand any more. One that was tested and failed is left to a person.
 */
function untestedReplacement(current: TokenRecord, held: Holdings): string | undefined {
  const isWaiting = held.retiring.some(({ record }) => record.why === 'replaced' && record.retire_at === undefined);
  if (!isWaiting || current.verified_at !== undefined || current.failed_at !== undefined) return undefined;
  return `an interrupted run stored "${current.name}" and did not see it connect`;
}
