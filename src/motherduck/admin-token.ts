import type { Secret } from '../model/secret.ts';
import { UserError } from '../model/user-error.ts';

/** Refuses a token that cannot be sent in a header, before undici does so with a message that helps nobody. */
export function checkSendable(token: Secret, source: string): void {
  if (/^["'`“”‘’]|["'`“”‘’]$/.test(token.reveal())) {
    throw new UserError(
      'TOKEN_REFUSED',
      `the admin token in ${source} has quotes around it, which are no part of a token`,
      'Take them away; some tools that read a .env file, as docker --env-file does, keep the quotes in it.',
    );
  }
  if (/^[\x21-\x7e]+$/.test(token.reveal())) return;
  throw new UserError(
    'TOKEN_REFUSED',
    `the admin token in ${source} is empty, or holds a space, a line break or another character that no token has`,
    'Copy the token once more, without quotes and line breaks around it.',
  );
}

/**
 * What is wrong with the admin token by what it says of itself: a MotherDuck token is a JWT, whose payload anyone
 * can read. Only for a hint, after MotherDuck has refused it; undefined when the token does not say.
 * @param now MotherDuck's time, in milliseconds since 1970.
 */
export function troubleOf(token: Secret, now: number): string | undefined {
  const claims = payloadOf(token.reveal());
  if (claims === undefined) return undefined;
  const type = claims.tokenType ?? claims.token_type;
  if (type === 'read_scaling' || claims.readOnly === true || claims.read_only === true) {
    return 'this one is a read scaling token, which cannot be used for the REST API';
  }
  const { exp } = claims;
  if (typeof exp !== 'number' || exp * 1000 > now || !(Math.abs(exp) < 1e11)) return undefined;
  return `this one expired at ${new Date(exp * 1000).toISOString()}`;
}

/** The texts in the admin token that may say whose it is (a user name, an address, an id); empty when it is no JWT. */
export function claimsOf(token: Secret): string[] {
  return Object.values(payloadOf(token.reveal()) ?? {}).filter((value) => typeof value === 'string');
}

function payloadOf(token: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof payload === 'object' && payload !== null ? { ...payload } : undefined;
  } catch {
    // Not a JWT. The parser's error quotes the text, so it goes no further.
    return undefined;
  }
}
