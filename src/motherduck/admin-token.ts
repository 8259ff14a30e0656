import { claimsOf, isJwt } from '../model/jwt.ts';
import type { Secret } from '../model/secret.ts';
import { UserError } from '../model/user-error.ts';

/**
 * Checks that the admin token can be sent in a header.
 *
 * @param source the environment variable that contains it
 * @throws UserError TOKEN_REFUSED
 */
export function checkAdminToken(token: Secret, source: string): void {
  if (/^["'`\u2018-\u201d]|["'`\u2018-\u201d]$/.test(token.reveal())) {
    throw new UserError(
      'TOKEN_REFUSED',
      `the admin token in ${source} is enclosed in quotes, which are not part of a token`,
      'Remove the quotes. Some tools, such as docker --env-file, keep the quotes of a .env file.',
    );
  }
  if (/^[\x21-\x7e]+$/.test(token.reveal())) return;
  throw new UserError(
    'TOKEN_REFUSED',
    `the admin token in ${source} is empty, or contains a space, a line break or another character that no token has`,
    'Copy the token again, without quotes and line breaks.',
  );
}

/**
 * What is wrong with the admin token according to its claims, for the hint of an error: MotherDuck's tokens are JWTs.
 * Undefined if the claims do not tell.
 *
 * @param now MotherDuck's time, in milliseconds since 1970
 */
export function adminTokenProblem(token: Secret, now: number): string | undefined {
  const claims = claimsOf(token.reveal());
  if (claims === undefined) return undefined;
  const type = claims.tokenType ?? claims.token_type;
  if (type === 'read_scaling' || claims.readOnly === true || claims.read_only === true) {
    return 'this one is a read scaling token, which cannot be used for the REST API';
  }
  const expiry = tokenExpiry(token);
  return expiry === undefined || expiry > now ? undefined : `this one expired at ${new Date(expiry).toISOString()}`;
}

/** When a token expires by its claims, in milliseconds since 1970; undefined where they do not say. */
export function tokenExpiry(token: Secret): number | undefined {
  const { exp } = claimsOf(token.reveal()) ?? {};
  return typeof exp === 'number' && Math.abs(exp) < 1e11 ? exp * 1000 : undefined;
}

/** What is wrong with the form of an admin token that was not recognized; undefined if it is that of MotherDuck's tokens. */
export function malformedToken(token: Secret): string | undefined {
  if (isJwt(token.reveal())) return undefined;
  return 'this one is incomplete or no MotherDuck token, which has three parts separated by dots';
}

/** The string claims of the admin token, one of which may identify its user (name, email or id); empty if it is no JWT. */
export function adminTokenClaims(token: Secret): string[] {
  return Object.values(claimsOf(token.reveal()) ?? {}).filter((value) => typeof value === 'string');
}
