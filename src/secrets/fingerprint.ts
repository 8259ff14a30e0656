import { createHash } from 'node:crypto';

/** Ends the domain of the hash, so that it is no other program's hash of the same secret. */
const DOMAIN = 'motherduck-accounts secret fingerprint 1\0';

/**
 * The fingerprint of a secret, by which a state recognizes the value that it wrote. MotherDuck's secrets have hundreds of
 * random bits, so the fingerprint reveals nothing of them; and 128 bits are enough that no two secrets have the same one.
 */
export function fingerprintOf(secret: string): string {
  return createHash('sha256').update(DOMAIN).update(secret).digest().subarray(0, 16).toString('base64url');
}
