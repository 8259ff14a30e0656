/** Live tokens of which this version cannot read all. */
import { NEW_AT_MOTHERDUCK } from '../model/hints.ts';
import type { LiveAccount, UnreadableToken } from '../model/live.ts';
import type { TokenAddress } from '../model/secret.ts';
import type { StateToken } from '../model/state.ts';
import { generationOf, seriesOf } from '../model/tokens.ts';
import type { TokenPlan } from './tokens.ts';

/**
 * The live tokens of an account of which this version cannot read all. MotherDuck says that a name may be missing; under another
 * name, one is no token of the state, which anybody may have edited.
 */
export function unreadableTokens(live: LiveAccount | undefined): UnreadableToken[] {
  const nameless = live?.tokens.filter(({ name }) => name === '') ?? [];
  return [
    ...(live?.unreadableTokens ?? []),
    ...nameless.map(({ id, name }) => ({ id, name, why: `token ${id} has no name` })),
  ];
}

/** The plan of a token that a live token, of which this version cannot read all, may belong to: nothing is done to it. */
export function unreadableToken(
  { account, token: key }: TokenAddress,
  names: readonly string[],
  state: StateToken | undefined,
  live: LiveAccount | undefined,
  unreadable: readonly UnreadableToken[],
): TokenPlan | undefined {
  const records = state === undefined ? [] : [...(state.current ? [state.current] : []), ...state.retiring];
  const ids = new Set(records.map(({ id }) => id));
  const bases = [
    ...names,
    ...records.map(({ name }) => seriesOf(name)),
    ...(state?.intents ?? []).map(({ name }) => seriesOf(name)),
  ];
  const isOwn = (token: { readonly id: string; readonly name: string }) =>
    ids.has(token.id) || bases.some((base) => generationOf(base, token.name) !== undefined);
  const found = unreadable.find(isOwn);
  if (found === undefined) return undefined;
  const hint = { text: NEW_AT_MOTHERDUCK };
  return {
    actions: [],
    warnings: [],
    errors: [{ kind: 'unreadable', account, token: key, code: 'ACCOUNT_UNREADABLE', why: found.why, hint }],
    next: [],
    known: new Set([...(live?.tokens ?? []), ...unreadable].filter(isOwn).map(({ id }) => id)),
    unverified: false,
  };
}
