import { randomBytes, randomUUID } from 'node:crypto';
import { defined } from '../model/defined.ts';
import { type Size, SLOW_SIZES } from '../model/ducklings.ts';
import type { Secret } from '../model/secret.ts';
import { DAY } from '../model/time.ts';
import { TOKEN_TYPES, type TokenType } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import type { WireDucklings } from '../model/wire.ts';
import {
  type AdminHash,
  hashOf,
  identify,
  newSecret,
  rolesOf,
  type SecretRefusal,
  secretRefusal,
} from './authentication.ts';
import { isAwake } from './ducklings.ts';
import type { SandboxResponse } from './endpoint.ts';
import { type EventLog, type LoggedDecision, OrganizationStore } from './log.ts';
import {
  type Account,
  ADMIN_USERNAME,
  type Identity,
  type OrganizationState,
  type SandboxEvent,
  type Token,
} from './organization-state.ts';
import { respond, type SandboxRequest } from './rest-api.ts';
import { type Settings, settingsOf } from './settings.ts';
import { issueToken, unexpiredTokens } from './tokens.ts';

/** Later years are written with more than four digits, which few programs read. */
const LAST_TIME = Date.UTC(9000, 11, 31);

/** How an organization of the sandbox is made. */
export interface OrganizationOptions extends Partial<Settings> {
  /** Accepted as a read/write token of the Admin in this process; it is never written. */
  readonly adminToken?: Secret;
  /** The sandbox's folder; absent for an organization in memory. */
  readonly folder?: string;
}

/**
 * An organization that behaves as MotherDuck's documentation, OpenAPI document and Terraform provider say. Comments mark
 * what these leave open as an assumption. Every response has the header `x-sandbox`, by which clients recognize a sandbox.
 */
export class Organization {
  readonly folder: string | undefined;
  readonly settings: Settings;
  readonly #log: EventLog;
  readonly #store: OrganizationStore;
  #adminHash: AdminHash;

  constructor(log: EventLog, options: OrganizationOptions = {}) {
    this.folder = options.folder;
    this.settings = settingsOf(options);
    this.#log = log;
    this.#store = new OrganizationStore(log);
    this.#adminHash = options.adminToken && hashOf(options.adminToken);
    if (this.settings.unknown_values) log.state.stage(NEWER);
  }

  /** Answers a request to the REST API; its host does not matter. @throws UserError SANDBOX_FAILED if the log is unusable */
  async handle(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const { text, status, type, headers } = await this.respond({
      method: request.method,
      target: pathname + search,
      authorization: request.headers.get('authorization') ?? undefined,
      body: request.body === null ? '' : await request.text(),
    });
    return new Response(text, { status, headers: { 'content-type': type, ...headers } });
  }

  /** As `handle`, without the fetch API's objects. @throws UserError SANDBOX_FAILED if the log is unusable */
  respond(request: SandboxRequest): Promise<SandboxResponse> {
    const { settings, folder } = this;
    return respond(request, { store: this.#store, settings, folder, adminHash: this.#adminHash });
  }

  /** Makes the token that is accepted as the Admin's in this process; it is never written. */
  newAdminToken(): Secret {
    const userId = this.#store.read().identity.admin;
    const secret = newSecret({ userId, type: 'read_write', at: this.now(), expiresAt: null });
    this.#adminHash = hashOf(secret);
    return secret;
  }

  /** The id of the organization, which a reset changes. */
  id(): string {
    return this.#store.read().identity.organization;
  }

  /** The sandbox's time in milliseconds since 1970. */
  now(): number {
    return this.#store.now();
  }

  /**
   * Advances the sandbox's clock, which cannot be set back. Returns the new time, in milliseconds since 1970.
   *
   * @throws UserError SANDBOX_FAILED: it would pass the last time that a sandbox has
   */
  async advance(seconds: number): Promise<number> {
    if (!(seconds > 0)) throw new RangeError(`the sandbox's clock cannot be advanced by ${seconds} seconds`);
    return this.#store.write((_, at) => {
      const result = at + seconds * 1000;
      if (result > LAST_TIME) {
        throw new UserError(
          'SANDBOX_FAILED',
          `the sandbox's clock ends with the year ${new Date(LAST_TIME).getUTCFullYear()}, so it was not advanced`,
          {
            text: 'Advance it by less. To set it back, delete everything in the sandbox.',
            command: ['sandbox', 'reset'],
          },
        );
      }
      return { events: [{ at, event: 'clock_advanced', seconds }], result };
    });
  }

  /** Creates a token without checking permissions, for the Admin by default. @param request.ttl seconds */
  mint(request: { username?: string; type?: TokenType; name?: string; ttl?: number } = {}): Promise<Secret> {
    const { username = ADMIN_USERNAME, type = 'read_write', name = 'sandbox', ttl } = request;
    return this.#store.write((state, at) => {
      const account = state.account(username);
      if (account === undefined) throw new Error(`the sandbox has no account ${username}`);
      const { secret, event } = issueToken(account, at, { name, type, ttl });
      return { events: [event], result: secret };
    });
  }

  /** Adds a human user. */
  async addHuman(username: string, about: { email?: string; roles?: readonly string[] } = {}): Promise<void> {
    const { email = `${username}@sandbox.invalid`, roles = ['builder'] } = about;
    const id = randomUUID();
    await this.#record((at) => ({ at, event: 'account_created', account: username, id, human: { email, roles } }));
  }

  /** Adds a service account, also under a name that a new one could not have. */
  async addServiceAccount(username: string): Promise<void> {
    await this.#record((at) => ({ at, event: 'account_created', account: username, id: randomUUID() }));
  }

  /** Marks a user as deprovisioned, as a directory sync does. */
  async deprovision(username: string): Promise<void> {
    await this.#record((at) => ({ at, event: 'account_deprovisioned', account: username }));
  }

  /** Sets a user's roles, as an Admin does in MotherDuck's web UI. */
  async setRoles(username: string, roles: readonly string[]): Promise<void> {
    await this.#record((at) => ({ at, event: 'roles_set', account: username, roles }));
  }

  /** Creates service accounts 1 to `count` with two tokens each, except existing ones. Returns the number created. */
  seed(count: number, options: SeedOptions = {}): Promise<number> {
    return this.#store.write((state, at) => seedEvents(state, at, count, options));
  }

  /**
   * Authenticates an `md:` connection and records that its Duckling is awake. Refuses an invalid token, and read scaling
   * before the first read/write connection (`never_connected`).
   *
   * @param agent the client's user agent, for the query history
   */
  connect(secret: Secret, agent?: string): Promise<Connection | SecretRefusal | 'never_connected'> {
    return this.#store.write<Connection | SecretRefusal | 'never_connected'>((state, at) => {
      const caller = identify(state, secret, at, this.#adminHash);
      if (caller === undefined) return { events: [], result: secretRefusal(secret, at) };
      const { account, type } = caller;
      if (type === 'read_scaling' && !account.hasConnected) return { events: [], result: 'never_connected' };
      return {
        events: [{ at, event: 'connected', account: account.username, type, ...defined({ agent }) }],
        result: { account, type, identity: state.identity, startsInMs: this.#startsInMs(account, type, at) },
      };
    });
  }

  #startsInMs(account: Account, type: TokenType, now: number): number {
    const isSlow = SLOW_SIZES.includes(account.ducklings[type].instance_size) && !isAwake(account, type, now);
    return isSlow ? this.settings.slow_starts * 1000 : 0;
  }

  /** All accounts, for the views of what an organization did and stores; undefined unless the connection is an Admin's and the plan is Business. */
  history({ account }: Connection): readonly Account[] | undefined {
    return this.settings.plan === 'business' && rolesOf(account, this.settings).includes('admin')
      ? this.#store.read().accounts()
      : undefined;
  }

  /** Stops a Duckling before its cooldown ends, as SHUTDOWN does. */
  async sleep(username: string, type: TokenType): Promise<void> {
    await this.#store.write((state, at) => {
      const account = state.account(username);
      const awake = account !== undefined && isAwake(account, type, at);
      return { events: awake ? [{ at, event: 'slept', account: account.username, type }] : [], result: undefined };
    });
  }

  /** For tests: accounts and tokens that have not expired, without secrets, and all events. */
  inspect(): { accounts: (Omit<Account, 'tokens'> & { tokens: Token[] })[]; events: readonly SandboxEvent[] } {
    const accounts = this.#store.read().accounts();
    const now = this.now();
    return {
      accounts: accounts.map((account) => ({ ...account, tokens: [...unexpiredTokens(account, now)] })),
      events: this.#log.events(),
    };
  }

  close(): void {
    this.#log.close();
  }

  #record(event: (at: number) => SandboxEvent): Promise<void> {
    return this.#store.write((_, at) => ({ events: [event(at)], result: undefined }));
  }
}

const NEWER_ACCOUNT = 'newer_values';

/** An account as a later MotherDuck may have it: with a size, a token type and a role that this program does not know. */
const NEWER: readonly SandboxEvent[] = [
  {
    at: 0,
    event: 'account_created',
    account: NEWER_ACCOUNT,
    id: '00000000-0000-4000-8000-000000000001',
    ducklings: {
      read_write: { instance_size: 'tera' as Size, cooldown_seconds: 60 },
      read_scaling: { instance_size: 'tera' as Size, flock_size: 2, cooldown_seconds: 60 },
    },
  },
  { at: 0, event: 'roles_set', account: NEWER_ACCOUNT, roles: ['operator'] },
  {
    at: 0,
    event: 'token_created',
    account: NEWER_ACCOUNT,
    id: '00000000-0000-4000-8000-000000000002',
    name: 'newer',
    type: 'write_only' as TokenType,
    hash: 'of no secret',
  },
];

/** A connection that the sandbox accepted. */
export interface Connection {
  readonly account: Account;
  readonly type: TokenType;
  readonly identity: Identity;
  /** Milliseconds until its Duckling has started. */
  readonly startsInMs: number;
}

/** What `sandbox seed` creates. */
interface SeedOptions {
  /** The prefix of usernames. Default `tenant_`, as in `tenant_00001`. */
  readonly prefix?: string;
  /** The tokens' life in seconds; null: until revoked. Default 90 days. */
  readonly ttl?: number | null;
  /** The names of the read/write and the read scaling token. */
  readonly tokens?: { readonly read_write: string; readonly read_scaling: string };
  readonly ducklings?: WireDucklings;
}

const NINETY_DAYS = 90 * DAY;

/** The events that create a large organization, for one write. Hashes are random, so the tokens have no secrets. */
function seedEvents(state: OrganizationState, at: number, count: number, options: SeedOptions): LoggedDecision<number> {
  const { prefix = 'tenant_', ttl = NINETY_DAYS, tokens = { read_write: 'etl', read_scaling: 'app' } } = options;
  const expires = ttl === null ? {} : { expires: at + ttl * 1000 };
  const ducklings = defined({ ducklings: options.ducklings });
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
