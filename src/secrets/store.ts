import type { Secret } from '../model/secret.ts';
import type { TokenAddress } from '../model/secret-variable.ts';
import type { TokenType } from '../model/tokens.ts';

/** Which token's secret it is: what a store needs for the secret path. */
export interface SecretAddress extends TokenAddress {
  readonly generation: number;
  readonly type: TokenType;
  /** ISO 8601; null: does not expire. */
  readonly expiresAt: string | null;
}

/** Stores secrets the moment they exist. Nothing is ever read back. */
export interface SecretStore {
  readonly name: string;
  /** Where the secret of this address goes, for people and to notice a move; the same for every generation. */
  secretPath(address: TokenAddress): string;
  /** Checks that a secret can be written now. Called before anything is created. @throws UserError STORE_UNUSABLE */
  check(): Promise<void>;
  /** Stores the secret, over an older one. When this returns, it is durable. @throws UserError STORE_FAILED */
  put(address: SecretAddress, secret: Secret): Promise<void>;
}

/** The token that each secret path was written for in this run: a second token with the same path would erase the first secret. */
export type Owners = Map<string, string>;

/** Whether the sandbox made a secret: the payload of its JWTs has the issuer `sandbox`. */
export function isRehearsal(secret: string): boolean {
  try {
    const payload: unknown = JSON.parse(Buffer.from(secret.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof payload === 'object' && payload !== null && 'iss' in payload && payload.iss === 'sandbox';
  } catch {
    return false;
  }
}
