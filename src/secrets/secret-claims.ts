/** What a secret tells by itself: it is a JWT, and its payload says who issued it and when. */
import type { DoubtedSecret } from './store.ts';

/** Whether a text has the form of MotherDuck's secrets. */
export function isJwt(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

/** Whether a secret comes from the sandbox: the payload of its JWTs has the issuer `sandbox`. */
export function isSandboxSecret(secret: string): boolean {
  return payloadOf(secret).iss === 'sandbox';
}

/** Less apart, times of MotherDuck do not tell two secrets apart. */
const APART_MS = 60_000;

/** Whether a secret is that of the current token, issued before the doubted creation; without a time of issue it is not known. */
export function isCurrent(
  secret: string,
  fingerprint: string,
  { fingerprint: current, begun }: DoubtedSecret,
): boolean {
  const { iat } = payloadOf(secret);
  return fingerprint === current && typeof iat === 'number' && iat * 1000 < begun - APART_MS;
}

function payloadOf(secret: string): Readonly<Record<string, unknown>> {
  try {
    const payload: unknown = JSON.parse(Buffer.from(secret.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof payload === 'object' && payload !== null ? { ...payload } : {};
  } catch {
    return {};
  }
}
