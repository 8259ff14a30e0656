/** The claims of a secret: who issued it, and when. */
import { claimsOf } from '../model/jwt.ts';
import type { DoubtedSecret } from './store.ts';

/** Whether a secret comes from the sandbox: its JWTs have the issuer `sandbox`. */
export function isSandboxSecret(secret: string): boolean {
  return claimsOf(secret)?.iss === 'sandbox';
}

/** Less apart, times of MotherDuck do not tell two secrets apart. */
const APART_MS = 60_000;

/** Whether a secret is that of the current token, issued before the doubted creation; without a time of issue it is not known. */
export function isCurrent(
  secret: string,
  fingerprint: string,
  { fingerprint: current, begun }: DoubtedSecret,
): boolean {
  const { iat } = claimsOf(secret) ?? {};
  return fingerprint === current && typeof iat === 'number' && iat * 1000 < begun - APART_MS;
}
