import type { TokenType } from '../model/tokens.ts';
import { accountKey } from '../model/username.ts';
import type { WireDucklings } from '../model/wire.ts';
import { NEW_DUCKLINGS } from './duckling-rules.ts';
import type { SandboxEvent } from './events.ts';

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
