/**
 * Which of an account's live tokens are adopted. The configuration names a series (`airflow`, `airflow.2`, …), and a plan
 * adopts its highest live generation; so one token of each series is chosen, or none when it is ambiguous.
 */
import { compareText } from './collections.ts';
import type { DesiredAccount } from './desired.ts';
import type { TokenSkipReason } from './import.ts';
import { isExpired, type LiveToken } from './live.ts';
import { isSecretName } from './secret-name.ts';
import type { StateAccount } from './state.ts';
import { isoTime, MINUTE_MS } from './time.ts';
import { generationOf, isSmokeName, isSmokeToken, MAX_FIRST_NAME, RESERVED_TOKEN_NAMES, seriesOf } from './tokens.ts';

/** A token to adopt. */
export interface ChosenToken {
  readonly token: LiveToken;
  /** The name of its series' first generation. */
  readonly name: string;
}

/** The selected tokens, chosen or skipped. */
interface Choice {
  readonly chosen: readonly ChosenToken[];
  readonly skipped: readonly { readonly token: LiveToken; readonly reason: TokenSkipReason }[];
}

/** What to choose from. */
interface ChoiceInput {
  /** All unmanaged tokens of the account. */
  readonly tokens: readonly LiveToken[];
  isSelected(token: LiveToken): boolean;
  /** Names of the series that the configuration or the state already has. */
  readonly managed: readonly string[];
  /** MotherDuck's time, in milliseconds since 1970. */
  readonly now: number;
}

/** A token that expires sooner could be gone before its import is confirmed; milliseconds. */
const MIN_REMAINING_MS = 10 * MINUTE_MS;

/** Chooses the tokens to adopt among the selected ones; the other selected ones are skipped with a reason. */
export function chooseTokens(input: ChoiceInput): Choice {
  const chosen: ChosenToken[] = [];
  const skipped: { token: LiveToken; reason: TokenSkipReason }[] = [];
  const series = new Map<string, LiveToken[]>();
  for (const token of input.tokens) {
    const reason = whyNever(token, input.now);
    if (reason === undefined) series.set(seriesOf(token.name), [...(series.get(seriesOf(token.name)) ?? []), token]);
    else if (input.isSelected(token)) skipped.push({ token, reason });
  }
  // Shorter names first, so that `a` comes before `a.2`, of which `a.2.3` is a generation.
  for (const [name, tokens] of [...series].sort(([a], [b]) => a.length - b.length || compareText(a, b))) {
    const selected = tokens.filter((token) => input.isSelected(token));
    const managed = [...input.managed, ...chosen.map((each) => each.name)].find((other) => areOneSeries(other, name));
    for (const token of selected) {
      const reason: TokenSkipReason | undefined =
        managed === undefined
          ? whyNotThis(token, selected, tokens, input.now)
          : { kind: 'managed_series', name: managed };
      if (reason === undefined) chosen.push({ token, name });
      else skipped.push({ token, reason });
    }
  }
  return { chosen, skipped };
}

/** The names of an account's managed series. A key that was removed from the configuration counts until apply has revoked its tokens. */
export function managedSeries(desired: DesiredAccount | undefined, state: StateAccount | undefined): string[] {
  const names = [...(state?.tokens.values() ?? [])].flatMap(({ current, intents }) => [
    ...(current ? [current.name] : []),
    ...intents.map(({ name }) => name),
  ]);
  return [...[...(desired?.tokens.values() ?? [])].map(({ name }) => name), ...names.map(seriesOf)];
}

/** Why a token can never be adopted, whatever other tokens there are. */
function whyNever(token: LiveToken, now: number): TokenSkipReason | undefined {
  const { name, expiresAt } = token;
  if (expiresAt !== null && isExpired(token, now)) return { kind: 'expired', expires_at: isoTime(expiresAt) };
  if (isSmokeToken(token)) return { kind: 'smoke_token' };
  return whyNotNamed(name);
}

/** Why no token of this name can be adopted. */
export function whyNotNamed(name: string): TokenSkipReason | undefined {
  if (name.trim() === '') return { kind: 'no_name' };
  if (isSecretName(name)) return { kind: 'secret_name' };
  const plain = seriesOf(name).trim().toLowerCase();
  if (isSmokeName(plain)) return { kind: 'reserved_name', by: 'smoke_test' };
  if (RESERVED_TOKEN_NAMES.some((reserved) => reserved.toLowerCase() === plain)) {
    return { kind: 'reserved_name', by: 'motherduck' };
  }
  if (seriesOf(name).length > MAX_FIRST_NAME) return { kind: 'name_too_long', limit: MAX_FIRST_NAME };
  return /\p{Cc}|\p{Cs}/u.test(name) ? { kind: 'control_characters' } : undefined;
}

/** Why another token of the series is adopted, or none. `selected` and `all` are the tokens of the series. */
function whyNotThis(
  token: LiveToken,
  selected: readonly LiveToken[],
  all: readonly LiveToken[],
  now: number,
): TokenSkipReason | undefined {
  const { type, expiresAt } = token;
  const ids = (tokens: readonly LiveToken[]) => tokens.map(({ id }) => id).sort();
  if (selected.some((other) => other.type !== type)) return { kind: 'both_types', ids: ids(selected) };
  const alike = all.filter((other) => other.type === type);
  const generation = (of: LiveToken) => generationOf(seriesOf(of.name), of.name) ?? 1;
  const highest = Math.max(...alike.map(generation));
  const newest = alike.filter((each) => generation(each) === highest);
  if (generation(token) < highest) return { kind: 'older_generation', newest: newest[0]?.name ?? '' };
  if (newest.length > 1) return { kind: 'same_name', type, ids: ids(newest) };
  if (expiresAt !== null && expiresAt - now < MIN_REMAINING_MS) {
    return { kind: 'expires_soon', expires_in: (expiresAt - now) / 1000 };
  }
  return undefined;
}

function areOneSeries(a: string, b: string): boolean {
  return generationOf(a, b) !== undefined || generationOf(b, a) !== undefined;
}
