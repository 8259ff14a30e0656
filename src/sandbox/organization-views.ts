/** MotherDuck's views of what a whole organization did, used and stores, as SQL that creates them beside an Admin's databases. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HOUR_MS } from '../model/time.ts';
import { homeOf } from './databases.ts';
import type { Account } from './organization-state.ts';
import { EXTENSION } from './shares.ts';
import { attach, text } from './sql-text.ts';

const SCHEMA = 'md_information_schema';
const HOUR_US = HOUR_MS * 1000;

/**
 * The views with the columns that this program reads. QUERY_HISTORY has one query for the last connection of each client, and
 * COMPUTE_USAGE each hour in which a Duckling was connected to. Source of the names and of the user agent's format:
 * MotherDuck's documentation. Assumption: the columns of COMPUTE_USAGE, and that STORAGE_INFO needs a Business plan too.
 *
 * @param folder the sandbox's; without one, nothing is stored
 */
export function organizationViews(accounts: readonly Account[], folder: string | undefined): string[] {
  const time = 'TIMESTAMP WITH TIME ZONE';
  return [
    attach(':memory:', SCHEMA, false),
    ...view('query_history', `user_name VARCHAR, start_time ${time}, user_agent VARCHAR`, accounts.flatMap(queries)),
    ...view('compute_usage', `user_name VARCHAR, duckling_size VARCHAR, usage_hour ${time}`, accounts.flatMap(hours)),
    ...view(
      'storage_info',
      `database_name VARCHAR, user_name VARCHAR, active_bytes BIGINT, computed_ts ${time}, deleted_ts ${time}`,
      folder === undefined ? [] : accounts.flatMap(({ username }) => databases(folder, username)),
    ),
  ];
}

function view(name: string, columns: string, rows: readonly string[]): string[] {
  const table = `${SCHEMA}.${name}`;
  const insert = rows.length === 0 ? [] : [`INSERT INTO ${table} VALUES ${rows.join(', ')}`];
  return [`CREATE OR REPLACE TABLE ${table} (${columns})`, ...insert];
}

function queries({ username, queriedAt }: Account): string[] {
  return [...queriedAt].map(
    ([agent, at]) => `(${text(username)}, make_timestamptz(${at * 1000}), ${text(`duckdb/sandbox ${agent}`.trim())})`,
  );
}

function hours({ username, busyHours }: Account): string[] {
  return [...busyHours.values()].map(
    ({ hour, size }) => `(${text(username)}, ${text(size)}, make_timestamptz(${hour * HOUR_US}))`,
  );
}

function databases(folder: string, username: string): string[] {
  const home = homeOf(folder, username);
  try {
    return readdirSync(home)
      .filter((file) => file.endsWith(EXTENSION))
      .map((file) => {
        const { size } = statSync(join(home, file));
        const name = file.slice(0, -EXTENSION.length);
        return `(${text(name)}, ${text(username)}, ${size}, now(), NULL)`;
      });
  } catch {
    return []; // it never connected, or was deleted meanwhile
  }
}
