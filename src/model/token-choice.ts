/**
 * Which of an account's live tokens are taken over. The configuration names a series (`airflow`, `airflow.2`, …), and a
 * plan adopts the highest live generation of it; so of each series one token comes in, or none when it is not clear which.
 */
import type { DesiredAccount } from './desired.ts';
import { describeSpan } from './duration.ts';
import type { Skipped } from './import.ts';
import { isoTime } from './instant.ts';
import type { LiveToken } from './live.ts';
import type { StateAccount } from './state.ts';
import { generationOf, isSmokeToken, RESERVED_TOKEN_NAMES, SMOKE_TOKEN_NAME, seriesOf } from './tokens.ts';

export interface ChosenToken {
  readonly token: LiveToken;
  /** The name of its series' first generation. */
  readonly name: string;
}

type Reason = Pick<Skipped, 'reason' | 'hint'>;

export interface Choice {
  readonly chosen: readonly ChosenToken[];
  readonly skipped: readonly (Reason & { readonly token: LiveToken })[];
}

export interface ChoiceInput {
  readonly account: string;
  /** All tokens of the account that nothing manages. */
  readonly tokens: readonly LiveToken[];
  isAsked(token: LiveToken): boolean;
  /** Names of the series that the configuration or the state has already. */
  readonly taken: readonly string[];
  readonly now: number;
}

/** A token that ends sooner than this could be gone before its import is confirmed. */
const SHORTEST_LIFE_MS = 10 * 60_000;
/** The configuration's limit for `name`, which leaves room for `.2` and so on. */
const LONGEST_NAME = 245;
const REVOKE = 'When no program uses it, revoke it at MotherDuck.';

export function chooseTokens(input: ChoiceInput): Choice {
  const chosen: ChosenToken[] = [];
  const skipped: (Reason & { token: LiveToken })[] = [];
  const series = new Map<string, LiveToken[]>();
  for (const token of input.tokens) {
    const reason = whyNever(token, input.now);
    if (reason === undefined) series.set(seriesOf(token.name), [...(series.get(seriesOf(token.name)) ?? []), token]);
    else if (input.isAsked(token)) skipped.push({ token, ...reason });
  }
  // Shorter names first, so that `a` comes before `a.2`, of which `a.2.3` is a generation.
  for (const [name, tokens] of [...series].sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1))) {
    const asked = tokens.filter((token) => input.isAsked(token));
    const taken = [...input.taken, ...chosen.map((each) => each.name)].find((other) => areOneSeries(other, name));
    for (const token of asked) {
      const reason = taken === undefined ? whyNotThis(token, asked, tokens, input) : inSeries(taken);
      if (reason === undefined) chosen.push({ token, name });
      else skipped.push({ token, ...reason });
    }
  }
  return { chosen, skipped };
}

/** The names of an account's series that are managed. A key that left the configuration stands for its tokens until apply has revoked them. */
export function takenSeries(configured: DesiredAccount | undefined, held: StateAccount | undefined): string[] {
  const names = [...(held?.tokens.values() ?? [])].flatMap(({ current, intents }) => [
    ...(current ? [current.name] : []),
    ...intents.map(({ name }) => name),
  ]);
  return [...[...(configured?.tokens.values() ?? [])].map(({ name }) => name), ...names.map(seriesOf)];
}

/** What no token of such a kind is taken over for. */
function whyNever(token: LiveToken, now: number): Reason | undefined {
  const { name, expiresAt } = token;
  if (expiresAt !== null && expiresAt <= now) {
    return { reason: `it expired ${isoTime(expiresAt).slice(0, 10)}`, hint: 'Nothing is to be done.' };
  }
  if (name.trim() === '') return { reason: 'it has no name', hint: REVOKE };
  const plain = seriesOf(name).trim().toLowerCase();
  if (isSmokeToken(token)) return { reason: 'a smoke test left it', hint: 'The next apply revokes it.' };
  if (plain === SMOKE_TOKEN_NAME) return { reason: 'the smoke test keeps this name for itself', hint: REVOKE };
  if (RESERVED_TOKEN_NAMES.some((reserved) => reserved.toLowerCase() === plain)) {
    return { reason: 'MotherDuck keeps this name for itself', hint: 'Nothing is to be done.' };
  }
  if (seriesOf(name).length > LONGEST_NAME) {
    const reason = `its name has more than ${LONGEST_NAME} characters, which leaves no room for a ".2"`;
    return { reason, hint: 'Have the program use a token of a shorter name.' };
  }
  if (/\p{Cc}|\p{Cs}/u.test(name)) {
    return { reason: 'its name holds control characters', hint: 'Have the program use a token of another name.' };
  }
  return undefined;
}

/** Why it is not the one of its series. `asked` and `all` are the tokens of the series. */
function whyNotThis(
  token: LiveToken,
  asked: readonly LiveToken[],
  all: readonly LiveToken[],
  { account, now }: ChoiceInput,
): Reason | undefined {
  const ids = (tokens: readonly LiveToken[]) => tokens.map(({ id }) => id).join(' and ');
  if (asked.some(({ type }) => type !== token.type)) {
    const reason = `read/write and read scaling tokens have its name, and the configuration takes one of them: ${ids(asked)}`;
    return { reason, hint: `Say which: mdacc import ${account}/${token.id}` };
  }
  const alike = all.filter(({ type }) => type === token.type);
  const generation = (of: LiveToken) => generationOf(seriesOf(of.name), of.name) ?? 1;
  const highest = Math.max(...alike.map(generation));
  const newest = alike.filter((each) => generation(each) === highest);
  if (generation(token) < highest) {
    return { reason: `"${newest[0]?.name}" is a newer generation of it`, hint: REVOKE };
  }
  if (newest.length > 1) {
    const reason = `${newest.length} live ${token.type} tokens have its name: ${ids(newest)}`;
    return { reason, hint: 'Revoke the one that nobody uses at MotherDuck, then import again.' };
  }
  if (token.expiresAt !== null && token.expiresAt - now < SHORTEST_LIFE_MS) {
    const left = describeSpan((token.expiresAt - now) / 1000);
    return { reason: `it expires in ${left}, too soon to be taken over`, hint: 'Nothing is to be done.' };
  }
  return undefined;
}

function areOneSeries(a: string, b: string): boolean {
  return generationOf(a, b) !== undefined || generationOf(b, a) !== undefined;
}

function inSeries(name: string): Reason {
  return { reason: `its name is of the series of "${name}", which is managed`, hint: REVOKE };
}
