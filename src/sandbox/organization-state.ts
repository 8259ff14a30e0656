import { sizeFacts } from '../model/ducklings.ts';
import type { TokenType } from '../model/tokens.ts';
import { accountKey } from '../model/username.ts';
import type { WireDucklings } from '../model/wire.ts';

/**
 * What happened in a sandbox organization, a line of the log each. `at` is the sandbox's time in milliseconds since
 * 1970, `account` a username. Nothing here can hold a secret: of a token there is only its SHA-256.
 */
export type SandboxEvent = { readonly at: number } & (
  | {
      readonly event: 'account_created';
      readonly account: string;
      readonly id: string;
      /** Left out: a new account's Ducklings are what MotherDuck gives. */
      readonly ducklings?: WireDucklings;
      /** Left out: a service account. */
      readonly human?: Human;
    }
  | { readonly event: 'account_deleted'; readonly account: string }
  | { readonly event: 'account_deprovisioned'; readonly account: string }
  | { readonly event: 'roles_set'; readonly account: string; readonly roles: readonly string[] }
  | { readonly event: 'ducklings_set'; readonly account: string; readonly ducklings: WireDucklings }
  | {
      readonly event: 'token_created';
      readonly account: string;
      readonly id: string;
      readonly name: string;
      readonly type: TokenType;
      /** SHA-256 of the secret, base64url. */
      readonly hash: string;
      /** Milliseconds since 1970; left out: until revoked. */
      readonly expires?: number;
      readonly description?: string;
    }
  | { readonly event: 'token_deleted'; readonly account: string; readonly id: string }
  | { readonly event: 'clock_advanced'; readonly seconds: number }
  | {
      readonly event: 'connected';
      readonly account: string;
      readonly type: TokenType;
      /** What the client calls itself; left out: DuckDB alone. */
      readonly agent?: string;
    }
  | { readonly event: 'slept'; readonly account: string; readonly type: TokenType }
);

export interface Human {
  readonly email: string;
  readonly roles: readonly string[];
}

type Fields = Readonly<Record<string, 'string' | 'number' | 'object'>>;

/** What every event of a kind has, beside `at`; enough to tell a damaged line from a good one. */
const FIELDS: Readonly<Record<string, Fields>> = {
  account_created: { account: 'string', id: 'string' },
  account_deleted: { account: 'string' },
  account_deprovisioned: { account: 'string' },
  roles_set: { account: 'string', roles: 'object' },
  ducklings_set: { account: 'string', ducklings: 'object' },
  token_created: { account: 'string', id: 'string', name: 'string', type: 'string', hash: 'string' },
  token_deleted: { account: 'string', id: 'string' },
  clock_advanced: { seconds: 'number' },
  connected: { account: 'string', type: 'string' },
  slept: { account: 'string', type: 'string' },
} satisfies Record<SandboxEvent['event'], Fields>;

/** Reads one line of the log; undefined when it is damaged. */
export function readEvent(line: string): SandboxEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isEvent(value) ? value : undefined;
}

function isEvent(value: unknown): value is SandboxEvent {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  if (typeof record.at !== 'number' || typeof record.event !== 'string') return false;
  if (!Object.hasOwn(FIELDS, record.event)) return false;
  for (const [field, type] of Object.entries(FIELDS[record.event] ?? {})) {
    if (typeof record[field] !== type || record[field] === null) return false;
  }
  return true;
}

/** The organization's plan; what it changes is only which sizes may be asked for. */
export type Tier = 'business' | 'lite';

/** What a new service account gets. Source: REST API facts for business; assumption for lite: the pool is as large. */
export const NEW_DUCKLINGS: Readonly<Record<Tier, WireDucklings>> = {
  business: {
    read_write: { instance_size: 'standard', cooldown_seconds: sizeFacts('standard').cooldown.seconds },
    read_scaling: {
      instance_size: 'standard',
      flock_size: 4,
      cooldown_seconds: sizeFacts('standard').cooldown.seconds,
    },
  },
  lite: { read_write: { instance_size: 'pulse' }, read_scaling: { instance_size: 'pulse', flock_size: 4 } },
};

/** The username of the one person that every sandbox organization begins with. */
export const ADMIN_USERNAME = 'sandbox_admin';

export interface Account {
  readonly id: string;
  readonly username: string;
  readonly isServiceAccount: boolean;
  readonly email: string | null;
  roles: readonly string[];
  readonly createdAt: number;
  isDeprovisioned: boolean;
  ducklings: WireDucklings;
  /** By id, oldest first. */
  readonly tokens: Map<string, Token>;
  /** Whether a read/write token ever connected; before that read scaling tokens do not work (connecting facts). */
  hasConnected: boolean;
  /** When each kind of Duckling was last connected to; absent while it sleeps. */
  readonly wokenAt: Map<TokenType, number>;
  /** When each kind of client last connected, by what it calls itself. */
  readonly queriedAt: Map<string, number>;
}

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly type: TokenType;
  readonly hash: string;
  readonly createdAt: number;
  /** null: until revoked. */
  readonly expiresAt: number | null;
  readonly description: string | undefined;
}

/** Who an organization is: the first line of its log. */
export interface Identity {
  readonly organization: string;
  readonly admin: string;
}

/**
 * What the events of a log add up to. An event about something that is not there changes nothing, so that two
 * writers of which one was thought dead leave a log that still opens.
 */
export class OrganizationState {
  identity: Identity = { organization: '', admin: '' };
  /** How far the sandbox's clock is ahead of the real one, in milliseconds. */
  clockOffset = 0;
  readonly #accounts = new Map<string, Account>();
  readonly #tokens = new Map<string, { account: Account; token: Token }>();
  #sorted: readonly Account[] | undefined;

  /** Begins again as the organization that has only its Admin. */
  restart(identity: Identity): void {
    this.identity = identity;
    this.clockOffset = 0;
    this.#accounts.clear();
    this.#tokens.clear();
    this.#add({ at: 0, event: 'account_created', account: ADMIN_USERNAME, id: identity.admin, human: ADMIN });
  }

  /** Finds an account by its username, without regard to case. */
  account(username: string): Account | undefined {
    return this.#accounts.get(accountKey(username));
  }

  /** Finds a token by the SHA-256 of its secret, expired or not. */
  token(hash: string): { readonly account: Account; readonly token: Token } | undefined {
    return this.#tokens.get(hash);
  }

  /** All accounts by username. */
  accounts(): readonly Account[] {
    this.#sorted ??= [...this.#accounts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, account]) => account);
    return this.#sorted;
  }

  apply(event: SandboxEvent): void {
    if (event.event === 'clock_advanced') {
      this.clockOffset += event.seconds * 1000;
      return;
    }
    if (event.event === 'account_created') {
      if (this.account(event.account) === undefined) this.#add(event);
      return;
    }
    const account = this.account(event.account);
    if (account !== undefined) this.#change(account, event);
  }

  #change(account: Account, event: Exclude<SandboxEvent, { event: 'clock_advanced' | 'account_created' }>): void {
    switch (event.event) {
      case 'account_deleted':
        for (const token of account.tokens.values()) this.#tokens.delete(token.hash);
        this.#accounts.delete(accountKey(account.username));
        this.#sorted = undefined;
        break;
      case 'account_deprovisioned':
        account.isDeprovisioned = true;
        break;
      case 'roles_set':
        account.roles = event.roles;
        break;
      case 'ducklings_set':
        account.ducklings = event.ducklings;
        break;
      case 'token_created': {
        const { id, name, type, hash, at: createdAt, expires: expiresAt = null, description } = event;
        const token = { id, name, type, hash, createdAt, expiresAt, description };
        account.tokens.set(id, token);
        this.#tokens.set(hash, { account, token });
        break;
      }
      case 'token_deleted': {
        const token = account.tokens.get(event.id);
        if (token !== undefined) this.#tokens.delete(token.hash);
        account.tokens.delete(event.id);
        break;
      }
      case 'connected':
        account.wokenAt.set(event.type, event.at);
        account.queriedAt.set(event.agent ?? '', event.at);
        if (event.type === 'read_write') account.hasConnected = true;
        break;
      case 'slept':
        account.wokenAt.delete(event.type);
        break;
      default:
        event satisfies never;
    }
  }

  #add(event: Extract<SandboxEvent, { event: 'account_created' }>): void {
    this.#accounts.set(accountKey(event.account), {
      id: event.id,
      username: event.account,
      isServiceAccount: event.human === undefined,
      email: event.human?.email ?? null,
      roles: event.human?.roles ?? ['Member'], // assumption: the facts give no roles of a service account
      createdAt: event.at,
      isDeprovisioned: false,
      ducklings: event.ducklings ?? NEW_DUCKLINGS.business,
      tokens: new Map(),
      hasConnected: false,
      wokenAt: new Map(),
      queriedAt: new Map(),
    });
    this.#sorted = undefined;
  }
}

const ADMIN = { email: 'admin@sandbox.invalid', roles: ['Admin'] } as const;
