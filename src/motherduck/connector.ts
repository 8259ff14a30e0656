/** The second door to MotherDuck: `md:` connections. What differs between MotherDuck and the sandbox is only what is opened. */
import type { Secret } from '../model/secret.ts';
import type { TokenType } from '../model/tokens.ts';

/** How a connection is opened: by a child process, which gets this on its standard input. */
export interface Target {
  /** What DuckDB opens: `md:`, `md:sales`, or a file of the sandbox. */
  readonly path: string;
  /** DuckDB options. Holds the token for MotherDuck, so a Target is as secret as a token. */
  readonly options: Readonly<Record<string, string>>;
  /** SQL that is run first, in order; a failing statement is a failing connection. */
  readonly setup: readonly string[];
  /** SQL that lets the Duckling stop early. */
  readonly shutdown: string;
}

export interface Connector {
  /** What a connection with this token opens; `database` when one is asked for. Does no network I/O. */
  target(token: Secret, database: string | undefined): Promise<Target>;
  /** Told after SHUTDOWN was sent, so that the sandbox's Duckling sleeps as MotherDuck's would. */
  slept(username: string, type: TokenType): Promise<void>;
}
