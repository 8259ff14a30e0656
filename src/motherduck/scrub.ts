const LONGEST_TEXT = 600;
/** What lies beyond is not looked at; the word across the cut goes too, since it could be part of a token. */
const MOST_READ = 8 * LONGEST_TEXT;
const SECRET = '[secret]';
/** So many characters of the admin token in a row are taken for a piece of it. */
const PIECE = 12;

/** Turns text that came from outside into text that may stand in a message, a log or a terminal. */
export type Printable = (text: string) => string;

/**
 * Makes what a server said fit to print: one line, no control characters or escape sequences (a hostile server must
 * not write to the terminal), cut to a sane length, and `[secret]` for whatever is a piece of the admin token or
 * looks like a token (tokens are JWTs: three runs of base64url with dots between).
 */
export function printableWithout(token: string): Printable {
  const pieces = new Set<string>();
  for (let at = 0; at + PIECE <= token.length; at += 1) pieces.add(token.slice(at, at + PIECE));
  return (text) => {
    const plain = withoutControls(text.length <= MOST_READ ? text : text.slice(0, MOST_READ).replace(/\S+$/, ''));
    const safe = withoutJwts(token.length < PIECE ? withoutShort(plain, token) : withoutPieces(plain, pieces));
    return safe.length <= LONGEST_TEXT ? safe : `${safe.slice(0, LONGEST_TEXT)}...`;
  };
}

/** One line of text without the secrets or parts of them, anything like a token, and control characters. */
export function scrub(text: string, secrets: readonly string[]): string {
  return ['', ...secrets].reduce((clean, secret) => printableWithout(secret)(clean), text);
}

/** Removes escape sequences, control characters, and characters that are invisible or change the direction of text. */
function withoutControls(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      .replace(/\x1b[\]P^_][^\x07\x1b]*(\x07|\x1b\\)?|[\x1b\x9b]\[?[0-?]*[ -/]*[@-~]/g, '')
      .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]/g, '')
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .trim()
  );
}

function withoutJwts(text: string): string {
  return text.replace(/eyJ[\w-]{6,}(\.[\w-]*)*/g, SECRET).replace(/[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}/g, SECRET);
}

function withoutShort(text: string, token: string): string {
  return token === '' ? text : text.replaceAll(token, SECRET);
}

/** Replaces every word that shares a piece with the token, whole: what surrounds a piece may be more of it. */
function withoutPieces(text: string, pieces: ReadonlySet<string>): string {
  return text.replace(/\S{12,}/g, (word) => {
    for (let at = 0; at + PIECE <= word.length; at += 1) {
      if (pieces.has(word.slice(at, at + PIECE))) return SECRET;
    }
    return word;
  });
}
