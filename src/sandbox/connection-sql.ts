import type { Size } from '../model/ducklings.ts';
import type { Tier } from './duckling-rules.ts';
import type { Connection } from './organization.ts';
import type { Account } from './organization-state.ts';

/** The SQL that makes a local DuckDB answer as MotherDuck does for one account. Source of names and columns: connecting facts. */
export function macros({ account, type, identity }: Connection, tier: Tier): string[] {
  const info = {
    user_id: account.id,
    username: account.username,
    org_id: identity.organization,
    org_name: 'sandbox',
    org_type: tier,
    region: 'sandbox',
  };
  const columns = Object.entries(info).map(([name, value]) => `${text(value)} AS ${name}`);
  return [
    `CREATE OR REPLACE TEMP MACRO md_user() AS ${text(account.username)}`,
    `CREATE OR REPLACE TEMP MACRO md_user_info() AS TABLE SELECT ${columns.join(', ')}`,
    `CREATE OR REPLACE TEMP MACRO md_live_duckling_size() AS TABLE SELECT ${text(shown(account.ducklings[type].instance_size))} AS type`,
  ];
}

/**
 * MD_INFORMATION_SCHEMA.QUERY_HISTORY, as far as it is asked for here: one query for the last connection of each kind of
 * client. Source of names: MotherDuck's documentation of the view; that the user agent begins with DuckDB's own is too.
 */
export function queryHistory(accounts: readonly Account[]): string[] {
  const rows = accounts.flatMap(({ username, queriedAt }) =>
    [...queriedAt].map(
      ([agent, at]) => `(${text(username)}, make_timestamptz(${at * 1000}), ${text(`duckdb/sandbox ${agent}`.trim())})`,
    ),
  );
  const table = 'md_information_schema.query_history';
  return [
    attach(':memory:', 'md_information_schema', false),
    `CREATE OR REPLACE TABLE ${table} (user_name VARCHAR, start_time TIMESTAMP WITH TIME ZONE, user_agent VARCHAR)`,
    ...(rows.length === 0 ? [] : [`INSERT INTO ${table} VALUES ${rows.join(', ')}`]),
  ];
}

export function attach(path: string, name: string, readOnly: boolean): string {
  return `ATTACH IF NOT EXISTS ${text(path)} AS ${identifier(name)}${readOnly ? ' (READ_ONLY)' : ''}`;
}

export function use(database: string): string {
  return `USE ${identifier(database)}`;
}

/** A statement that fails with this message. */
export function raise(message: string): string {
  return `SELECT error(${text(message)})`;
}

/** `Pulse`, as MotherDuck writes it. */
function shown(size: Size): string {
  return size.charAt(0).toUpperCase() + size.slice(1);
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
