import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { refuseTrackedLinks } from '../files/links.ts';
import { defined } from '../model/defined.ts';
import type { Tier } from '../model/ducklings.ts';
import type { Secret } from '../model/secret.ts';
import type { TokenType } from '../model/tokens.ts';
import type { ConnectionTarget, Connector } from '../motherduck/connector.ts';
import {
  catalogOf,
  type DatabaseFiles,
  databasesOf,
  FIRST_DATABASE,
  inFolder,
  openedFiles,
  withShares,
} from './account-databases.ts';
import { keepEffects } from './attachments.ts';
import { hashOf, type SecretRefusal } from './authentication.ts';
import { homeOf } from './databases.ts';
import { ducklingId, sizeTitle } from './ducklings.ts';
import { openSandbox } from './open.ts';
import type { Connection, Organization } from './organization.ts';
import { organizationViews } from './organization-views.ts';
import type { Settings } from './settings.ts';
import { EXTENSION } from './shares.ts';
import { attach, identifier, raise, text } from './sql-text.ts';
import { type Effect, translate } from './statements.ts';

/** The folder, in that of an account, of the databases that sessions open. */
const SESSIONS = 'sessions';

/** No effect: SHUTDOWN is a parser error without MotherDuck's extension, as was seen with DuckDB 1.5.6. */
const SHUTDOWN = 'SELECT 1';

/** Databases that are attached stay writable. */
const CONFINE = ['SET enable_external_access = false', 'SET lock_configuration = true'];

const NOT_AUTHENTICATED = 'Request failed: Your request is not authenticated. Please check your MotherDuck token.';
/** As documented and seen; assumption: the texts of `foreign` and `never_connected`. */
const REFUSALS: Readonly<Record<SecretRefusal | 'never_connected', string>> = {
  malformed: `${NOT_AUTHENTICATED} (Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections)`,
  foreign: `${NOT_AUTHENTICATED} (Jwt verification fails)`,
  expired: `${NOT_AUTHENTICATED} (Jwt is expired)`,
  revoked: "Request failed: Invalid MotherDuck token (PERMISSION_DENIED, RPC 'CREATE_SLT')",
  never_connected:
    'Request failed: This account must connect with a read/write token once before its read scaling tokens can be used.',
};

/** The texts of connections that fail for other reasons; assumption: all but the known words. */
const FAILURES: Readonly<Record<Exclude<Settings['connections'], 'ok'>, string>> = {
  momentary: "Request failed: UNAVAILABLE, RPC 'GET_WELCOME_PACK'",
  unavailable: 'Could not connect to MotherDuck. Please try again later',
  compute_limit: "Request failed: You've reached the daily compute limit for this plan",
  newer_duckdb: 'Your DuckDB version is not yet supported by MotherDuck. The latest supported version is v1.4.1',
};

/**
 * Connects to the sandbox: a valid token opens the account's own DuckDB files. A refused connection fails in SQL, by
 * DuckDB's `error()` with MotherDuck's text, so it is handled as a real one.
 *
 * @param sandbox an organization, or a sandbox's folder, which is opened for the first connection
 */
export function sandboxConnector(sandbox: Organization | string, client: SandboxClient = {}): Connector {
  let opening: Promise<Organization> | undefined;
  const tried = new Set<string>();
  /** Of the statements of each connection, by the hash of its token. */
  const running = new Map<string, { folder: string; home: string; effects: readonly (Effect | undefined)[] }>();
  const organization = (): Promise<Organization> => {
    opening ??= typeof sandbox === 'string' ? openSandbox(sandbox, adminOf(client)) : Promise.resolve(sandbox);
    return opening;
  };
  /** The connection, or the text with which it is refused. */
  const connect = async (token: Secret): Promise<{ opened: Organization; connection: Connection } | string> => {
    const opened = await organization();
    const { connections } = opened.settings;
    const isRetry = connections === 'momentary' && tried.has(hashOf(token));
    tried.add(hashOf(token));
    if (connections !== 'ok' && !isRetry) return FAILURES[connections];
    const connection = await opened.connect(token, client.agent);
    return typeof connection === 'string' ? REFUSALS[connection] : { opened, connection };
  };
  return {
    async target(token, database, _seconds, statements = []): Promise<ConnectionTarget> {
      const connected = await connect(token);
      if (typeof connected === 'string') return refused(connected);
      const { opened, connection } = connected;
      const history = opened.history(connection);
      const about = [
        ...macros(connection, opened.settings.plan),
        ...(history ? organizationViews(history, opened.folder) : []),
      ];
      const files =
        opened.folder === undefined ? undefined : await databasesOf(opened.folder, connection.account.username);
      const { type, startsInMs } = connection;
      const own = translate(statements, type, catalogOf(opened.folder, files));
      if (opened.folder !== undefined && files !== undefined)
        running.set(hashOf(token), { folder: opened.folder, home: files.home, effects: own.effects });
      const target =
        type === 'read_write'
          ? readWrite(about, withShares(files, own, opened.folder), database, openedFiles(files, own, statements))
          : readScaling(about, files, database);
      return { ...target, instead: own.instead, shutdown: SHUTDOWN, startsInMs };
    },
    async sessionTarget(token, database): Promise<ConnectionTarget> {
      const connected = await connect(token);
      if (typeof connected === 'string') return refused(connected);
      const { opened, connection } = connected;
      const { type, startsInMs } = connection;
      const target = { path: ':memory:', options: {}, confine: CONFINE, shutdown: SHUTDOWN, startsInMs };
      if (opened.folder === undefined) return { ...target, setup: [attach(':memory:', database, false)] };
      const path = await sessionFile(opened.folder, connection, database);
      const before = attach(path, database, type !== 'read_write');
      return { ...target, setup: [], transaction: { before, after: `DETACH ${identifier(database)}` } };
    },
    async noteStatements(token, statements): Promise<void> {
      const { folder, home, effects } = running.get(hashOf(token)) ?? {};
      if (folder === undefined || home === undefined || effects === undefined) return;
      running.delete(hashOf(token));
      const done = effects.slice(0, statements.length).filter((effect) => effect !== undefined);
      await inFolder(home, () => keepEffects(folder, home, done));
    },
    async noteShutdown(username: string, type: TokenType): Promise<void> {
      await (await organization()).sleep(username, type);
    },
  };
}

/** The client that connects. */
interface SandboxClient {
  /** Its user agent, for the query history; absent if it sends none of its own. */
  readonly agent?: string;
  /** Accepted as the Admin's token when a folder is opened: the process that serves it accepts it too. */
  readonly adminToken?: Secret;
}

function adminOf({ adminToken }: SandboxClient): { adminToken?: Secret } {
  return defined({ adminToken });
}

function refused(message: string): ConnectionTarget {
  return { path: ':memory:', options: {}, setup: [raise(message)], confine: CONFINE, shutdown: SHUTDOWN };
}

/** @param files undefined for an organization in memory, as `database` is for the first one */
function readWrite(
  about: readonly string[],
  files: DatabaseFiles | undefined,
  database: string | undefined,
  allowed: readonly string[],
): Omit<ConnectionTarget, 'shutdown'> {
  const { path = ':memory:', siblings = [], shares = [] } = files ?? {};
  const first = files === undefined ? [attach(path, FIRST_DATABASE, false)] : [];
  const others = siblings.map((each) => attach(each.path, each.name, false));
  const shared = shares.map((each) => attach(each.path, each.name, true));
  const setup = [...about, ...first, ...others, ...shared, ...use(database, [...siblings, ...shares])];
  const reached = allowed.length === 0 ? [] : [`SET allowed_paths = [${allowed.map(text).join(', ')}]`];
  return { path, options: {}, setup, confine: [...reached, ...CONFINE] };
}

/**
 * Refuses writes and, by refusing other files, ATTACH.
 * Assumption: the text for ATTACH, which is DuckDB's; and that databases in memory can be attached does not matter.
 */
function readScaling(
  about: readonly string[],
  files: DatabaseFiles | undefined,
  database: string | undefined,
): Omit<ConnectionTarget, 'shutdown'> {
  const { path = ':memory:', siblings = [], shares = [] } = files ?? {};
  const setup =
    files === undefined
      ? [attach(path, FIRST_DATABASE, false)]
      : [
          // An account that has no database yet gets an empty one.
          ...(existsSync(path) ? [] : [attach(path, FIRST_DATABASE, false), `DETACH ${identifier(FIRST_DATABASE)}`]),
          attach(path, FIRST_DATABASE, true),
          ...[...siblings, ...shares].map((each) => attach(each.path, each.name, true)),
        ];
  return {
    path: ':memory:',
    options: {},
    setup: [...about, ...setup, ...use(database, [...siblings, ...shares]), ...CONFINE],
    confine: [],
  };
}

/** The file of a database for sessions. No other connection opens it, which would keep them waiting. */
async function sessionFile(folder: string, { account }: Connection, database: string): Promise<string> {
  const home = join(homeOf(folder, account.username), SESSIONS);
  const path = join(home, database.toLowerCase() + EXTENSION);
  return inFolder(home, async () => {
    await refuseTrackedLinks(path);
    return path;
  });
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
  const duckling = `${account.id}.${ducklingId(type)}`; // assumption: what precedes its end
  return [
    `CREATE OR REPLACE TEMP MACRO md_user() AS ${text(account.username)}`,
    `CREATE OR REPLACE TEMP MACRO md_user_info() AS TABLE SELECT ${columns.join(', ')}`,
    `CREATE OR REPLACE TEMP MACRO __md_duckling_id() AS TABLE SELECT ${text(duckling)} AS id`,
    `CREATE OR REPLACE TEMP MACRO md_live_duckling_size() AS TABLE SELECT ${text(sizeTitle(account.ducklings[type].instance_size))} AS type`,
  ];
}

/** @param siblings the databases beside the first one */
function use(database: string | undefined, siblings: readonly { readonly name: string }[]): string[] {
  const name = database || FIRST_DATABASE;
  const isSame = (each: string) => each.toLowerCase() === name.toLowerCase();
  const isThere = isSame(FIRST_DATABASE) || siblings.some((each) => isSame(each.name));
  return [isThere ? `USE ${identifier(name)}` : raise(`no database/share named '${name}' found`)];
}
