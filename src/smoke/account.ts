/**
 * The smoke test of one account: which tokens connect, in which order.
 *
 *   read/write      every token whose secret is available; without one, a temporary token
 *   read scaling    only if the account has such tokens: the same
 *
 * Read/write goes first, because MotherDuck's read scaling tokens work only after such a connection. Two tokens never
 * share a process, and two temporary tokens of an account are never live at once. The last connection of
 * a kind shuts its Duckling down, if it did not run before.
 *
 * The configured query runs once: on a read/write connection, or on a read scaling one when the account has no other,
 * because that is how its programs connect. Read/write connections always open the configured database: a read scaling
 * one sees only what the account attached before.
 */
import { defined } from '../model/defined.ts';
import type { DesiredDucklings } from '../model/ducklings.ts';
import type { Notice } from '../model/notice.ts';
import type { Secret } from '../model/secret.ts';
import { forAccount } from '../model/setup.ts';
import type { AccountSmoke, ConnectionSmoke, SmokeCheck } from '../model/smoke.ts';
import { monotonicMs } from '../model/time.ts';
import { TOKEN_TYPES, type TokenType } from '../model/tokens.ts';
import type { Hint } from '../model/user-error.ts';
import { isNewUsername, renameAdvice } from '../model/username.ts';
import type { ConnectionFailure } from '../motherduck/connection-failure.ts';
import { scrub } from '../motherduck/scrub.ts';
import { ApiError } from '../motherduck/transport-errors.ts';
import type { Expected } from './checks.ts';
import type { CommonFailure } from './common-failure.ts';
import { type ConnectingToken, type ConnectionOptions, connect, limitFor, shutDownDuckling } from './connection.ts';
import { type TokenApi, withTemporaryToken } from './temporary-token.ts';

/** The parts of a DesiredAccount that a smoke test needs. */
export interface SmokeSubject {
  readonly username: string;
  readonly ducklings?: DesiredDucklings;
  readonly tokens: ReadonlyMap<string, { readonly type: TokenType }>;
  readonly smoke: false | { readonly query?: string; readonly database?: string };
  readonly suspended?: object;
}

/** How an account is tested. */
export interface SmokeOptions extends ConnectionOptions {
  readonly account: SmokeSubject;
  /** The secrets of tokens that this run created, by token key. */
  readonly secrets: ReadonlyMap<string, { readonly secret: Secret; readonly type: TokenType }>;
  readonly api: TokenApi;
  /** Whether a Duckling of the kind ran before the test; undefined: unknown, then none is shut down. */
  readonly ranBefore: Readonly<Record<TokenType, boolean>> | undefined;
  /** The failure that all accounts of this run share. */
  readonly common?: CommonFailure;
}

/** Connects as the account and runs the checks. Never rejects: a failure is in the result. */
export async function smokeAccount(options: SmokeOptions): Promise<AccountSmoke> {
  const { account } = options;
  const started = monotonicMs();
  const test = new AccountTest(options);
  if (account.smoke !== false) await test.run().catch((error: unknown) => test.crashed(error));
  return {
    account: account.username,
    ...(account.smoke === false
      ? { outcome: 'skipped', skipped: account.suspended ? 'suspended' : 'smoke: false' }
      : { outcome: test.outcome() }),
    connections: test.connections,
    verified: test.verified,
    warnings: test.warnings,
    ms: Math.round(monotonicMs() - started),
  };
}

class AccountTest {
  readonly connections: ConnectionSmoke[] = [];
  readonly verified: string[] = [];
  readonly warnings: Notice[] = [];
  readonly #options: SmokeOptions;
  readonly #types: ReadonlySet<TokenType>;
  #queryDone = false;
  #readWriteConnected = false;
  #isAborted = false;

  constructor(options: SmokeOptions) {
    this.#options = options;
    const all = [...options.account.tokens.values(), ...options.secrets.values()];
    this.#types = new Set(all.map((token) => token.type));
  }

  async run(): Promise<void> {
    for (const type of TOKEN_TYPES) {
      if (this.#stopped()) return;
      if (type === 'read_scaling' && !this.#types.has(type)) return;
      const available = this.#available(type);
      if (available.length > 0) await this.#connectAll(type, available);
      else if (type === 'read_write' || this.#readWriteConnected) await this.#connectTemporary(type);
    }
  }

  outcome(): AccountSmoke['outcome'] {
    const passed = this.connections.length > 0 && this.connections.every((connection) => connection.passed);
    if (this.#isAborted || (this.#options.signal?.aborted && !(passed && this.#complete()))) return 'interrupted';
    return passed ? 'passed' : 'failed';
  }

  /** A bug: it is part of the result, so that earlier results are kept and other accounts are still tested. */
  crashed(error: unknown): void {
    const secrets = [...this.#options.secrets.values()].map(({ secret }) => secret.reveal());
    const message = `the test crashed, which is a bug in motherduck-accounts: ${scrub(String(error), secrets)}`;
    this.#fail('read_write', 'connects', { message, hint: { text: 'Please report it with this message.' } });
  }

  #available(type: TokenType): ConnectingToken[] {
    const tokens = [...this.#options.secrets].filter(([, token]) => token.type === type);
    return tokens.map(([key, { secret }]) => ({ key, secret }));
  }

  async #connectTemporary(type: TokenType): Promise<void> {
    const { api, account, common } = this.#options;
    if (common?.problem !== undefined) return this.#fail(type, 'connects', common.problem);
    const { seconds } = limitFor(this.#options, account.ducklings?.[type].size);
    // One more connection may shut the Duckling down.
    const limit = 2 * seconds;
    try {
      await withTemporaryToken({ api, account: account.username, type, limit, warn: this.#warn }, (secret) =>
        this.#connectAll(type, [{ secret }]),
      );
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const message = `no temporary token could be created: ${error.message}`;
      this.#fail(type, 'token', {
        message,
        hint: error.failure === 'absent' ? toCreate(account.username) : error.hint,
      });
    }
  }

  async #connectAll(type: TokenType, tokens: readonly ConnectingToken[]): Promise<void> {
    const { common, ranBefore } = this.#options;
    const shutsDown = ranBefore !== undefined && !ranBefore[type];
    let stillRunning: ConnectingToken | undefined;
    for (const [index, token] of tokens.entries()) {
      if (this.#stopped()) return;
      if (common?.problem !== undefined) {
        this.#fail(type, 'connects', common.problem, token);
        continue;
      }
      const shutdown = shutsDown && index === tokens.length - 1;
      const expected = this.#expected(type);
      const { smoke, verified, connects, aborted, failure, shutDown } = await connect(
        this.#options,
        token,
        expected,
        shutdown,
        this.#warn,
      );
      this.#isAborted ||= aborted;
      if (aborted) return;
      this.connections.push(smoke);
      if (verified && token.key !== undefined) this.verified.push(token.key);
      if (connects && type === this.#queried()) this.#queryDone = true;
      if (connects && type === 'read_write') this.#readWriteConnected = true;
      common?.note(this.#options.account.username, failure);
      if (connects) stillRunning = shutDown ? undefined : token;
    }
    if (shutsDown && stillRunning !== undefined && !this.#stopped()) await this.#shutDownAfter(stillRunning, type);
  }

  /** The last connection did not reach its SHUTDOWN, but it or an earlier one started the Duckling. */
  async #shutDownAfter(token: ConnectingToken, type: TokenType): Promise<void> {
    const shutDown = await shutDownDuckling(this.#options, token, this.#expected(type), this.#warn);
    const index = this.connections.findLastIndex((each) => each.type === type && each.token === token.key);
    const connection = this.connections[index];
    if (shutDown && connection !== undefined) this.connections[index] = { ...connection, shut_down: shutDown };
  }

  #expected(type: TokenType): Expected {
    const { account, ranBefore } = this.#options;
    const configured = account.smoke === false ? {} : account.smoke;
    const runsQuery = type === this.#queried() && !this.#queryDone;
    const opensDatabase = runsQuery || (type === 'read_write' && !this.#readWriteConnected);
    const size = account.ducklings?.[type].size;
    const { username } = account;
    return {
      account: username,
      type,
      ranBefore: ranBefore?.[type] ?? false,
      ...defined({ size }),
      ...(configured.database && opensDatabase && { database: forAccount(configured.database, username) }),
      ...(configured.query && runsQuery && { query: forAccount(configured.query, username) }),
    };
  }

  /** The kind of connection that runs the configured query. */
  #queried(): TokenType {
    return this.#types.has('read_scaling') && !this.#types.has('read_write') ? 'read_scaling' : 'read_write';
  }

  #fail(
    type: TokenType,
    name: SmokeCheck['name'],
    problem: ConnectionFailure['problem'],
    token?: ConnectingToken,
  ): void {
    const check: SmokeCheck = { name, passed: false, ms: 0, ...problem };
    this.connections.push({
      type,
      ...defined({ token: token?.key }),
      temporary: false,
      checks: [check],
      passed: false,
      shut_down: false,
    });
  }

  /** Whether every kind of connection that the account needs was made. */
  #complete(): boolean {
    const made = new Set(this.connections.map((connection) => connection.type));
    return made.has('read_write') && (made.has('read_scaling') || !this.#types.has('read_scaling'));
  }

  #stopped(): boolean {
    return this.#options.signal?.aborted ?? false;
  }

  readonly #warn = (notice: Notice): void => {
    this.warnings.push(notice);
  };
}

/** What to do about an account that does not exist. */
function toCreate(username: string): Hint {
  return isNewUsername(username)
    ? { text: 'The account does not exist. Create it first.', command: ['apply'] }
    : { text: `The account does not exist. ${renameAdvice(username)}` };
}
