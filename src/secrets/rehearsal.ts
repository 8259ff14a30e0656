/** Whether a secret says of itself that the sandbox made it: its secrets are JWTs with the issuer `sandbox`. */
export function isRehearsal(secret: string): boolean {
  try {
    const payload: unknown = JSON.parse(Buffer.from(secret.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof payload === 'object' && payload !== null && 'iss' in payload && payload.iss === 'sandbox';
  } catch {
    return false;
  }
}
