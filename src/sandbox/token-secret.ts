import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '../model/secret.ts';
import type { TokenType } from '../model/tokens.ts';

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
