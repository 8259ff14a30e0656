/** Connectors: what a DuckDB connection opens, `md:` at MotherDuck or a database file of the sandbox. */
import { CONNECT_SECONDS } from '../model/defaults.ts';
import type { Secret } from '../model/secret.ts';
import type { Seconds } from '../model/time.ts';
import type { TokenType } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import { duckdbProxy } from './proxy.ts';

/** How to open a connection; passed to a child process on its standard input. */
export interface ConnectionTarget {
  /** What DuckDB opens: `md:`, `md:sales`, or a file of the sandbox. */
  readonly path: string;
  /** DuckDB options. They contain the token for MotherDuck, so a Target is as secret as a token. */
  readonly options: Readonly<Record<string, string>>;
  /** SQL that runs first, in order; when a statement fails, the connection fails. */
  readonly setup: readonly string[];
  /** SQL after which the connection reaches no local file, loads no extension, and cannot change that again. */
  readonly confine: readonly string[];
  /** SQL that stops the Duckling before its cooldown ends. */
  readonly shutdown: string;
  /** SQL around each transaction of a session: it opens a file of the sandbox, which one process at a time can have, and closes it. */
  readonly transaction?: { readonly before: string; readonly after: string };
  /** By the position of the account's own statement: what runs in its place, where plain DuckDB does not know MotherDuck's; empty: itself. */
  readonly instead?: readonly (readonly string[])[];
  /** Milliseconds that a Duckling of the sandbox takes to start. */
  readonly startsInMs?: number;
}

/** Tells what DuckDB opens to connect as an account. */
export interface Connector {
  /**
   * The target for a token, and for a database if given. Does no network I/O.
   *
   * @param seconds until a connection attempt is given up; a minute unless given
   * @param statements the account's own SQL that will run
   */
  target(
    token: Secret,
    database: string | undefined,
    seconds?: Seconds,
    statements?: readonly string[],
  ): Promise<ConnectionTarget>;
  /**
   * The target for a session of statements that name a database in full. The sandbox has every database: it creates the file.
   *
   * @param seconds until a connection attempt is given up; a minute unless given
   */
  sessionTarget(token: Secret, database: string, seconds?: Seconds): Promise<ConnectionTarget>;
  /** Called with the statements of a setup that ran, so that the sandbox knows which databases the account has attached. */
  noteStatements?(token: Secret, statements: readonly string[]): Promise<void>;
  /** Called after SHUTDOWN was sent, so that the sandbox's Duckling stops as MotherDuck's does. */
  noteShutdown(username: string, type: TokenType): Promise<void>;
}

/**
 * Connects to MotherDuck: `md:` with the documented parameters in the path, and the token in the options, which keeps it
 * out of DuckDB's messages. `saas_mode` is not set, since it is not verified that all checks work with it; the account's own
 * SQL is confined by DuckDB's settings instead.
 *
 * @param about.env names the proxy through which DuckDB downloads its extension
 */
export function motherduckConnector(about: {
  readonly userAgent: string;
  readonly env?: NodeJS.ProcessEnv;
}): Connector {
  return {
    async target(token, database = '', seconds = CONNECT_SECONDS) {
      if (/[?&#\p{Cc}]/u.test(database)) {
        const shown = JSON.stringify(database);
        const hint = 'Remove "database" and name it in the query instead, in double quotes.';
        throw new UserError('CONNECT_FAILED', `a connection cannot be opened with the database name ${shown}`, hint);
      }
      const proxy = duckdbProxy(about.env ?? {});
      const limit = Math.max(1, Math.floor(seconds));
      const parameters = `session_name=mdacc&dbinstance_inactivity_ttl=0s&connection_timeout=${limit}s`;
      return {
        path: `md:${database}?${parameters}`,
        options: {
          motherduck_token: token.reveal(),
          custom_user_agent: about.userAgent,
          ...proxy,
        },
        setup: [],
        // Not enable_external_access: MotherDuck may still read from object stores, and attach databases.
        confine: [
          // SQL could read them.
          ...(proxy.http_proxy_password === undefined
            ? []
            : ["SET http_proxy_username = ''", "SET http_proxy_password = ''"]),
          "SET disabled_filesystems = 'LocalFileSystem'",
          'SET autoinstall_known_extensions = false',
          'SET autoload_known_extensions = false',
          'SET lock_configuration = true',
        ],
        shutdown: 'SHUTDOWN',
      };
    },
    sessionTarget(token, database, seconds) {
      return this.target(token, database, seconds);
    },
    async noteShutdown() {}, // MotherDuck knows
  };
}
