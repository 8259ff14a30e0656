import { createHash, randomBytes } from 'node:crypto';
import { claimsOf } from '../model/jwt.ts';
import { Secret } from '../model/secret.ts';
import type { TokenType } from '../model/tokens.ts';
import { type Caller, RestError } from './endpoint.ts';
import { type Account, ADMIN_USERNAME, type OrganizationState } from './organization-state.ts';
import type { Settings } from './settings.ts';

const ISSUER = 'sandbox';

/**
 * Makes a token's secret: a JWT as MotherDuck's are, with the issuer `sandbox`.
 *
 * @param about.at the sandbox's time, in milliseconds since 1970, as is `expiresAt`
 */
export function newSecret(about: { userId: string; type: TokenType; at: number; expiresAt: number | null }): Secret {
  const payload = {
    iss: ISSUER,
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

/** The SHA-256 of a secret, which is all that the log keeps. A secret has 256 random bits, so its hash cannot be reversed. */
export function hashOf(secret: Secret): string {
  return createHash('sha256').update(secret.reveal()).digest('base64url');
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** The SHA-256 of the secret that this process accepts as the Admin's; it is never written. */
export type AdminHash = string | undefined;

/** Why a token that belongs to no account is refused: its form, its signature, its time, or that it was revoked. */
export type SecretRefusal = 'malformed' | 'foreign' | 'expired' | 'revoked';

/** @param now the sandbox's time, in milliseconds since 1970 */
export function secretRefusal(secret: Secret, now: number): SecretRefusal {
  if (!/^[^.]+\.[^.]+\.[^.]+$/.test(secret.reveal())) return 'malformed';
  const { iss, exp } = claimsOf(secret.reveal()) ?? {};
  if (iss !== ISSUER) return 'foreign';
  return typeof exp === 'number' && exp * 1000 <= now ? 'expired' : 'revoked';
}

/**
 * Finds the account that a secret belongs to. Returns undefined if its token is unknown, revoked or expired, or its user
 * deprovisioned.
 *
 * @param now the sandbox's time, in milliseconds since 1970
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
  const known = state.token(hash);
  if (known === undefined || known.account.isDeprovisioned) return undefined;
  const { expiresAt, type } = known.token;
  return expiresAt !== null && expiresAt <= now ? undefined : { account: known.account, type };
}

/** The preset roles. Each includes those after it; any other role is a custom one. */
const ROLES = ['admin', 'builder', 'explorer'] as const;

/** A preset role. */
export type PresetRole = (typeof ROLES)[number];

/** The roles that were granted to an account; the Admin's is a setting of the sandbox. */
export function rolesOf(account: Account, settings: Settings): readonly string[] {
  return account.username === ADMIN_USERNAME ? [settings.role] : account.roles;
}

/**
 * Every endpoint requires a read/write token; all but the list of users also the Admin role, although Builders can create
 * service accounts and tokens in the web UI. Assumption: the texts of the FORBIDDEN errors but for "minimum role".
 *
 * @param minimum undefined: any preset role, since all of them may list users
 * @throws RestError UNAUTHORIZED, FORBIDDEN
 */
export function authorize(caller: Caller | undefined, minimum: PresetRole | undefined, settings: Settings): Caller {
  if (caller === undefined) {
    throw new RestError('UNAUTHORIZED', 'Your request is not authenticated. Please check your MotherDuck token.');
  }
  if (caller.type !== 'read_write')
    throw new RestError('FORBIDDEN', 'A read scaling token cannot be used with the REST API');
  const roles = rolesOf(caller.account, settings);
  const allowed = ROLES.slice(0, minimum === undefined ? ROLES.length : ROLES.indexOf(minimum) + 1);
  if (allowed.some((role) => roles.includes(role))) return caller;
  if (minimum === undefined) throw new RestError('FORBIDDEN', 'Missing privilege member_management.view_all_members');
  throw new RestError('FORBIDDEN', `This operation requires a minimum role of ${minimum}`);
}
