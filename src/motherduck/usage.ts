/**
 * What users did, used and store, from three views of MD_INFORMATION_SCHEMA that an Admin reads in one connection. QUERY_HISTORY
 * and COMPUTE_USAGE exist on Business plans (MotherDuck's documentation, read November 2026); each lags behind.
 */

import { defined } from '../model/defined.ts';
import { isSize } from '../model/ducklings.ts';
import type { Secret } from '../model/secret.ts';
import { DAY_MS } from '../model/time.ts';
import { type Compute, type Known, type Storage, USAGE_DAYS } from '../model/usage.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { few } from '../model/wording.ts';
import { explainForAdmin } from './connection-errors.ts';
import type { Connector } from './connector.ts';
import type { ProbeFailure, ProbeReport, ProbeRequest, ProbeRunner } from './probe-process.ts';
import type { ProbeRow } from './probe-protocol.ts';
import { scrub, withoutStatement } from './scrub.ts';

/** The product's name in its user agent, by which queries of its own smoke tests are excluded. */
export const PRODUCT = 'motherduck-accounts';

/** The names of the view and its columns are from MotherDuck's documentation. */
const LAST_QUERIES = `
  SELECT user_name AS username, epoch_ms(max(start_time)) AS last
  FROM md_information_schema.query_history
  WHERE coalesce(user_agent, '') NOT LIKE '%${PRODUCT}/%'
  GROUP BY user_name`;

/**
 * The columns of COMPUTE_USAGE by their contents. Not confirmed: its documentation says that each row is one hour of one Duckling
 * at one size, and these are the names that its neighbours give such columns. With others, nothing is guessed.
 */
const COMPUTE_COLUMNS = {
  username: ['user_name', 'username'],
  size: ['duckling_size', 'instance_type', 'instance_size', 'duckling_type'],
  hour: ['usage_hour', 'hour', 'hour_start', 'start_time', 'usage_time', 'start_ts', 'hour_ts'],
} as const;

/** Their names only, so that a view without rows is understood too. */
const COMPUTE_SHAPE = 'SELECT column_name AS name FROM (DESCRIBE SELECT * FROM md_information_schema.compute_usage)';

/**
 * As JSON, since a query that names a column that the view lacks fails as a whole. There, a time with a time zone is that of
 * the session, with its offset, which a cast to TIMESTAMP would ignore; a time without one is UTC.
 */
function computeHours(now: number): string {
  const column = (names: readonly string[]) => `coalesce(${names.map((name) => `j->>'${name}'`).join(', ')})`;
  const { username, size, hour } = COMPUTE_COLUMNS;
  const hasOffset = "regexp_matches(hour, ':[0-9.]+[+-][0-9:]+$')";
  return `
  WITH written AS (
    SELECT ${column(username)} AS username, lower(${column(size)}) AS size, ${column(hour)} AS hour
    FROM (SELECT to_json(c) AS j FROM md_information_schema.compute_usage c)),
  every AS (
    SELECT username, size,
      CASE WHEN ${hasOffset} THEN epoch_ms(TRY_CAST(hour AS TIMESTAMPTZ)) ELSE epoch_ms(TRY_CAST(hour AS TIMESTAMP)) END AS hour
    FROM written)
  SELECT username, size, (SELECT min(hour) FROM every) AS since,
    count(*) FILTER (hour >= ${Math.floor(now) - USAGE_DAYS * DAY_MS}) AS hours,
    count(*) FILTER (hour IS NULL) AS unread
  FROM every GROUP BY username, size`;
}

/** Databases that are deleted already stay in the view for a while. The names of its columns are from MotherDuck's documentation. */
const STORED = `
  SELECT user_name AS username, count(*) AS databases,
    CASE WHEN count(active_bytes) = count(*) THEN CAST(sum(active_bytes) AS BIGINT) END AS bytes
  FROM md_information_schema.storage_info
  WHERE deleted_ts IS NULL
  GROUP BY user_name`;

const STORAGE_STEP = { name: 'storage', sql: STORED, every: true };

/** What the reading of usage needs. */
export interface UsageRequest {
  readonly connector: Connector;
  readonly probe: ProbeRunner;
  /** A read/write token of an Admin. */
  readonly token: Secret;
  /** Milliseconds for the connection and its queries. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What was read; each view for itself, since plans and roles differ in which they allow. */
export interface UsageReading {
  /** In milliseconds since 1970, by `accountKey`; a user that never ran a query is absent. */
  readonly lastQueryAt: { readonly ok: true; readonly value: ReadonlyMap<string, number> } | Unread;
  readonly compute: Known<Compute>;
  /** By `accountKey`; a user without a database is absent. */
  readonly storage: Known<ReadonlyMap<string, Storage>>;
}

interface Unread {
  readonly ok: false;
  /** USAGE_UNREADABLE */
  readonly why: UserError;
}

/**
 * Reads all three with one connection, which starts the Admin's Duckling.
 *
 * @param now MotherDuck's time, in milliseconds since 1970, at which the days of compute end
 * @throws UserError USAGE_UNREADABLE if the connection fails; INTERRUPTED
 */
export async function readUsage(input: UsageRequest, now: number): Promise<UsageReading> {
  const steps = [
    { name: 'usage', sql: LAST_QUERIES, every: true },
    { name: 'compute_columns', sql: COMPUTE_SHAPE, every: true },
    { name: 'compute', sql: computeHours(now), every: true },
    STORAGE_STEP,
  ];
  const report = await runUsageSteps(steps, input);
  const { failure } = report.get('usage') ?? {};
  return {
    lastQueryAt: failure ? { ok: false, why: historyError(failure, input) } : { ok: true, value: lastQueries(report) },
    compute: computeOf(report, input),
    storage: storageOf(report, input),
  };
}

/**
 * Reads by one connection what each user stores, as `readUsage` does. The result has every failure, because a plan does
 * not depend on it.
 *
 * @throws UserError INTERRUPTED
 */
export async function readStorage(input: UsageRequest): Promise<UsageReading['storage']> {
  try {
    const report = await probed([STORAGE_STEP], input);
    const failure = report.get('connect')?.failure;
    if (failure === undefined) return storageOf(report, input);
    return { ok: false, why: printable(explainForAdmin(failure).message, input) };
  } catch (error) {
    if (!(error instanceof UserError) || error.code === 'INTERRUPTED') throw error;
    return { ok: false, why: error.message };
  }
}

async function runUsageSteps(steps: ProbeRequest['steps'], input: UsageRequest): Promise<ProbeReport> {
  const report = await probed(steps, input);
  const connect = report.get('connect')?.failure;
  if (connect !== undefined) throw connectionError(connect, input);
  return report;
}

async function probed(steps: ProbeRequest['steps'], input: UsageRequest): Promise<ProbeReport> {
  const { connector, probe, token, timeoutMs, signal } = input;
  const target = await connector.target(token, undefined, timeoutMs / 1000);
  const options = { timeoutMs, secrets: [token], ...defined({ signal }) };
  const report = await probe(target, { steps, shutdown: false }, options);
  for (const { failure } of report.values()) if (failure?.kind === 'aborted') throw interrupted();
  return report;
}

function lastQueries(report: ProbeReport): ReadonlyMap<string, number> {
  return new Map(
    rowsOf(report, 'usage').flatMap(({ username, last }) =>
      username == null || !Number.isFinite(Number(last ?? Number.NaN)) ? [] : [[accountKey(username), Number(last)]],
    ),
  );
}

function computeOf(report: ProbeReport, input: UsageRequest): Known<Compute> {
  const unread = unreadOf(report, 'compute_columns', input);
  if (unread) return unread;
  const columns = rowsOf(report, 'compute_columns').flatMap(({ name }) => name ?? []);
  const isUnderstood = Object.values(COMPUTE_COLUMNS).every((names) => names.some((name) => columns.includes(name)));
  if (!isUnderstood) return notUnderstood('COMPUTE_USAGE', 'columns', columns);
  const unreadRows = unreadOf(report, 'compute', input);
  if (unreadRows) return unreadRows;
  const rows = rowsOf(report, 'compute');
  const isRead = ({ hours, unread: bad }: ProbeRow) => numberOf(hours) !== null && numberOf(bad) === 0;
  if (!rows.every(isRead) || isNameless(rows)) return notUnderstood('COMPUTE_USAGE', 'columns', columns);
  // Hours of a size in other words would count as none of the size that they are.
  const others = rows.flatMap(({ size }) => (size != null && isSize(size) ? [] : [size ?? 'none']));
  if (others.length > 0) return notUnderstood('COMPUTE_USAGE', 'sizes', [...new Set(others)]);
  const hours = new Map<string, Map<string, number>>();
  for (const { username, size, hours: count } of rows) {
    if (username == null || size == null) continue;
    const sizes = hours.get(accountKey(username)) ?? new Map<string, number>();
    hours.set(accountKey(username), sizes);
    sizes.set(size, (sizes.get(size) ?? 0) + Number(count));
  }
  const since = numberOf(rows[0]?.since);
  return { ok: true, value: { ...(since === null ? {} : { since }), hours } };
}

function storageOf(report: ProbeReport, input: UsageRequest): UsageReading['storage'] {
  const unread = unreadOf(report, 'storage', input);
  if (unread) return unread;
  const rows = rowsOf(report, 'storage');
  if (isNameless(rows)) return notUnderstood('STORAGE_INFO', 'users', ['none']);
  const value = new Map<string, Storage>();
  for (const { username, databases, bytes } of rows) {
    if (username != null) value.set(accountKey(username), { databases: Number(databases), bytes: numberOf(bytes) });
  }
  return { ok: true, value };
}

/** Rows of users that are gone may have no name. */
function isNameless(rows: readonly ProbeRow[]): boolean {
  return rows.length > 0 && rows.every(({ username }) => username == null);
}

function notUnderstood(view: string, what: string, names: readonly string[]) {
  return { ok: false as const, why: `${view} is not understood (its ${what}: ${few(names, 20)})` };
}

function rowsOf(report: ProbeReport, step: string): readonly ProbeRow[] {
  return report.get(step)?.answer?.every ?? [];
}

/** Why a step has no answer. A step that was not reached has none either. */
function unreadOf(report: ProbeReport, step: string, input: UsageRequest) {
  const { answer, failure } = report.get(step) ?? {};
  if (answer?.every !== undefined && failure === undefined) return undefined;
  return { ok: false as const, why: printable(failure?.text ?? 'it was not answered in time', input) };
}

function numberOf(text: string | null | undefined): number | null {
  return text == null || text === '' || !Number.isFinite(Number(text)) ? null : Number(text);
}

function connectionError(failure: ProbeFailure, input: UsageRequest): UserError {
  const { message, hint } = explainForAdmin(failure);
  const why = `connecting as the Admin failed: ${printable(message, input)}`;
  return new UserError('USAGE_UNREADABLE', why, `${hint} ${OMIT_USAGE}`);
}

function historyError(failure: ProbeFailure, input: UsageRequest): UserError {
  const isMissing = /query_history|md_information_schema|catalog error/i.test(failure.text);
  const { message, hint } = isMissing
    ? { message: failure.text, hint: 'MotherDuck offers it on Business plans, to Admins.' }
    : explainForAdmin(failure);
  const why = `the query history cannot be read: ${printable(message, input)}`;
  return new UserError('USAGE_UNREADABLE', why, `${hint} ${OMIT_USAGE}`);
}

const OMIT_USAGE = 'Otherwise, omit --usage.';

function interrupted(): UserError {
  const why = 'reading what the organization uses was interrupted';
  return new UserError('INTERRUPTED', why, 'Nothing was changed. Run the command again.');
}

function printable(text: string, { token }: UsageRequest): string {
  return scrub(withoutStatement(text), [token.reveal()]);
}
