/** A change of the state as the log keeps it: what one write made different. Pure. */
import type { State, StateAccount, StateToken } from '../model/state.ts';
import { type StateRun, withRun } from '../model/state-run.ts';
import {
  type AccountDocument,
  accountDocument,
  type HeadDocument,
  headDocument,
  STATE_VERSION,
  type StateDocument,
  stateDocument,
  tokenDocument,
} from './state-document.ts';

/** One entry of the log, as JSON on one line. It begins with its serial, by which a reader finds where the log begins. */
interface StateChange {
  /** The state's serial after this change. */
  readonly serial: number;
  /** Of the state's format. */
  readonly version: number;
  readonly lineage: string;
  /** The run that wrote it: tells the same change written twice from that of another run. */
  readonly writer: string;
  /** The fields beside the accounts, where another than the runs changed. */
  readonly head?: HeadDocument;
  /** A run that is added to the last ones, or that ended. */
  readonly run?: StateRun;
  /** By the account's key; null: removed. */
  readonly accounts?: Readonly<Record<string, AccountChange | null>>;
  /** The whole state, instead of what changed: where it came from elsewhere, or from an older version of the format. */
  readonly whole?: StateDocument;
  /** The state was moved elsewhere: the last change, unless the whole state follows, moved back. */
  readonly moved?: Moved;
}

/** Where a state was moved to. */
export interface Moved {
  /** A URL, or the name of a file. */
  readonly to: string;
  readonly at: string;
  /** The user, or the URL of the job that moved it. */
  readonly who: string;
}

interface AccountChange {
  /** The fields beside the tokens, where one of them changed. */
  readonly fields?: Omit<AccountDocument, 'tokens'>;
  /** By the token's key; null: removed. */
  readonly tokens?: Readonly<Record<string, StateToken | null>>;
}

/** Which accounts may have changed: their keys, or all. */
export type Touched = ReadonlySet<string> | 'all';

/**
 * What one write must record. Costs the size of what `touched` names, and the size of the log's entry is that of the change.
 *
 * @param after With the serial of the change.
 */
export function changeBetween(before: State, after: State, touched: Touched, writer: string): StateChange {
  const keys = touched === 'all' ? new Set([...before.accounts.keys(), ...after.accounts.keys()]) : touched;
  const accounts = Object.fromEntries(
    [...keys].flatMap((key) => {
      const change = accountChange(before.accounts.get(key), after.accounts.get(key));
      return change === undefined ? [] : [[key, change]];
    }),
  );
  const { serial, lineage } = after;
  const run = before.runs === after.runs ? undefined : lastRun(before, after);
  const isSame = before.serial > 0 && isSameHead(before, after) && (before.runs === after.runs || run !== undefined);
  return {
    serial,
    version: STATE_VERSION,
    lineage,
    writer,
    ...(isSame ? {} : { head: headDocument(after) }),
    ...(isSame && run !== undefined ? { run } : {}),
    ...(Object.keys(accounts).length === 0 ? {} : { accounts }),
  };
}

/** The run that tells one state's runs from the other's; undefined: one is not enough. */
function lastRun({ runs }: State, after: State): StateRun | undefined {
  const last = after.runs.at(-1);
  if (last === undefined) return undefined;
  const expected = withRun(runs, last);
  const isIt = expected.length === after.runs.length && expected.every((run, index) => run === after.runs[index]);
  return isIt ? last : undefined;
}

function isSameHead(before: State, after: State): boolean {
  return (
    before.organization === after.organization &&
    before.organization_id === after.organization_id &&
    before.configuration === after.configuration &&
    before.sandbox === after.sandbox &&
    before.moved_from === after.moved_from
  );
}

function accountChange(
  before: StateAccount | undefined,
  after: StateAccount | undefined,
): AccountChange | null | undefined {
  if (before === after) return undefined;
  if (after === undefined) return null;
  const tokens = Object.fromEntries(
    [...new Set([...(before?.tokens.keys() ?? []), ...after.tokens.keys()])].flatMap((key) => {
      const token = after.tokens.get(key);
      if (token === before?.tokens.get(key)) return [];
      return [[key, token === undefined ? null : tokenDocument(token)]];
    }),
  );
  const { tokens: _, ...fields } = accountDocument({ ...after, tokens: new Map() });
  const isSame = before !== undefined && JSON.stringify(fields) === JSON.stringify(fieldsOf(before));
  return {
    ...(isSame ? {} : { fields }),
    ...(Object.keys(tokens).length === 0 ? {} : { tokens }),
  };
}

function fieldsOf(account: StateAccount): Omit<AccountDocument, 'tokens'> {
  const { tokens: _, ...fields } = accountDocument({ ...account, tokens: new Map() });
  return fields;
}

/** The whole state as one entry of the log. */
export function wholeChange(state: State, writer: string): StateChange {
  const { serial, lineage } = state;
  return { serial, version: STATE_VERSION, lineage, writer, whole: stateDocument(state) };
}

/** The last entry of the log in a location that the state leaves. @param state As it is there, with the serial of the entry. */
export function movedChange({ serial, lineage }: State, moved: Moved, writer: string): StateChange {
  return { serial, version: STATE_VERSION, lineage, writer, moved };
}

/** Where the last change says that the state was moved to; undefined: nowhere. */
export function movedTo(changes: readonly unknown[]): Moved | undefined {
  return changeOf(changes.at(-1))?.moved;
}

/** A parsed document of the state, of which nothing is checked yet. */
type AnyDocument = Readonly<Record<string, unknown>>;

/** Why a log cannot have been written by this program. */
export class LogError extends Error {
  /** Which change is wrong, counted from 0. */
  readonly index: number;

  constructor(index: number, problem: string) {
    super(problem);
    this.index = index;
  }
}

/**
 * The document after the changes. A serial counts once: of two changes with one serial, the later one was written by a run
 * that had lost the race for it, and which then wrote nothing more.
 *
 * @param document The snapshot, of the current version; undefined: the log is whole.
 * @throws LogError The result is not checked against the schema of a state.
 */
export function replay(document: AnyDocument | undefined, changes: readonly unknown[]): AnyDocument {
  let head: AnyDocument = document ?? {};
  let version = head.version;
  const accounts = new Map(Object.entries(recordOf(document?.accounts) ?? {}));
  let serial = numberOf(head.serial) ?? 0;
  let lineage = head.lineage;
  const lost = new Set<unknown>();
  let isMoved = false;
  for (const [index, value] of changes.entries()) {
    const change = changeOf(value);
    if (change === undefined) throw new LogError(index, 'is not a change of a state');
    lineage ??= change.lineage;
    if (change.lineage !== lineage) throw new LogError(index, 'is a change of another state');
    if (change.serial <= serial) {
      if (lost.has(change.writer)) throw new LogError(index, `has the serial ${change.serial}, which is taken`);
      lost.add(change.writer);
      continue;
    }
    if (change.whole !== undefined) {
      ({ serial, version } = change);
      head = change.whole;
      accounts.clear();
      for (const [key, account] of Object.entries(recordOf(change.whole.accounts) ?? {})) accounts.set(key, account);
      isMoved = false;
      continue;
    }
    if (isMoved) throw new LogError(index, 'follows the change by which the state was moved elsewhere');
    version ??= change.version;
    isMoved = change.moved !== undefined;
    // It changes nothing, so it may follow a state of another version.
    if (!isMoved && change.version !== version)
      throw new LogError(index, `has version ${change.version}, after ${version}`);
    if (change.serial !== serial + 1) {
      throw new LogError(index, `has the serial ${change.serial}, and ${serial + 1} is missing`);
    }
    if (lost.has(change.writer)) throw new LogError(index, 'is of a run that had lost the state');
    serial = change.serial;
    // Fields that are absent in the new head are gone.
    if (change.head !== undefined) head = change.head;
    // The schema checks them.
    if (change.run !== undefined) head = { ...head, runs: withRun(runsOf(head), change.run as unknown as StateRun) };
    for (const [key, account] of Object.entries(change.accounts ?? {})) {
      const now = accountAfter(recordOf(accounts.get(key)), account);
      if (now === 'unknown') throw new LogError(index, `changes a token of "${key}", which is not in the state`);
      if (now === undefined) accounts.delete(key);
      else accounts.set(key, now);
    }
  }
  // fromEntries defines own properties, so that a key may be `__proto__`.
  return { ...head, version, lineage, serial, accounts: Object.fromEntries(accounts) };
}

function accountAfter(before: AnyDocument | undefined, change: unknown): AnyDocument | undefined | 'unknown' {
  const parts = recordOf(change);
  if (parts === undefined) return undefined;
  const fields = recordOf(parts.fields) ?? before;
  if (fields === undefined) return 'unknown';
  const changed = Object.entries(recordOf(parts.tokens) ?? {});
  const tokens = new Map(Object.entries(recordOf(before?.tokens) ?? {}));
  for (const [key, token] of changed) {
    if (token === null) tokens.delete(key);
    else tokens.set(key, token);
  }
  return { ...fields, tokens: Object.fromEntries(tokens) };
}

interface AnyChange {
  readonly serial: number;
  readonly version: number;
  readonly lineage: string;
  readonly writer: string;
  readonly head?: AnyDocument;
  readonly run?: AnyDocument;
  readonly accounts?: AnyDocument;
  readonly whole?: AnyDocument;
  readonly moved?: Moved;
}

/** A value as a change, of whose contents only the outermost is checked. */
function changeOf(value: unknown): AnyChange | undefined {
  const { serial, version, lineage, writer, head, run, accounts, whole, moved, ...more } = recordOf(value) ?? {};
  const isChange =
    numberOf(serial) !== undefined &&
    numberOf(version) !== undefined &&
    typeof lineage === 'string' &&
    typeof writer === 'string' &&
    (head === undefined || recordOf(head) !== undefined) &&
    (run === undefined || recordOf(run) !== undefined) &&
    (accounts === undefined || recordOf(accounts) !== undefined) &&
    (whole === undefined || recordOf(whole) !== undefined) &&
    (moved === undefined || isMove(moved)) &&
    Object.keys(more).length === 0;
  return isChange ? (value as AnyChange) : undefined;
}

function runsOf({ runs }: AnyDocument): readonly StateRun[] {
  return Array.isArray(runs) ? runs : [];
}

function isMove(value: unknown): boolean {
  const { to, at, who, ...more } = recordOf(value) ?? {};
  return [to, at, who].every((text) => typeof text === 'string') && Object.keys(more).length === 0;
}

function recordOf(value: unknown): AnyDocument | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as AnyDocument) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
