/**
 * When each user last ran a query, from MotherDuck's query history. MD_INFORMATION_SCHEMA.QUERY_HISTORY exists on Business
 * plans, for Admins only, and lags behind (MotherDuck's documentation of the view, read November 2026).
 */
import type { Secret } from '../model/secret.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { Connector } from './connector.ts';
import type { ProbeFailure, ProbeRunner } from './probe-process.ts';
import { scrub } from './scrub.ts';

/** The product's name in its user agent, by which queries of its own smoke tests are excluded. */
export const PRODUCT = 'motherduck-accounts';

/** The names of the view and its columns are from MotherDuck's documentation. */
const LAST_QUERIES = `
  SELECT user_name AS username, epoch_ms(max(start_time)) AS last
  FROM md_information_schema.query_history
  WHERE coalesce(user_agent, '') NOT LIKE '%${PRODUCT}/%'
  GROUP BY user_name`;

export interface UsageRequest {
  readonly connector: Connector;
  readonly probe: ProbeRunner;
  /** Explains a failed connection. */
  readonly explain: (failure: ProbeFailure) => { readonly message: string; readonly hint: string };
  /** A read/write token of an Admin. */
  readonly token: Secret;
  /** Milliseconds for the connection and its query. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Reads the history with one connection, which starts the Admin's Duckling. Returns the times in milliseconds since 1970, by
 * `accountKey`; a user that never ran a query is absent.
 *
 * @throws UserError USAGE_UNREADABLE if the history is not available or the connection fails; INTERRUPTED
 */
export async function readUsage(input: UsageRequest): Promise<ReadonlyMap<string, number>> {
  const { connector, probe, token, timeoutMs, signal } = input;
  const target = await connector.target(token, undefined, timeoutMs / 1000);
  const request = { steps: [{ name: 'usage', sql: LAST_QUERIES, every: true }], shutdown: false };
  const report = await probe(target, request, { timeoutMs, secrets: [token], ...(signal ? { signal } : {}) });
  const failure = report.get('connect')?.failure ?? report.get('usage')?.failure;
  if (failure !== undefined) throw refusal(failure, input);
  const rows = report.get('usage')?.answer?.every ?? [];
  return new Map(
    rows.flatMap(({ username, last }) =>
      username == null || !Number.isFinite(Number(last ?? Number.NaN)) ? [] : [[accountKey(username), Number(last)]],
    ),
  );
}

function refusal(failure: ProbeFailure, { token, explain }: UsageRequest): UserError {
  if (failure.kind === 'aborted') {
    return new UserError('INTERRUPTED', 'reading the query history was interrupted', 'Nothing was changed.');
  }
  const isMissing = /query_history|md_information_schema|catalog error/i.test(failure.text);
  const { message, hint } = isMissing
    ? { message: failure.text, hint: 'MotherDuck offers it on Business plans, to Admins.' }
    : explain(failure);
  const why = scrub(message, [token.reveal()]);
  return new UserError(
    'USAGE_UNREADABLE',
    `the query history cannot be read: ${why}`,
    `${hint} Otherwise, omit --usage.`,
  );
}
