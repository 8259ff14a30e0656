/** What `mdacc import` takes, by its own choice: a fix must not name a command that refuses. */
import type { DesiredAccount } from '../model/desired.ts';
import type { LiveToken } from '../model/live.ts';
import type { StateAccount } from '../model/state.ts';
import { chooseTokens, takenSeries } from '../model/token-choice.ts';
import { seriesOf } from '../model/tokens.ts';
import { accountKey, USERNAME_PATTERN } from '../model/username.ts';

/** `held`: the state has an account of the name. `unnameable`: the name cannot stand in the configuration. */
export type WhyNotImported = 'held' | 'unnameable';

/** Why import does not take an account that is not in the configuration; undefined when it does. */
export function whyNotImported(username: string, held: StateAccount | undefined): WhyNotImported | undefined {
  if (held !== undefined) return 'held';
  return USERNAME_PATTERN.test(username) ? undefined : 'unnameable';
}

export interface ImportReadings {
  readonly username: string;
  /** Absent: the account would be imported with all of its tokens. */
  readonly want: DesiredAccount | undefined;
  readonly held: StateAccount | undefined;
  readonly why: WhyNotImported | undefined;
  /** The account's tokens that nothing manages. */
  readonly unmanaged: readonly LiveToken[];
  readonly now: number;
}

/** Ids of the tokens that come in: each by its own name with a configured account, and all at once with a new one. */
export function adoptableTokens({ username, want, held, why, unmanaged, now }: ImportReadings): ReadonlySet<string> {
  if (why !== undefined) return new Set();
  const about = { account: accountKey(username), taken: takenSeries(want, held), now };
  const choose = (tokens: readonly LiveToken[], isAsked: (token: LiveToken) => boolean) =>
    chooseTokens({ ...about, tokens, isAsked }).chosen.map(({ token }) => token.id);
  if (want === undefined) return new Set(choose(unmanaged, () => true));
  return new Set(
    bySeries(unmanaged).flatMap((tokens) =>
      tokens
        .filter(({ id, name }) => choose(tokens, (other) => other.id === id || other.name === name).includes(id))
        .map(({ id }) => id),
    ),
  );
}

function bySeries(tokens: readonly LiveToken[]): LiveToken[][] {
  const series = new Map<string, LiveToken[]>();
  for (const token of tokens) {
    const name = seriesOf(token.name);
    series.set(name, [...(series.get(name) ?? []), token]);
  }
  return [...series.values()];
}
