/**
 * The smoke test of one account: who connects, with which token, in which order.
 *
 *   read/write      every token at hand; without one, a token made for the test
 *   read scaling    only where the account has such tokens: every one at hand; without one, a token made for the test
 *
 * Read/write goes first, since MotherDuck lets read scaling tokens work only after one such connection. Two tokens
 * never share a process, and two made for the test never live at once (their name can be used once). The last
 * connection of a kind sends its Duckling back to sleep, when it was asleep before.
 *
 * The account's own query runs once: on a read/write connection, or on a read scaling one when that is all the account
 * has, because that is how its programs connect. Read/write connections open the database in any case: a read scaling
 * one sees only what the account attached before.
 */
import type { DesiredDucklings } from '../model/ducklings.ts';
import type { Notice } from '../model/plan.ts';
import type { Secret } from '../model/secret.ts';
import type { AccountSmoke, ConnectionSmoke, SmokeCheck } from '../model/smoke.ts';
import { SMOKE_TOKEN_NAME, TOKEN_TYPES, type TokenType } from '../model/tokens.ts';
import type { Api } from '../motherduck/api.ts';
import { scrub } from '../motherduck/connect.ts';
import { ApiError } from '../motherduck/errors.ts';
import type { Expected } from './checks.ts';
import { type Connecting, connect, type Holder, putToSleep } from './connection.ts';
import type { Explained } from './failures.ts';
import { withMintedToken } from './minted.ts';

/** What a smoke test has to know of an account; a DesiredAccount has it. */
export interface SmokeSubject {
  readonly username: string;
  readonly ducklings?: DesiredDucklings;
  readonly tokens: ReadonlyMap<string, { readonly type: TokenType }>;
  readonly smoke: false | { readonly query?: string; readonly database?: string };
}

export interface SmokeOptions extends Connecting {
  readonly account: SmokeSubject;
  /** The secrets that this run just got, by token key. */
  readonly secrets: ReadonlyMap<string, { readonly secret: Secret; readonly type: TokenType }>;
  readonly api: Api;
  /** Whether a Duckling of the kind ran before the test. Unknown: nothing is sent to sleep. */
  readonly wasActive: Readonly<Record<TokenType, boolean>> | undefined;
  /** What is wrong with this machine, found by any account of the run: the others need not try. */
  readonly machine?: { trouble?: Explained };
}

/** Connects as the account and checks what it finds. Never rejects: whatever fails is in the result. */
export async function smokeAccount(options: SmokeOptions): Promise<AccountSmoke> {
  const { account } = options;
  const started = performance.now();
  const test = new AccountTest(options);
  if (account.smoke !== false) await test.run().catch((error: unknown) => test.brokeOff(error));
  return {
    account: account.username,
    outcome: account.smoke === false ? 'skipped' : test.outcome(),
    connections: test.connections,
    verified: test.verified,
    warnings: test.warnings,
    ms: Math.round(performance.now() - started),
  };
}

class AccountTest {
  readonly connections: ConnectionSmoke[] = [];
  readonly verified: string[] = [];
  readonly warnings: Notice[] = [];
  readonly #options: SmokeOptions;
  readonly #types: ReadonlySet<TokenType>;
  #asked = false;
  #readWriteConnected = false;

  constructor(options: SmokeOptions) {
    this.#options = options;
    const all = [...options.account.tokens.values(), ...options.secrets.values()];
    this.#types = new Set(all.map((token) => token.type));
  }

  async run(): Promise<void> {
    for (const type of TOKEN_TYPES) {
      if (this.#stopped()) return;
      if (type === 'read_scaling' && !this.#types.has(type)) return;
      const held = this.#atHand(type);
      if (held.length > 0) await this.#connectAll(type, held);
      else if (type === 'read_write' || this.#readWriteConnected) await this.#connectMinted(type);
    }
  }

  outcome(): AccountSmoke['outcome'] {
    const passed = this.connections.length > 0 && this.connections.every((connection) => connection.passed);
    if (this.#options.signal?.aborted && !(passed && this.#complete())) return 'interrupted';
    return passed ? 'passed' : 'failed';
  }

  /** A fault of ours: said, so that what was seen before it is not lost and other accounts are still tested. */
  brokeOff(error: unknown): void {
    const held = [...this.#options.secrets.values()].map(({ secret }) => secret.reveal());
    const message = `the test broke off, which is a bug in motherduck-accounts: ${scrub(String(error), held)}`;
    this.#fail('read_write', 'connects', { message, hint: { text: 'Please report it with this message.' } });
  }

  #atHand(type: TokenType): Holder[] {
    const held = [...this.#options.secrets].filter(([, token]) => token.type === type);
    return held.map(([token, { secret }]) => ({ token, minted: false, secret }));
  }

  async #connectMinted(type: TokenType): Promise<void> {
    const { api, account, machine } = this.#options;
    if (machine?.trouble !== undefined) return this.#fail(type, 'connects', machine.trouble.said);
    try {
      await withMintedToken({ api, account: account.username, type, warn: this.#warn }, (secret) =>
        this.#connectAll(type, [{ token: SMOKE_TOKEN_NAME, minted: true, secret }]),
      );
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const message = `no token could be made for the test: ${error.message}`;
      const hint =
        error.failure === 'absent'
          ? { text: 'The account does not exist. Create it first.', command: ['apply'] }
          : error.hint;
      this.#fail(type, 'token', { message, hint });
    }
  }

  async #connectAll(type: TokenType, holders: readonly Holder[]): Promise<void> {
    const { machine, wasActive } = this.#options;
    const wasAsleep = wasActive !== undefined && !wasActive[type];
    let woken: Holder | undefined;
    for (const [index, holder] of holders.entries()) {
      if (this.#stopped()) return;
      if (machine?.trouble !== undefined) {
        this.#fail(type, 'connects', machine.trouble.said, holder);
        continue;
      }
      const shutdown = wasAsleep && index === holders.length - 1;
      const expected = this.#expected(type);
      const made = await connect(this.#options, holder, expected, shutdown, this.#warn);
      const { connects, failure } = made;
      this.connections.push(made.smoke);
      if (made.proves && !holder.minted) this.verified.push(holder.token);
      if (connects && type === this.#queried()) this.#asked = true;
      if (connects && type === 'read_write') this.#readWriteConnected = true;
      if (failure?.scope === 'machine' && machine !== undefined) machine.trouble = failure;
      if (connects) woken = made.shutDown ? undefined : holder;
    }
    if (wasAsleep && woken !== undefined && !this.#stopped()) await this.#sleepAfter(woken, type);
  }

  /** The last connection did not come to its SHUTDOWN, but it or one before it woke the Duckling. */
  async #sleepAfter(holder: Holder, type: TokenType): Promise<void> {
    const slept = await putToSleep(this.#options, holder, this.#expected(type), this.#warn);
    const index = this.connections.findLastIndex((made) => made.type === type && made.token === holder.token);
    const made = this.connections[index];
    if (slept && made !== undefined) this.connections[index] = { ...made, slept };
  }

  #expected(type: TokenType): Expected {
    const { account, wasActive } = this.#options;
    const own = account.smoke === false ? {} : account.smoke;
    const asks = type === this.#queried() && !this.#asked;
    const opens = asks || (type === 'read_write' && !this.#readWriteConnected);
    const size = account.ducklings?.[type].size;
    return {
      account: account.username,
      type,
      ranBefore: wasActive?.[type] ?? false,
      ...(size && { size }),
      ...(own.database && opens && { database: own.database }),
      ...(own.query && asks && { query: own.query }),
    };
  }

  /** The kind of connection that runs the account's own query. */
  #queried(): TokenType {
    return this.#types.has('read_scaling') && !this.#types.has('read_write') ? 'read_scaling' : 'read_write';
  }

  #fail(type: TokenType, name: SmokeCheck['name'], said: Explained['said'], holder?: Holder): void {
    const check: SmokeCheck = { name, passed: false, ms: 0, ...said };
    const token = holder?.token ?? SMOKE_TOKEN_NAME;
    this.connections.push({ type, token, minted: false, checks: [check], passed: false, slept: false });
  }

  /** Every connection that the account should have was made. */
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
