/** MotherDuck's tokens are JWTs: a header, claims and a signature in base64url, with dots between them. */

/** How a header begins in base64url: `{"`. With fewer characters after it, it is in ordinary words. */
const START = String.raw`eyJ[\w-]{6,}`;

/** JWTs and beginnings of them, also written in base64 or hexadecimal, as an SQL statement can. */
export const JWT_FORMS: readonly RegExp[] = [
  /(?:ZXlK|65794[aA])[\w+/=]{12,}/g,
  new RegExp(String.raw`${START}[\w.-]*`, 'g'),
];

/** What has the three parts of a JWT, whatever its header is; the full name of a table may have them too. */
export const JWT_LIKE = /[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}/g;

const WHOLE = new RegExp(String.raw`${START}\.[\w-]+\.[\w-]+`);
const IN_WORD = new RegExp(String.raw`(?<![A-Za-z\d])${START}|${START}\.eyJ`);

/** Whether a text is a JWT, by its form. */
export function isJwt(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

/** Whether a text has a whole JWT in it. */
export function hasJwt(text: string): boolean {
  return WHOLE.test(text);
}

/** Whether a word has a JWT or the beginning of one in it, also after another word: `-cey…`. Names such as `keyJournal` do not. */
export function hasJwtStart(word: string): boolean {
  return IN_WORD.test(word);
}

/** The claims of a token, which can be read without a network; undefined if it is no JWT. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof payload === 'object' && payload !== null ? { ...payload } : undefined;
  } catch {
    // The parser's error is dropped, because it quotes the token.
    return undefined;
  }
}
