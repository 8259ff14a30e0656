import { withoutValue } from '../model/environment-secrets.ts';
import { replaceJwts } from '../model/jwt.ts';
import { secretHider } from '../model/secret-hider.ts';

const MAX_OUTPUT = 600;
/** Characters that are examined. A word across the cut is dropped, since it could be part of a token. */
const MAX_INPUT = 8 * MAX_OUTPUT;
const SECRET = '[secret]';
/** A text that shares this many characters in a row with a token contains a piece of it. */
const PIECE = 12;

/** Makes foreign text safe for a message, a log or a terminal. */
export type Printable = (text: string) => string;

/**
 * Makes a server's text safe to print: one line of limited length, without control characters or escape sequences, which a
 * hostile server could use on a terminal, and with `[secret]` for pieces of the token and anything that looks like one.
 */
export function printableWithout(token: string): Printable {
  const hide = hiderOf(token);
  return (text) => {
    const plain = withoutControls(text.length <= MAX_INPUT ? text : text.slice(0, MAX_INPUT).replace(/\S+$/, ''));
    const safe = withoutJwts(hide(plain));
    return safe.length <= MAX_OUTPUT ? safe : `${safe.slice(0, MAX_OUTPUT)}...`;
  };
}

/** Makes texts safe to print as `printableWithout` does, for several secrets. It is made once for many texts. */
export function printableWithoutAll(secrets: readonly string[]): Printable {
  const each = ['', ...secrets].map(printableWithout);
  return (text) => each.reduce((clean, printable) => printable(clean), text);
}

/** Makes one text safe to print, for several secrets. */
export function scrub(text: string, secrets: readonly string[]): string {
  return printableWithoutAll(secrets)(text);
}

/** Removes the statement that DuckDB quotes in its errors, which can contain anything. */
export function withoutStatement(text: string): string {
  return text.replace(/\s*LINE \d+: .*/s, '');
}

/** Removes escape sequences, control characters, and characters that are invisible or change the text's direction. */
function withoutControls(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are removed here
      .replace(/\x1b[\]P^_][^\x07\x1b]*(\x07|\x1b\\)?|[\x1b\x9b]\[?[0-?]*[ -/]*[@-~]/g, '')
      .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]/g, '')
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .trim()
  );
}

/** A server may answer with a JWT of a form that is not known here, so that nothing of three long parts is shown. */
function withoutJwts(text: string): string {
  return replaceJwts(
    text,
    () => SECRET,
    () => true,
  );
}

function hiderOf(token: string): Printable {
  if (token === '') return (text) => text;
  if (token.length < PIECE) return (text) => withoutValue(text, token);
  const pieces = new Set<string>();
  for (let at = 0; at + PIECE <= token.length; at += 1) pieces.add(token.slice(at, at + PIECE));
  const hideEncoded = secretHider(token, PIECE);
  return (text) => hideEncoded(withoutPieces(text, pieces));
}

/** Replaces each word that contains a piece of the token as a whole: the characters around it may belong to it. */
function withoutPieces(text: string, pieces: ReadonlySet<string>): string {
  return text.replace(/\S{12,}/g, (word) => {
    for (let at = 0; at + PIECE <= word.length; at += 1) {
      if (pieces.has(word.slice(at, at + PIECE))) return SECRET;
    }
    return word;
  });
}
