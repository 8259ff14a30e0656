import { randomBytes, randomUUID } from 'node:crypto';
import type { Secret } from '../model/secret.ts';
import { TOKEN_TYPES, type TokenType } from '../model/tokens.ts';
import type { WireDucklings } from '../model/wire.ts';
import { type AdminHash, hashOf, identify } from './authentication.ts';
import { isAwake } from './ducklings.ts';
import type { Answer, Rules } from './endpoint.ts';
import { type Decision, type EventLog, OrganizationStore } from './log.ts';
import {
  type Account,
  ADMIN_USERNAME,
  type Identity,
  type OrganizationState,
  type SandboxEvent,
  type Token,
} from './organization-state.ts';
import { answerCall, type Call } from './rest-api.ts';
import { issueToken } from './tokens.ts';

export interface OrganizationOptions extends Partial<Rules> {
  /** Taken as the Admin's read/write token in this process; nothing of it is written. */
  readonly adminToken?: Secret;
  /** The sandbox's folder; absent for an organization in memory. */
  readonly folder?: string;
}

/**
 * An organization that behaves as the facts say MotherDuck's does (motherduck-api.md): Request in, Response out, over a
 * log of events. Every answer carries `x-sandbox`, so that it never passes for MotherDuck.
 */
export class Organization {
  readonly folder: string | undefined;
  readonly tier: Rules['tier'];
  readonly #log: EventLog;
  readonly #store: OrganizationStore;
  readonly #rules: Rules;
  readonly #adminHash: AdminHash;

  constructor(log: EventLog, options: OrganizationOptions = {}) {
    const { tier = 'business', descriptions = true, usersList = 'ok' } = options;
    this.folder = options.folder;
    this.tier = tier;
    this.#log = log;
    this.#store = new OrganizationStore(log);
    this.#rules = { tier, descriptions, usersList };
    this.#adminHash = options.adminToken && hashOf(options.adminToken);
  }

  /** Answers a request to the REST API, whatever its host. @throws UserError SANDBOX_FAILED when the log cannot be used */
  async handle(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const { text, status, type, headers } = await this.answer({
      method: request.method,
      target: pathname + search,
      authorization: request.headers.get('authorization') ?? undefined,
      body: request.body === null ? '' : await request.text(),
    });
    return new Response(text, { status, headers: { 'content-type': type, ...headers } });
  }

  /** As `handle`, without the objects of the fetch standard. */
  answer(call: Call): Promise<Answer> {
    return answerCall(call, this.#store, this.#rules, this.#adminHash);
  }

  /** The sandbox's time in milliseconds since 1970. */
  now(): number {
    return this.#store.now();
  }

  /** Lets time pass; there is no way back. Gives the new time. */
  async advance(seconds: number): Promise<number> {
    if (!(seconds > 0)) throw new RangeError(`the sandbox's clock cannot be advanced by ${seconds} seconds`);
    return this.#store.write((_, at) => ({
      events: [{ at, event: 'clock_advanced', seconds }],
      result: at + seconds * 1000,
    }));
  }

  /** Makes a token without asking who may; the Admin's, unless another is named. */
  mint(asked: { username?: string; type?: TokenType; name?: string; ttl?: number } = {}): Promise<Secret> {
    const { username = ADMIN_USERNAME, type = 'read_write', name = 'sandbox', ttl } = asked;
    return this.#store.write((state, at) => {
      const account = state.account(username);
      if (account === undefined) throw new Error(`the sandbox has no account ${username}`);
      const { secret, event } = issueToken(account, at, { name, type, ttl });
      return { events: [event], result: secret };
    });
  }

  /** Adds a person. */
  async addHuman(username: string, about: { email?: string; roles?: readonly string[] } = {}): Promise<void> {
    const { email = `${username}@sandbox.invalid`, roles = ['Member'] } = about;
    const id = randomUUID();
    await this.#note((at) => ({ at, event: 'account_created', account: username, id, human: { email, roles } }));
  }

  /** Marks a user as deprovisioned, as a directory sync would. */
  async deprovision(username: string): Promise<void> {
    await this.#note((at) => ({ at, event: 'account_deprovisioned', account: username }));
  }

  /** Gives a user other roles, as an Admin does on MotherDuck's web page. */
  async setRoles(username: string, roles: readonly string[]): Promise<void> {
    await this.#note((at) => ({ at, event: 'roles_set', account: username, roles }));
  }

  /** Adds `count` service accounts with two tokens each, those left out that are there; gives how many were added. */
  seed(count: number, options: SeedOptions = {}): Promise<number> {
    return this.#store.write((state, at) => seedEvents(state, at, count, options));
  }

  /** Begins again with the Admin alone, by the real clock. Databases go with `resetSandbox` only. */
  reset(): Promise<void> {
    return this.#store.clear();
  }

  /**
   * Opens an account's `md:` connection as far as the organization knows of it: whose token, and that its Duckling woke.
   * The words are why it may not: a token that is nobody's, or read scaling before the first read/write connection.
   * `agent` is what the client calls itself, for the query history.
   */
  connect(secret: Secret, agent?: string): Promise<Connection | 'unauthenticated' | 'never_connected'> {
    return this.#store.write<Connection | 'unauthenticated' | 'never_connected'>((state, at) => {
      const caller = identify(state, secret, at, this.#adminHash);
      if (caller === undefined) return { events: [], result: 'unauthenticated' };
      const { account, type } = caller;
      if (type === 'read_scaling' && !account.hasConnected) return { events: [], result: 'never_connected' };
      return {
        events: [
          { at, event: 'connected', account: account.username, type, ...(agent === undefined ? {} : { agent }) },
        ],
        result: { account, type, identity: state.identity },
      };
    });
  }

  /** Every account with the times of its last connections, as an Admin on a Business plan may see them; else undefined. */
  history({ account }: Connection): readonly Account[] | undefined {
    return this.tier === 'business' && account.roles.includes('Admin') ? this.#store.read().accounts() : undefined;
  }

  /** Puts a Duckling to sleep before its cooldown ends, as SHUTDOWN does. */
  async sleep(username: string, type: TokenType): Promise<void> {
    await this.#store.write((state, at) => {
      const account = state.account(username);
      const awake = account !== undefined && isAwake(account, type, at);
      return { events: awake ? [{ at, event: 'slept', account: account.username, type }] : [], result: undefined };
    });
  }

  /** What there is, for tests: accounts and tokens without secrets, and all events. */
  inspect(): { accounts: (Omit<Account, 'tokens'> & { tokens: Token[] })[]; events: readonly SandboxEvent[] } {
    const accounts = this.#store.read().accounts();
    return {
      accounts: accounts.map((account) => ({ ...account, tokens: [...account.tokens.values()] })),
      events: this.#log.events(),
    };
  }

  close(): void {
    this.#log.close();
  }

  #note(event: (at: number) => SandboxEvent): Promise<void> {
    return this.#store.write((_, at) => ({ events: [event(at)], result: undefined }));
  }
}

export interface Connection {
  readonly account: Account;
  readonly type: TokenType;
  readonly identity: Identity;
}

export interface SeedOptions {
  /** What usernames begin with; `tenant_` gives `tenant_00001`. */
  readonly prefix?: string;
  /** Life of the tokens in seconds; null: until revoked. 90 days unless given. */
  readonly ttl?: number | null;
  /** Names of the read/write and the read scaling token. */
  readonly tokens?: { readonly read_write: string; readonly read_scaling: string };
  readonly ducklings?: WireDucklings;
}

const NINETY_DAYS = 90 * 86_400;

/** The events of a large organization, for one write. Nobody gets the secrets: each hash is of nothing that anyone knows. */
export function seedEvents(
  state: OrganizationState,
  at: number,
  count: number,
  options: SeedOptions,
): Decision<number> {
  const { prefix = 'tenant_', ttl = NINETY_DAYS, tokens = { read_write: 'etl', read_scaling: 'app' } } = options;
  const expires = ttl === null ? {} : { expires: at + ttl * 1000 };
  const ducklings = options.ducklings === undefined ? {} : { ducklings: options.ducklings };
  const events: SandboxEvent[] = [];
  let added = 0;
  for (let number = 1; number <= count; number += 1) {
    const account = `${prefix}${String(number).padStart(5, '0')}`;
    if (state.account(account) !== undefined) continue;
    added += 1;
    events.push({ at, event: 'account_created', account, id: randomUUID(), ...ducklings });
    for (const type of TOKEN_TYPES) {
      const hash = randomBytes(32).toString('base64url');
      events.push({
        at,
        event: 'token_created',
        account,
        id: randomUUID(),
        name: tokens[type],
        type,
        hash,
        ...expires,
      });
    }
  }
  return { events, result: added };
}
