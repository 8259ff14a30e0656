import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Size } from '../model/ducklings.ts';
import type { Secret } from '../model/secret.ts';
import type { TokenType } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { Connector, Target } from '../motherduck/connector.ts';
import { DATABASES, openSandbox } from './open.ts';
import type { Connection, Organization } from './organization.ts';
import type { Account, Tier } from './organization-state.ts';

/** The database that every account has from the start. */
const FIRST_DATABASE = 'my_db';
const EXTENSION = '.duckdb';

/** SHUTDOWN comes with MotherDuck's extension and is a parser error without it (connecting facts), so: nothing. */
const SHUTDOWN = 'SELECT 1';

/** Source: connecting facts. */
const NOT_AUTHENTICATED = 'Request failed: Your request is not authenticated. Please check your MotherDuck token.';
/** Assumption: the facts give the rule ("must connect once with a read/write token before") but not MotherDuck's words. */
const NEVER_CONNECTED =
  'Request failed: This account must connect with a read/write token once before its read scaling tokens can be used.';

/**
 * The sandbox's door: a token that the organization knows opens the account's own DuckDB files. What MotherDuck refuses
 * is refused by DuckDB's `error()` with MotherDuck's words, so that it takes the path of the real refusal.
 */
export function sandboxConnector(place: Organization | string, client: SandboxClient = {}): Connector {
  let opening: Promise<Organization> | undefined;
  const organization = (): Promise<Organization> => {
    opening ??= typeof place === 'string' ? openSandbox(place, adminOf(client)) : Promise.resolve(place);
    return opening;
  };
  return {
    async target(token, database): Promise<Target> {
      const sandbox = await organization();
      const connection = await sandbox.connect(token, client.agent);
      if (connection === 'unauthenticated') return refused(NOT_AUTHENTICATED);
      if (connection === 'never_connected') return refused(NEVER_CONNECTED);
      const history = sandbox.history(connection);
      const about = [...macros(connection, sandbox.tier), ...(history ? queryHistory(history) : [])];
      const after = database === undefined || database === '' ? [] : [use(database)];
      if (sandbox.folder === undefined) return inMemory(about, database);
      const { path, siblings } = filesOf(sandbox.folder, connection);
      const readOnly = connection.type === 'read_scaling';
      // A read scaling token of an account that has no database yet sees an empty one.
      if (readOnly && !existsSync(path)) return inMemory(about, database);
      return {
        path,
        options: readOnly ? { access_mode: 'READ_ONLY' } : {},
        setup: [...about, ...siblings.map((each) => attach(each.path, each.name, readOnly)), ...after],
        shutdown: SHUTDOWN,
      };
    },
    async noteShutdown(username: string, type: TokenType): Promise<void> {
      await (await organization()).sleep(username, type);
    },
  };
}

/** Who connects. */
export interface SandboxClient {
  /** What it calls itself, for the query history; absent: DuckDB alone. */
  readonly agent?: string;
  /** Taken as the Admin's token, where `place` is a folder: it is served elsewhere with this one. */
  readonly adminToken?: Secret;
}

function adminOf({ adminToken }: SandboxClient): { adminToken?: Secret } {
  return adminToken === undefined ? {} : { adminToken };
}

function refused(message: string): Target {
  return { path: ':memory:', options: {}, setup: [raise(message)], shutdown: SHUTDOWN };
}

function inMemory(about: readonly string[], database: string | undefined): Target {
  const first = attach(':memory:', FIRST_DATABASE, false);
  return {
    path: ':memory:',
    options: {},
    setup: [...about, first, use(database || FIRST_DATABASE)],
    shutdown: SHUTDOWN,
  };
}

/** The account's databases: its first one, and every other DuckDB file in its folder. */
function filesOf(
  folder: string,
  { account }: Connection,
): { path: string; siblings: { path: string; name: string }[] } {
  const home = resolve(folder, DATABASES, folderName(accountKey(account.username)));
  try {
    mkdirSync(home, { recursive: true });
    const names = readdirSync(home).filter((file) => file.endsWith(EXTENSION) && file !== FIRST_DATABASE + EXTENSION);
    const siblings = names.sort().map((file) => ({ path: join(home, file), name: file.slice(0, -EXTENSION.length) }));
    return { path: join(home, FIRST_DATABASE + EXTENSION), siblings };
  } catch (cause) {
    const message = `the sandbox's databases cannot be written: ${home}`;
    throw new UserError('SANDBOX_FAILED', message, 'Give a folder that can be written with `--sandbox DIR`.', {
      cause,
    });
  }
}

/** Names that are no files on Windows. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** A username that every file system takes as it is, or one made of it. */
function folderName(key: string): string {
  if (/^[a-z0-9_]{1,100}$/.test(key) && !DEVICES.test(key)) return key;
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return `${key.replace(/[^a-z0-9_]/g, '-').slice(0, 80)}-${hash}`;
}

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
