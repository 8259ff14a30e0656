import { compareText } from '../model/collections.ts';
import { newDucklings, POOL_SIZE, type Size, sizeFacts } from '../model/ducklings.ts';
import { HOUR_MS, MINUTE } from '../model/time.ts';
import type { TokenType } from '../model/tokens.ts';
import { accountKey } from '../model/username.ts';
import type { WireDucklings } from '../model/wire.ts';
import { toWire } from '../motherduck/wire.ts';
import { type Settings, settingsOf } from './settings.ts';

/**
 * A change of a sandbox organization; one line of its log. `at` is the sandbox's time in milliseconds since 1970,
 * `account` a username. No event contains a secret: of a token it has the SHA-256.
 */
export type SandboxEvent = { readonly at: number } & (
  | {
      readonly event: 'account_created';
      readonly account: string;
      readonly id: string;
      /** Default: those of a new account on a Business plan. */
      readonly ducklings?: WireDucklings;
      /** Absent for a service account. */
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
      /** Milliseconds since 1970; absent: until revoked. */
      readonly expires?: number;
      readonly description?: string;
    }
  | { readonly event: 'token_deleted'; readonly account: string; readonly id: string }
  | { readonly event: 'clock_advanced'; readonly seconds: number }
  | {
      readonly event: 'connected';
      readonly account: string;
      readonly type: TokenType;
      /** The client's user agent; absent if it sends none of its own. */
      readonly agent?: string;
    }
  | { readonly event: 'slept'; readonly account: string; readonly type: TokenType }
);

/** What a user has that is no service account. */
interface Human {
  readonly email: string;
  readonly roles: readonly string[];
}

type Fields = Readonly<Record<string, 'string' | 'number' | 'object'>>;

/** The required fields of each event beside `at`, by which a damaged line is detected. */
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

/** A new service account's Ducklings. Assumption: its pool is no larger than the plan allows. */
export function newDucklingsOf(settings: Settings): WireDucklings {
  const { plan, max_pool_size } = settings;
  const { read_write, read_scaling } = withDefaultCooldowns(toWire(newDucklings(plan)), settings);
  const flock_size = Math.min(read_scaling.flock_size, max_pool_size ?? POOL_SIZE.max);
  return { read_write, read_scaling: { ...read_scaling, flock_size } };
}

const BUSINESS_DUCKLINGS = newDucklingsOf(settingsOf({}));

/** Adds missing cooldowns, as MotherDuck does: `getDucklings` then reports the size's default. */
export function withDefaultCooldowns(
  { read_write, read_scaling }: WireDucklings,
  { default_cooldown }: Pick<Settings, 'default_cooldown'>,
): WireDucklings {
  const cooldownOf = (duckling: { instance_size: Size; cooldown_seconds?: number }) => {
    const { settable, seconds } = sizeFacts(duckling.instance_size).cooldown;
    if (!settable) return {};
    return { cooldown_seconds: duckling.cooldown_seconds ?? (default_cooldown === 'minute' ? MINUTE : seconds) };
  };
  return {
    read_write: { ...read_write, ...cooldownOf(read_write) },
    read_scaling: { ...read_scaling, ...cooldownOf(read_scaling) },
  };
}

/** The username of the human user that every sandbox organization starts with. */
export const ADMIN_USERNAME = 'sandbox_admin';

/** An account of the sandbox. Times in milliseconds since 1970. */
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
  /** Whether a read/write token ever connected. Read scaling tokens work only after that, as MotherDuck documents. */
  hasConnected: boolean;
  /** When each kind of Duckling was last connected to, in milliseconds since 1970; absent after SHUTDOWN. */
  readonly wokenAt: Map<TokenType, number>;
  /** When each client last connected, in milliseconds since 1970, by user agent. */
  readonly queriedAt: Map<string, number>;
  /** The hours in which a Duckling of a size was connected to, each once for each kind. */
  readonly busyHours: Map<string, BusyHour>;
}

/** An hour in which a Duckling ran. */
interface BusyHour {
  /** Hours since 1970. */
  readonly hour: number;
  readonly size: Size;
}

/** A token of the sandbox. Times in milliseconds since 1970. */
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

/** The ids of an organization and of its Admin; in the first line of its log. */
export interface Identity {
  readonly organization: string;
  readonly admin: string;
}

/**
 * The state that results from the events of a log. An event about an account or token that does not exist has no effect:
 * if a writer loses its lock while it still runs, the log of both writers can be read.
 */
export class OrganizationState {
  identity: Identity = { organization: '', admin: '' };
  /** How far the sandbox's clock is ahead of the real one, in milliseconds. */
  clockOffset = 0;
  readonly #accounts = new Map<string, Account>();
  readonly #tokens = new Map<string, { account: Account; token: Token }>();
  #sorted: readonly Account[] | undefined;
  #staged: readonly SandboxEvent[] = [];

  /** Adds accounts that no log has, now and after each restart. */
  stage(events: readonly SandboxEvent[]): void {
    this.#staged = events;
    for (const event of events) this.apply(event);
  }

  /** Starts over as an organization that has only its Admin, and what is staged. */
  restart(identity: Identity): void {
    this.identity = identity;
    this.clockOffset = 0;
    this.#accounts.clear();
    this.#tokens.clear();
    this.#add({ at: 0, event: 'account_created', account: ADMIN_USERNAME, id: identity.admin, human: ADMIN });
    for (const event of this.#staged) this.apply(event);
  }

  /** Finds an account by its username, without regard to case. */
  account(username: string): Account | undefined {
    return this.#accounts.get(accountKey(username));
  }

  /** Finds a token by the SHA-256 of its secret, expired or not. */
  token(hash: string): { readonly account: Account; readonly token: Token } | undefined {
    return this.#tokens.get(hash);
  }

  /** All accounts, sorted by username. */
  accounts(): readonly Account[] {
    this.#sorted ??= [...this.#accounts].sort(([a], [b]) => compareText(a, b)).map(([, account]) => account);
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
        noteHour(account, event.type, event.at);
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
      roles: event.human?.roles ?? ['builder'], // assumption: a service account's role
      createdAt: event.at,
      isDeprovisioned: false,
      ducklings: event.ducklings ?? BUSINESS_DUCKLINGS,
      tokens: new Map(),
      hasConnected: false,
      wokenAt: new Map(),
      queriedAt: new Map(),
      busyHours: new Map(),
    });
    this.#sorted = undefined;
  }
}

function noteHour({ ducklings, busyHours }: Account, type: TokenType, at: number): void {
  const hour = Math.floor(at / HOUR_MS);
  const size = ducklings[type].instance_size;
  busyHours.set(`${hour} ${type} ${size}`, { hour, size });
}

const ADMIN = { email: 'admin@sandbox.invalid', roles: ['admin'] } as const;
