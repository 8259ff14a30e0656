/** The shapes of MotherDuck's REST API, as its OpenAPI document 3.0.3 names them (read November 2026). */
import type { Size } from './ducklings.ts';
import type { TokenType } from './tokens.ts';

/** The largest `limit` of a list of users that is known to work. */
export const MAX_USERS_A_PAGE = 1000;

/** A user. */
export interface WireUser {
  /** Empty when MotherDuck returns none. */
  id: string;
  /** What stands for it, where it is a secret (`nameShown`). */
  username: string;
  email: string | null;
  first_name: string | null;
  last_name: string | null;
  is_service_account: boolean;
  is_deprovisioned: boolean;
  roles: string[];
  /** What this version could not read; the field then has a value that may be wrong. */
  unreadable?: string;
}

/** The body of a request to create a token. */
export interface WireTokenRequest {
  name: string;
  /** Whole seconds; absent: valid until revoked. */
  ttl?: number;
  token_type?: TokenType;
  description?: string;
}

/** A token, without its secret. */
export interface WireToken {
  /** Empty in a list when MotherDuck returns none; `unreadable` says so. */
  id: string;
  name?: string;
  /** ISO 8601. */
  expire_at?: string;
  /** ISO 8601. */
  created_ts: string;
  read_only: boolean;
  token_type: TokenType;
  description?: string;
  /** What this version could not read; the field then has a value that may be wrong. */
  unreadable?: string;
}

/** The answer to a creation: the only one with the secret. */
export interface WireCreatedToken extends WireToken {
  token: string;
}

/** The Ducklings of an account. */
export interface WireDucklings {
  read_write: { instance_size: Size; cooldown_seconds?: number };
  read_scaling: { instance_size: Size; flock_size: number; cooldown_seconds?: number };
}

/** The accounts with running Ducklings. */
export interface WireActiveAccounts {
  accounts: {
    username: string;
    ducklings: { id: string; type: TokenType; status: 'active' | 'cooldown' }[];
  }[];
}

/** The body of an error. */
export interface WireError {
  message: string;
  code:
    | 'BAD_REQUEST'
    | 'UNAUTHORIZED'
    | 'FORBIDDEN'
    | 'NOT_FOUND'
    | 'CONFLICT'
    | 'TOO_MANY_REQUESTS'
    | 'INTERNAL_SERVER_ERROR';
  issues?: { message: string; code?: string; path?: (string | number)[] }[];
  data?: unknown;
}
