import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { refuseTrackedLinks } from '../files/links.ts';
import type { Tier } from '../model/ducklings.ts';
import type { Secret } from '../model/secret.ts';
import type { TokenType } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { Connector, Target } from '../motherduck/connector.ts';
import { claimsOf } from '../motherduck/token-claims.ts';
import { sizeTitle } from './ducklings.ts';
import { DATABASES, openSandbox } from './open.ts';
import type { Connection, Organization } from './organization.ts';
import type { Account } from './organization-state.ts';

/** The database that every new account has. */
const FIRST_DATABASE = 'my_db';
const EXTENSION = '.duckdb';

/** No effect: SHUTDOWN is a parser error without MotherDuck's extension, as was seen with DuckDB 1.5.6. */
const SHUTDOWN = 'SELECT 1';

/** Databases that are attached stay writable. */
const CONFINE = ['SET enable_external_access = false', 'SET lock_configuration = true'];

/** Source: MotherDuck's documentation, as is what is in the brackets. */
const NOT_AUTHENTICATED = 'Request failed: Your request is not authenticated. Please check your MotherDuck token.';
const MALFORMED = `${NOT_AUTHENTICATED} (Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections)`;
const EXPIRED = `${NOT_AUTHENTICATED} (Jwt is expired)`;
const REVOKED = "Invalid MotherDuck token (PERMISSION_DENIED, RPC 'CREATE_SLT')";
/** The rule is documented; assumption: the text. */
const NEVER_CONNECTED =
  'Request failed: This account must connect with a read/write token once before its read scaling tokens can be used.';

/**
 * Connects to the sandbox: a valid token opens the account's own DuckDB files. A refused connection fails in SQL, by
 * DuckDB's `error()` with MotherDuck's text, so it is handled as a real one.
 *
 * @param sandbox an organization, or a sandbox's folder, which is opened for the first connection
 */
export function sandboxConnector(sandbox: Organization | string, client: SandboxClient = {}): Connector {
  let opening: Promise<Organization> | undefined;
  const organization = (): Promise<Organization> => {
    opening ??= typeof sandbox === 'string' ? openSandbox(sandbox, adminOf(client)) : Promise.resolve(sandbox);
    return opening;
  };
  return {
    async target(token, database): Promise<Target> {
      const opened = await organization();
      const connection = await opened.connect(token, client.agent);
      if (connection === 'unauthenticated') return refused(refusalOf(token, opened.now()));
      if (connection === 'never_connected') return refused(NEVER_CONNECTED);
      const history = opened.history(connection);
      const about = [...macros(connection, opened.settings.plan), ...(history ? queryHistory(history) : [])];
      const after = database === undefined || database === '' ? [] : [use(database)];
      if (opened.folder === undefined) return inMemory(about, database);
      const { path, siblings } = await filesOf(opened.folder, connection);
      const readOnly = connection.type === 'read_scaling';
      // An account that has no database yet: its read scaling tokens see an empty one.
      if (readOnly && !existsSync(path)) return inMemory(about, database);
      return {
        path,
        options: readOnly ? { access_mode: 'READ_ONLY' } : {},
        setup: [...about, ...siblings.map((each) => attach(each.path, each.name, readOnly)), ...after],
        confine: CONFINE,
        shutdown: SHUTDOWN,
      };
    },
    async noteShutdown(username: string, type: TokenType): Promise<void> {
      await (await organization()).sleep(username, type);
    },
  };
}

/** The client that connects. */
export interface SandboxClient {
  /** Its user agent, for the query history; absent if it sends none of its own. */
  readonly agent?: string;
  /** Accepted as the Admin's token when a folder is opened: the process that serves it accepts it too. */
  readonly adminToken?: Secret;
}

function adminOf({ adminToken }: SandboxClient): { adminToken?: Secret } {
  return adminToken === undefined ? {} : { adminToken };
}

/** Like MotherDuck, by what the token says about itself. */
function refusalOf(token: Secret, now: number): string {
  const claims = claimsOf(token);
  if (claims === undefined) return MALFORMED;
  return typeof claims.exp === 'number' && claims.exp * 1000 <= now ? EXPIRED : REVOKED;
}

function refused(message: string): Target {
  return { path: ':memory:', options: {}, setup: [raise(message)], confine: CONFINE, shutdown: SHUTDOWN };
}

function inMemory(about: readonly string[], database: string | undefined): Target {
  const first = attach(':memory:', FIRST_DATABASE, false);
  return {
    path: ':memory:',
    options: {},
    setup: [...about, first, use(database || FIRST_DATABASE)],
    confine: CONFINE,
    shutdown: SHUTDOWN,
  };
}

/** The account's databases: the first one's path, and every other DuckDB file in its folder. */
async function filesOf(
  folder: string,
  { account }: Connection,
): Promise<{ path: string; siblings: { path: string; name: string }[] }> {
  const home = resolve(folder, DATABASES, folderName(accountKey(account.username)));
  try {
    await refuseTrackedLinks(home);
    mkdirSync(home, { recursive: true });
    const all = readdirSync(home);
    for (const name of all) await refuseTrackedLinks(join(home, name));
    const names = all.filter((file) => file.endsWith(EXTENSION) && file !== FIRST_DATABASE + EXTENSION);
    const siblings = names.sort().map((file) => ({ path: join(home, file), name: file.slice(0, -EXTENSION.length) }));
    return { path: join(home, FIRST_DATABASE + EXTENSION), siblings };
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const message = `the sandbox's databases cannot be written: ${home}`;
    throw new UserError('SANDBOX_FAILED', message, 'Give a writable folder with `--sandbox-dir DIR`.', {
      cause,
    });
  }
}

/** Names that Windows reserves for devices. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** The username if it is a valid folder name everywhere, else a readable name with a hash. */
function folderName(key: string): string {
  if (/^[a-z0-9_]{1,100}$/.test(key) && !DEVICES.test(key)) return key;
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return `${key.replace(/[^a-z0-9_]/g, '-').slice(0, 80)}-${hash}`;
}

/** SQL that defines MotherDuck's functions for one account. Source of their names and columns: MotherDuck's documentation. */
function macros({ account, type, identity }: Connection, tier: Tier): string[] {
  const info = {
    user_id: account.id,
    username: account.username,
    org_id: identity.organization,
    org_name: 'sandbox',
    org_type: tier,
    region: 'sandbox',
  };
  const columns = Object.entries(info).map(([name, value]) => `${text(value)} AS ${name}`);
  const ducklingId = `${account.id}.${type === 'read_write' ? 'rw' : 'rs.0'}`; // assumption: what precedes its end
  return [
    `CREATE OR REPLACE TEMP MACRO md_user() AS ${text(account.username)}`,
    `CREATE OR REPLACE TEMP MACRO md_user_info() AS TABLE SELECT ${columns.join(', ')}`,
    `CREATE OR REPLACE TEMP MACRO __md_duckling_id() AS TABLE SELECT ${text(ducklingId)} AS id`,
    `CREATE OR REPLACE TEMP MACRO md_live_duckling_size() AS TABLE SELECT ${text(sizeTitle(account.ducklings[type].instance_size))} AS type`,
  ];
}

/**
 * SQL that creates MD_INFORMATION_SCHEMA.QUERY_HISTORY with the columns that this program reads, and one query for the last
 * connection of each client. Source of the names and of the user agent's format: MotherDuck's documentation of the view.
 */
function queryHistory(accounts: readonly Account[]): string[] {
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

function attach(path: string, name: string, readOnly: boolean): string {
  return `ATTACH IF NOT EXISTS ${text(path)} AS ${identifier(name)}${readOnly ? ' (READ_ONLY)' : ''}`;
}

function use(database: string): string {
  return `USE ${identifier(database)}`;
}

/** A statement that fails with the message. */
function raise(message: string): string {
  return `SELECT error(${text(message)})`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
