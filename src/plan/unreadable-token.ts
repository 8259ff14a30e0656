/** Live tokens of which this version cannot read all. */
import type { LiveAccount } from '../model/live.ts';
import type { StateToken } from '../model/state.ts';
import { generationOf, seriesOf } from '../model/tokens.ts';
import type { TokenPlan } from './tokens.ts';

/** The plan of a token that a live token, of which this version cannot read all, may belong to: nothing is done to it. */
export function unreadableToken(
  account: string,
  key: string,
  names: readonly string[],
  state: StateToken | undefined,
  live: LiveAccount | undefined,
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
  // MotherDuck says that a name may be missing. Under another name it is no token of the state, which anybody may have edited.
  const nameless = live?.tokens.find(({ id, name }) => name === '' && ids.has(id));
  const found = live?.unreadableTokens?.find(isOwn) ?? (nameless && { why: `token ${nameless.id} has no name` });
  if (found === undefined) return undefined;
  const hint = { text: 'MotherDuck may have added it: install a newer version of motherduck-accounts.' };
  return {
    actions: [],
    warnings: [],
    errors: [{ kind: 'unreadable', account, token: key, code: 'ACCOUNT_UNREADABLE', why: found.why, hint }],
    next: [],
    known: new Set([...(live?.tokens ?? []), ...(live?.unreadableTokens ?? [])].filter(isOwn).map(({ id }) => id)),
    unverified: false,
  };
}
