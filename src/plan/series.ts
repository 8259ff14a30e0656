/**
 * A series: the live tokens that one key of the configuration stands for at MotherDuck (`airflow`, `airflow.2`, …), and
 * what the state knows of each.
 */
import type { DesiredToken } from '../model/desired.ts';
import type { LiveToken } from '../model/live.ts';
import type { ShownToken } from '../model/plan.ts';
import type { RetiringToken, StateToken, TokenIntent } from '../model/state.ts';
import { isoTime } from '../model/time.ts';
import { generationOf } from '../model/tokens.ts';

/** What the state holds of an account, by whichever key: none of it is there for another key to take, or to take for an orphan. */
export interface AccountRecords {
  /** Of current and of retiring tokens. */
  readonly ids: ReadonlySet<string>;
  /** That a run began to make. */
  readonly names: ReadonlySet<string>;
}

export function accountRecords(tokens: Iterable<StateToken>): AccountRecords {
  const all = [...tokens];
  return {
    ids: new Set(
      all.flatMap(({ current, retiring }) => [...(current ? [current.id] : []), ...retiring.map((old) => old.id)]),
    ),
    names: new Set(all.flatMap(({ intents }) => intents.map((intent) => intent.name))),
  };
}

export interface TokenSeries {
  /** Ids that the state holds, live or not. */
  readonly known: ReadonlySet<string>;
  readonly retiring: readonly { readonly record: RetiringToken; readonly live: LiveToken }[];
  readonly orphans: readonly LiveToken[];
  readonly intents: readonly TokenIntent[];
}

export function tokenSeries(
  state: StateToken | undefined,
  live: readonly LiveToken[],
  account: AccountRecords,
  now: number,
): TokenSeries {
  const records = state?.retiring ?? [];
  const known = new Set(records.map((record) => record.id));
  if (state?.current) known.add(state.current.id);
  const tried = new Set(state?.intents.map((intent) => intent.name));
  const retiring = records.flatMap((record) => {
    const found = live.find((token) => token.id === record.id);
    return found === undefined ? [] : [{ record, live: found }];
  });
  const orphans = live.filter((token) => tried.has(token.name) && !account.ids.has(token.id) && !isExpired(token, now));
  return { known, retiring, orphans, intents: state?.intents ?? [] };
}

/** Live tokens of the wanted name and type that nobody holds: of the highest generation that there is. */
export function adoptable(
  want: DesiredToken,
  live: readonly LiveToken[],
  isTaken: (token: LiveToken) => boolean,
  now: number,
): LiveToken[] {
  const series = live.flatMap((token) => {
    const generation = generationOf(want.name, token.name);
    const fits = generation !== undefined && token.type === want.type && !isTaken(token) && !isExpired(token, now);
    return fits ? [{ token, generation }] : [];
  });
  const highest = Math.max(...series.map((entry) => entry.generation));
  return series.filter((entry) => entry.generation === highest).map((entry) => entry.token);
}

export function show(token: LiveToken): ShownToken {
  const expires_at = token.expiresAt === null ? null : isoTime(token.expiresAt);
  return { id: token.id, name: token.name, type: token.type, created_at: isoTime(token.createdAt), expires_at };
}

export function isExpired(token: LiveToken, now: number): boolean {
  return token.expiresAt !== null && token.expiresAt <= now;
}
