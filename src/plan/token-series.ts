/**
 * A series: the live tokens that one key of the configuration stands for at MotherDuck (`airflow`, `airflow.2`, …), what
 * the state has of each, and what happens to them next without an apply of other changes.
 */
import type { DesiredToken } from '../model/desired.ts';
import { isExpired, type LiveToken } from '../model/live.ts';
import { mayBeStored, type RetiringToken, type StateToken, type TokenIntent } from '../model/state.ts';
import { isoTime, type Seconds } from '../model/time.ts';
import { generationOf, MAX_GENERATION, seriesOf } from '../model/tokens.ts';
import { canHaveCreated } from './intents.ts';

/** The tokens of an account in the state, whatever their key: another key must neither adopt them nor take them for orphans. */
export interface AccountRecords {
  /** Of current and of retiring tokens. */
  readonly ids: ReadonlySet<string>;
  /** Of tokens whose creation was begun. */
  readonly names: ReadonlySet<string>;
  readonly intents: readonly TokenIntent[];
}

/** The ids and the intents of all tokens of an account in the state. */
export function accountRecords(tokens: Iterable<StateToken>): AccountRecords {
  const all = [...tokens];
  const intents = all.flatMap((token) => token.intents);
  return {
    ids: new Set(
      all.flatMap(({ current, retiring }) => [...(current ? [current.id] : []), ...retiring.map((old) => old.id)]),
    ),
    names: new Set(intents.map(({ name }) => name)),
    intents,
  };
}

/** Tells which live tokens the state has, under any key. */
export function takenBy({ ids, intents }: AccountRecords, now: number): (token: LiveToken) => boolean {
  return (token) => ids.has(token.id) || intents.some((intent) => canHaveCreated(intent, token, now));
}

/** A live token that the state has as replaced. */
interface RetiringEntry {
  /** As in the state; with a later end of its overlap where that of the state cannot be true. */
  readonly record: RetiringToken;
  readonly live: LiveToken;
  /** A live token can have replaced it. Without one, it may be in use, whatever the state says, and is left alone. */
  readonly isReplaced: boolean;
  /** The state has an end that cannot be true: it was edited, or the overlap became longer since. */
  readonly isTooEarly: boolean;
}

/** What the state and MotherDuck have of one key. */
export interface TokenSeries {
  /** Ids in the state, live or not. */
  readonly known: ReadonlySet<string>;
  /** The current token, unless it has expired or the live token of its id has another name than in the state. */
  readonly current: LiveToken | undefined;
  /** The same, expired or not. */
  readonly listed: LiveToken | undefined;
  /** Live tokens that the state has for this key, and that are named after another: a damaged state, or an earlier `name`. */
  readonly others: readonly LiveToken[];
  readonly retiring: readonly RetiringEntry[];
  /** Live tokens of interrupted runs. */
  readonly orphans: readonly LiveToken[];
  /** Those whose secret may be stored, so that programs may use them. */
  readonly storedOrphans: readonly LiveToken[];
  readonly intents: readonly TokenIntent[];
}

/** A series, with the token of the configuration or the state that it belongs to. */
export interface SeriesContext {
  readonly account: string;
  /** The key. */
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly series: TokenSeries;
}

/** Whether a live token is named after one of these: its own key, name, or current token. Only such a token is revoked. */
export function isNamedAfter(bases: readonly string[], name: string): boolean {
  return bases.some((base) => generationOf(base, name) !== undefined);
}

/** What the live tokens of one key are found by. */
interface SeriesReadings {
  /** The key, and the name in the configuration. */
  readonly names: readonly string[];
  /** The key's tokens in the state. */
  readonly state: StateToken | undefined;
  /** All live tokens of the account. */
  readonly live: readonly LiveToken[];
  /** The tokens of the whole account in the state. */
  readonly records: AccountRecords;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whether anything but the state, which anybody may have edited, shows that orphans are not stored. */
  readonly isUnstored?: boolean;
  /** Of the policy, where it is known. */
  readonly overlap?: Seconds;
}

/** Finds the live tokens of one key. The state is not trusted alone: its ids must fit the live names. */
export function tokenSeries(readings: SeriesReadings): TokenSeries {
  const { names, state, live, records, now, isUnstored = false, overlap = 0 } = readings;
  const inState = live.find((token) => token.id === state?.current?.id);
  const listed = inState?.name === state?.current?.name ? inState : undefined;
  const bases = listed === undefined ? names : [...names, seriesOf(listed.name)];
  const retired = (state?.retiring ?? []).flatMap((record) => {
    const found = live.find((token) => token.id === record.id);
    return found === undefined ? [] : [{ record, live: found }];
  });
  const named = retired.filter(({ record, live }) => isNamedAfter(bases, live.name) && live.name === record.name);
  const intents = state?.intents ?? [];
  const unknown = live.filter((token) => !records.ids.has(token.id) && !isExpired(token, now));
  const isNamed = ({ name }: LiveToken) => isNamedAfter(bases, name);
  const orphans = unknown.filter(
    (token) => isNamed(token) && intents.some((intent) => canHaveCreated(intent, token, now)),
  );
  const current = listed === undefined || isExpired(listed, now) ? undefined : listed;
  // With an older state, its own current token may be gone, and a newer one live.
  const newer =
    state?.current === undefined ? [] : unknown.filter((token) => isNamed(token) && !orphans.includes(token));
  const successors = [...(current === undefined ? [] : [current]), ...newer];
  // The one that replaced it may be replaced by now. Without it, a later one counts, so that nothing ends too soon.
  const replacing = [...successors, ...(named.length > NAMED_COMPARED ? [] : named.map((entry) => entry.live))];
  // An overlap does not end before the replacement is as old as the overlap, by its policy or by the policy in the state.
  const longest = Math.max(overlap, state?.current?.overlap ?? 0);
  const retiring = named.map(({ record, live }): RetiringEntry => {
    const isReplaced = successors.some((one) => canHaveReplaced(bases, one, live));
    const replacedAt = Math.min(
      ...replacing.flatMap((one) => (canHaveReplaced(bases, one, live) ? [one.createdAt] : [])),
    );
    // The present time is known to the second.
    const end = Math.floor(replacedAt / 1000 + longest) * 1000;
    const isTooEarly = isReplaced && Date.parse(record.retire_at ?? '') < end;
    return { record: isTooEarly ? { ...record, retire_at: isoTime(end) } : record, live, isReplaced, isTooEarly };
  });
  const known = new Set([...(listed ? [listed.id] : []), ...retiring.map((entry) => entry.live.id)]);
  const others = [
    ...(inState === listed || inState === undefined ? [] : [inState]),
    ...retired.flatMap((entry) => (named.includes(entry) ? [] : [entry.live])),
    ...unknown.filter((token) => !isNamed(token) && intents.some(({ name }) => name === token.name)),
  ].filter((token) => !isExpired(token, now));
  // Another run created an adopted token, as it may have created what came before it.
  const theirs = listed !== undefined && state?.current?.secret === 'unknown' ? [...unknown, listed] : unknown;
  const isOlder = isOlderState(state, inState, now);
  const storedOrphans = orphans.filter(
    (orphan) =>
      isOlder ||
      !isUnstored ||
      theirs.some((other) => other !== orphan && isSuccessor(other, orphan)) ||
      intents.some((intent) => intent.name === orphan.name && mayBeStored(intent)),
  );
  return { known, current, listed, others, retiring, orphans, storedOrphans, intents };
}

/** Without replaced tokens that are revoked anyway. @param ended Their ids. */
export function withoutRetiring(context: SeriesContext, ended: ReadonlySet<string>): SeriesContext {
  const { series } = context;
  return { ...context, series: { ...series, retiring: series.retiring.filter(({ live }) => !ended.has(live.id)) } };
}

/** More of them than a series ever has at once are not compared with each other. */
const NAMED_COMPARED = 100;

/**
 * Whether a token can have replaced a live one: it is of a later generation, and was created later. Names and times at
 * MotherDuck cannot be edited, as a state can.
 *
 * @param bases The names of the series.
 */
export function canHaveReplaced(
  bases: readonly string[],
  successor: { readonly name: string; readonly createdAt: number },
  old: LiveToken,
): boolean {
  const generations = ({ name }: { readonly name: string }) => bases.flatMap((base) => generationOf(base, name) ?? []);
  return Math.max(...generations(successor)) > Math.min(...generations(old)) && successor.createdAt >= old.createdAt;
}

/** The current token was revoked before its time: by a run with another state, whose tokens may be in use. */
function isOlderState(state: StateToken | undefined, inState: LiveToken | undefined, now: number): boolean {
  if (state?.current === undefined || inState !== undefined) return false;
  const { expires_at: expiresAt } = state.current;
  return expiresAt === null || Date.parse(expiresAt) > now;
}

/** Whether a live token of another run has the name of an orphan, or replaced it: they may be another run's. */
function isSuccessor({ name }: LiveToken, orphan: LiveToken): boolean {
  const base = seriesOf(orphan.name);
  return (generationOf(base, name) ?? 0) >= (generationOf(base, orphan.name) ?? 1);
}

/** The generation of a live token in the series of a name; undefined when it is of none. */
export function liveGeneration(base: string, { name }: LiveToken): number | undefined {
  const generation = generationOf(base, name);
  return generation === undefined || generation > MAX_GENERATION ? undefined : generation;
}

/** Live tokens of the series of a name that are not taken, with their generations. */
function untaken(base: string, live: readonly LiveToken[], isTaken: (token: LiveToken) => boolean, now: number) {
  return live.flatMap((token) => {
    const generation = liveGeneration(base, token);
    return generation === undefined || isTaken(token) || isExpired(token, now) ? [] : [{ token, generation }];
  });
}

/** Live tokens of the desired name and type that are not taken, of the highest generation among them. */
export function adoptable(
  { name, type }: Pick<DesiredToken, 'name' | 'type'>,
  live: readonly LiveToken[],
  isTaken: (token: LiveToken) => boolean,
  now: number,
): { readonly generation: number; readonly tokens: LiveToken[] } {
  const series = untaken(name, live, isTaken, now).filter(({ token }) => token.type === type);
  const generation = Math.max(0, ...series.map((entry) => entry.generation));
  return { generation, tokens: series.filter((entry) => entry.generation === generation).map(({ token }) => token) };
}

/**
 * Whether the state cannot be the newest one, since a live token that it does not know has this generation. While its own
 * current token is live, another one of that generation does not show it: anyone may create a second token of a name.
 */
export function isNewer(generation: number, state: StateToken, current: LiveToken | undefined): boolean {
  const isRival = current !== undefined && state.current?.generation === generation;
  return generation >= state.generation && !isRival;
}

/** Live tokens of the series and of its type that the state does not know, and that a newer state would know. */
export function newerTokens(
  base: string,
  state: StateToken,
  { current }: TokenSeries,
  live: readonly LiveToken[],
  isTaken: (token: LiveToken) => boolean,
  now: number,
): LiveToken[] {
  return untaken(base, live, isTaken, now).flatMap(({ token, generation }) =>
    isNewer(generation, state, current) && (state.current?.type ?? token.type) === token.type ? [token] : [],
  );
}

/** Live tokens that the state does not know and that have the generation of its live current one: they may be another run's. */
export function rivalTokens(
  bases: readonly string[],
  state: StateToken | undefined,
  { current }: TokenSeries,
  live: readonly LiveToken[],
  isTaken: (token: LiveToken) => boolean,
  now: number,
): LiveToken[] {
  if (current === undefined) return [];
  const all = [...new Set(bases)].flatMap((base) => untaken(base, live, isTaken, now));
  return all.flatMap(({ token, generation }) => (generation === state?.current?.generation ? [token] : []));
}
