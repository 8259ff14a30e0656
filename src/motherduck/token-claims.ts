/** What a token says about itself: MotherDuck's tokens are JWTs, whose claims can be read without a network. */
import type { Secret } from '../model/secret.ts';
import { TOKEN_TYPES, type TokenType } from '../model/tokens.ts';

/** The claims of a token; undefined if it is no JWT. */
export function claimsOf(token: Secret): Readonly<Record<string, unknown>> | undefined {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.reveal().split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof payload === 'object' && payload !== null ? { ...payload } : undefined;
  } catch {
    // The parser's error is dropped, because it quotes the token.
    return undefined;
  }
}

/**
 * The type of a token by its claims: `tokenType`, or `readOnly` where that is missing or new. Undefined if they do not tell,
 * which is no reason to doubt a token: that they exist is known from one source.
 */
export function claimedType(token: Secret): TokenType | undefined {
  const { tokenType, readOnly } = claimsOf(token) ?? {};
  const known = TOKEN_TYPES.find((type) => type === tokenType);
  if (known !== undefined || typeof readOnly !== 'boolean') return known;
  return readOnly ? 'read_scaling' : 'read_write';
}
