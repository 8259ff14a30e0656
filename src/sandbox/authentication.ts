import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '../model/secret.ts';
import type { TokenType } from '../model/tokens.ts';
import { type Caller, fault } from './endpoint.ts';
import { ADMIN_USERNAME, type OrganizationState } from './organization-state.ts';

/** A fresh secret that looks like MotherDuck's (a JWT, connecting facts) and says that it is the sandbox's. */
export function newSecret(about: { userId: string; type: TokenType; at: number; expiresAt: number | null }): Secret {
  const payload = {
    iss: 'sandbox',
    userId: about.userId,
    tokenType: about.type,
    readOnly: about.type === 'read_scaling',
    iat: Math.floor(about.at / 1000),
    ...(about.expiresAt !== null && { exp: Math.floor(about.expiresAt / 1000) }),
  };
  return new Secret(
    [part({ alg: 'HS256', typ: 'JWT' }), part(payload), randomBytes(32).toString('base64url')].join('.'),
  );
}

/** All that is kept of a secret: its SHA-256. It has 256 random bits, so a plain hash cannot be guessed back. */
export function hashOf(secret: Secret): string {
  return createHash('sha256').update(secret.reveal()).digest('base64url');
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** The SHA-256 of a secret that stands for the Admin in this process only, and of which nothing is written. */
export type AdminHash = string | undefined;

/**
 * Whose token it is; undefined when nobody's: unknown, revoked, expired by the sandbox's clock, or its user deprovisioned.
 * Assumption: an expired token stays listed until it is deleted, but no longer opens anything.
 */
export function identify(
  state: OrganizationState,
  secret: Secret,
  now: number,
  adminHash: AdminHash,
): Caller | undefined {
  const hash = hashOf(secret);
  if (hash === adminHash) {
    const account = state.account(ADMIN_USERNAME);
    return account && { account, type: 'read_write' };
  }
  const found = state.token(hash);
  if (found === undefined || found.account.isDeprovisioned) return undefined;
  const { expiresAt, type } = found.token;
  return expiresAt !== null && expiresAt <= now ? undefined : { account: found.account, type };
}

/** What every endpoint asks for: a read/write token of an Admin. The words of both refusals are assumptions. @throws Fault */
export function requireAdmin(caller: Caller | undefined): Caller {
  if (caller === undefined) {
    throw fault('UNAUTHORIZED', 'Your request is not authenticated. Please check your MotherDuck token.');
  }
  if (caller.type !== 'read_write') throw fault('FORBIDDEN', 'A read scaling token cannot be used with the REST API');
  if (!caller.account.roles.includes('Admin')) throw fault('FORBIDDEN', 'This operation requires the Admin role');
  return caller;
}
