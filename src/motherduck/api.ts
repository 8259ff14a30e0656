import type { Secret } from '../model/secret.ts';
import type { WireActiveAccounts, WireDucklings, WireToken, WireTokenRequest, WireUser } from '../model/wire.ts';

/** MotherDuck's REST API, a method an endpoint. Every method throws ApiError, and nothing else, when the call fails. */
export interface Api {
  /** Walks all pages. `complete` is false when MotherDuck's `total_count` does not match what was gathered. */
  listUsers(): Promise<{ users: WireUser[]; complete: boolean }>;
  createUser(username: string): Promise<void>;
  /** Permanent: the account and all of its data. */
  deleteUser(username: string): Promise<void>;
  /** The secret comes with this answer and never again. */
  createToken(username: string, request: WireTokenRequest): Promise<{ record: WireToken; secret: Secret }>;
  listTokens(username: string): Promise<WireToken[]>;
  deleteToken(username: string, tokenId: string): Promise<void>;
  getDucklings(username: string): Promise<WireDucklings>;
  setDucklings(username: string, ducklings: WireDucklings): Promise<WireDucklings>;
  activeAccounts(): Promise<WireActiveAccounts['accounts']>;
  /** MotherDuck's time in milliseconds since 1970, by the `Date` header of its latest answer; the local clock before one. */
  now(): number;
  /** How far MotherDuck's clock is ahead of ours, in milliseconds; undefined before its first answer. */
  clockDifference(): number | undefined;
  /** Closes the connections. */
  close(): Promise<void>;
}
