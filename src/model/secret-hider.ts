/** Hides a known secret in foreign text: as it is, in part, and encoded. */
import { encodingsOf } from './secret.ts';

/** The runs of characters by which a secret is found, in lower case. */
interface Pieces {
  readonly all: ReadonlySet<string>;
  /** Of each run. */
  readonly length: number;
}

/**
 * Gives a function that puts `[secret]` in the place of everything in a text that shares a run of characters with the secret
 * or an encoding of it. White space and case are ignored, so wrapped, spaced and upper-case copies are found too, and lists
 * of bytes as numbers.
 *
 * @param run How many characters in a row are treated as a part of the secret.
 * @example
 * secretHider(token.reveal(), 12)(`refused: ${base64(token.reveal())}`) // 'refused: [secret]'
 */
export function secretHider(secret: string, run: number): (text: string) => string {
  const length = Math.max(1, Math.min(run, packed(secret).length));
  let pieces: Pieces | undefined;
  return (text) => {
    if (text.length < length) return text;
    // Most secrets meet no longer text, and the pieces of one take some milliseconds.
    pieces ??= piecesOf(secret, length);
    return withoutSecret(withoutBytes(text, pieces), pieces);
  };
}

function withoutSecret(text: string, pieces: Pieces): string {
  const solid: number[] = [];
  for (let at = 0; at < text.length; at++) if (!/\s/.test(text.charAt(at))) solid.push(at);
  const compared = solid.map((at) => lower(text.charAt(at))).join('');
  let shown = '';
  let from = 0;
  for (let start = 0; start + pieces.length <= compared.length; start++) {
    if (!pieces.all.has(compared.slice(start, start + pieces.length))) continue;
    let last = start;
    for (let next = start + 1; next <= last + pieces.length && next + pieces.length <= compared.length; next++) {
      if (pieces.all.has(compared.slice(next, next + pieces.length))) last = next;
    }
    const end = last + pieces.length - 1;
    shown += `${text.slice(from, solid[start])}[secret]`;
    from = (solid[end] ?? text.length - 1) + 1;
    start = end;
  }
  return shown + text.slice(from);
}

/** Four or more bytes as numbers, such as `[101 121 74]`, `0x65, 0x79`, `\x65\x79`, `%65%79`, `65:79` and `&#101;&#121;`, or words of two. */
const BYTES = /(?<![\da-z])(?:(?:0x|x|u00)?[\da-f]{2,4}[^\da-z]{1,40}){3,}(?:0x|x|u00)?[\da-f]{2,4}(?![\da-z])/gi;

/** Replaces lists of bytes that have a piece of the secret. */
function withoutBytes(text: string, pieces: Pieces): string {
  const hasPiece = (found: string) => {
    const text = packed(found);
    return Array.from(text, (_, at) => text.slice(at, at + pieces.length)).some((piece) => pieces.all.has(piece));
  };
  return text.replace(BYTES, (run) => {
    const numbers = run.split(/[^\da-z]+/i).map((each) => each.replace(/^(?:0x|x|u00)/i, ''));
    const hex = Buffer.from(numbers.filter((each) => each.length % 2 === 0).join(''), 'hex');
    const swapped = Buffer.from(hex.subarray(0, hex.length & ~1)).swap16();
    const lists = [10, 8].map((base) => Buffer.from(numbers.map((each) => Number.parseInt(each, base))));
    return [hex, swapped, ...lists].some((bytes) => hasPiece(bytes.toString('latin1'))) ? '[secret]' : run;
  });
}

function piecesOf(secret: string, length: number): Pieces {
  const forms = encodingsOf(secret).map(packed);
  const all = new Set<string>();
  for (const form of forms) {
    for (let at = 0; at + length <= form.length; at++) all.add(form.slice(at, at + length));
  }
  return { all, length };
}

/** As texts are compared. */
function packed(text: string): string {
  return lower(text.replace(/\s/g, ''));
}

/** Lower-cases A to Z only: some other letters become longer, and offsets would no longer match. */
function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
