import { claimsOf } from '../model/jwt.ts';
import type { Secret } from '../model/secret.ts';
import { TOKEN_TYPES, type TokenType } from '../model/tokens.ts';

/**
 * The type of a token by its claims: `tokenType`, or `readOnly` where that is missing or new. Undefined if they do not tell,
 * which is no reason to doubt a token: that they exist is known from one source.
 */
export function claimedType(token: Secret): TokenType | undefined {
  const { tokenType, readOnly } = claimsOf(token.reveal()) ?? {};
  const known = TOKEN_TYPES.find((type) => type === tokenType);
  if (known !== undefined || typeof readOnly !== 'boolean') return known;
  return readOnly ? 'read_scaling' : 'read_write';
}
