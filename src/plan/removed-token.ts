/** Tokens that only the state has: their key, or their account, left the configuration, or the account is suspended. */
import type { Action, Risk, SourceLine } from '../model/action.ts';
import { defined } from '../model/defined.ts';
import type { DesiredAccount } from '../model/desired.ts';
import { isExpired, type LiveToken } from '../model/live.ts';
import type { NextChange } from '../model/plan.ts';
import { shownToken } from '../model/planned-token.ts';
import type { StateToken } from '../model/state.ts';
import { isoTime } from '../model/time.ts';
import { seriesOf } from '../model/tokens.ts';
import { sourceLine } from './account-plan.ts';
import { futureRevocations, revokeEnded } from './revocations.ts';
import { requestedRevocations } from './revoke-request.ts';
import type { TokenContext } from './token-reasons.ts';
import {
  type AccountRecords,
  newerTokens,
  rivalTokens,
  takenBy,
  tokenSeries,
  withoutRetiring,
} from './token-series.ts';
import {
  heldTokens,
  longOverlaps,
  notReplaced,
  orphanWarnings,
  otherSeries,
  rivals,
  unverifiedTokens,
} from './token-warnings.ts';
import type { TokenPlan } from './tokens.ts';

/** The facts by which a token is planned that is not in the configuration. */
interface RemovalContext extends Pick<TokenContext, 'account' | 'now' | 'recreated'> {
  readonly suspended?: SuspendedKey;
}

/** A token that a suspended account gets again: the location of `suspended: true`, and the token's name. */
interface SuspendedKey {
  readonly location: SourceLine;
  readonly name: string;
}

/** The key of a suspended account; undefined when its token is not to come back. */
export function suspendedKey({ suspended }: DesiredAccount, key: string, file: string): SuspendedKey | undefined {
  const name = suspended?.tokens.get(key)?.name;
  if (suspended === undefined || name === undefined) return undefined;
  return { location: sourceLine(suspended.location, file), name };
}

/**
 * Plans a token of the state whose key is no longer in the configuration, or whose account is suspended.
 *
 * @param isClaimed Whether an unknown live token belongs to another key, by its id or by its name.
 * @param recreated Whether the account is another one than in the state: then its tokens are known by their ids alone.
 */
export function planRemovedToken(
  key: string,
  state: StateToken,
  live: readonly LiveToken[],
  isClaimed: (token: LiveToken) => boolean,
  records: AccountRecords,
  { account, now, recreated, suspended }: RemovalContext,
): TokenPlan {
  const series = tokenSeries({ names: [key], state, live, records, now });
  const own = { account, token: key, now, series };
  const known = state.current ?? state.intents[0] ?? state.retiring[0];
  const base = seriesOf(known?.name ?? suspended?.name ?? key);
  const about = { account, token: key, ...defined({ location: suspended?.location }) };
  const reason = { kind: suspended ? 'suspended' : 'removed' } as const;
  const isInState = takenBy(records, now);
  const isTaken = (token: LiveToken) => isClaimed(token) || isInState(token);
  // The name alone does not show that a token is the state's: it is named as unmanaged.
  const found = known === undefined ? [] : newerTokens(base, state, series, live, isTaken, now);
  // Whoever created the account again created its tokens, which only share their names with those of the state.
  const newer = recreated === undefined ? found : [];
  const all = live.filter(
    (token) => series.known.has(token.id) || series.orphans.includes(token) || newer.includes(token),
  );
  const actions: Action[] = all.map((token) => {
    const replaced = series.retiring.find((entry) => entry.live.id === token.id);
    // Until its overlap has ended, programs may use a replaced token.
    const isUnused = replaced?.isReplaced && !replaced.isTooEarly && Date.parse(replaced.record.retire_at ?? '') <= now;
    const risk: Risk = isUnused || isExpired(token, now) ? 'safe' : 'disruptive';
    return { action: 'revoke_token', ...about, reason, risk, before: shownToken(token), after: null };
  });
  const ids = new Set([state.current?.id, ...state.retiring.map((old) => old.id)]);
  const isLeft = live.some((token) => ids.has(token.id) && !all.includes(token));
  const isUnclear = recreated === 'possible' && found.length > 0;
  // For a token of a suspended account, the state only keeps the generation.
  const isDone = suspended !== undefined && known === undefined;
  if ((actions.length === 0 || isLeft) && !isUnclear && !isDone) {
    actions.push({ action: 'forget', ...about, reason, risk: 'safe', before: { username: account }, after: null });
  }
  return {
    actions,
    warnings: [
      ...(newer.length === 0 && !isUnclear
        ? []
        : [
            {
              kind: 'older_state' as const,
              account,
              token: key,
              names: found.map(({ name }) => name),
              removed: true as const,
              ...defined({ recreated }),
            },
          ]),
      ...otherSeries(own),
      ...rivals(rivalTokens([base], state, series, live, isTaken, now), state, own, { isRemoved: true }),
    ],
    errors: [],
    next: [],
    known: new Set(all.map((token) => token.id)),
    unverified: false,
  };
}

/** Scheduled work of a retained account's token: ended overlaps, and unfinished revocations of `--revoke-old`. Orphans stay, since programs may use them. */
export function planRetainedToken(
  key: string,
  state: StateToken,
  live: readonly LiveToken[],
  records: AccountRecords,
  { account, now, heldBy }: Pick<TokenContext, 'account' | 'now' | 'heldBy'>,
): TokenPlan {
  const series = tokenSeries({ names: [key], state, live, records, now });
  const own = { account, token: key, now, series };
  const requested = requestedRevocations([], state, own);
  const ended = new Set(requested.map(({ before }) => before.id));
  const others = withoutRetiring(own, ended);
  const actions = [...requested, ...revokeEnded(others, heldBy)];
  const known = new Set([...series.known, ...series.orphans.map((orphan) => orphan.id)]);
  const base = seriesOf(state.current?.name ?? key);
  const newer = state.current === undefined ? [] : newerTokens(base, state, series, live, takenBy(records, now), now);
  const names = newer.map(({ name }) => name);
  return {
    actions,
    warnings: [
      ...(names.length === 0 ? [] : [{ kind: 'older_state', account, token: key, names, retained: true } as const]),
      ...otherSeries(own),
      ...unverifiedTokens(state, own, { isRetained: true }),
      ...notReplaced(others),
      ...heldTokens(others, heldBy, { isRetained: true }),
      ...orphanWarnings(own, { isRetained: true }),
      ...longOverlaps(others),
    ],
    errors: [],
    next: [...expiryOfRetained(state, live, account, key, now), ...futureRevocations(others)],
    known,
    unverified: false,
  };
}

/** A retained account's tokens are not rotated, so they expire. */
function expiryOfRetained(
  state: StateToken,
  live: readonly LiveToken[],
  account: string,
  token: string,
  now: number,
): NextChange[] {
  const current = live.find((each) => each.id === state.current?.id);
  if (current === undefined || current.expiresAt === null || isExpired(current, now)) return [];
  return [{ account, token, change: 'expires', name: current.name, at: isoTime(current.expiresAt) }];
}
