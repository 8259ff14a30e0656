import { stripVTControlCharacters } from 'node:util';
import { maskCredentials } from '../../../model/credential.ts';
import { withoutEnvironmentSecrets } from '../../../model/environment-secrets.ts';
import { encodingsOf, type Secret } from '../../../model/secret.ts';

/** A run of this many characters that also occurs in the secret is treated as part of it. */
const PIECE = 8;
const LINES = 5;
/** Shorter names may occur in a token by chance. */
const LONG_NAME = 16;
/** Shorter runs are no tokens. */
const TOKEN_LENGTH = 24;
const RUN = new RegExp(`[A-Za-z0-9+/_=.-]{${TOKEN_LENGTH},}`, 'g');
const LINE_LENGTH = 300;

/** What a command's output may show. */
interface OutputContext {
  /** What the command was given. */
  readonly secret?: Secret | undefined;
  /** What the command was told to call the secret, which may look like one: `MOTHERDUCK_TOKEN_tenant_00002__app`. */
  readonly names?: readonly string[];
  /** What the command inherited. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The last lines of a command's output, safe to show: without control characters, without any part or encoding of the
 * secret, without the secrets in the environment, which the command inherits, and without anything else that looks like a
 * credential.
 */
export function scrubOutput(output: string, { secret, names = [], env }: OutputContext): string[] {
  const hide = (run: string) => (isOfNames(run, names) ? run : '[secret]');
  const plain = stripVTControlCharacters(output)
    .replace(/\r\n?/g, '\n')
    .replaceAll('\t', ' ')
    .replace(/[^\P{Cc}\n]|\p{Cf}/gu, '');
  const others = withoutEnvironmentSecrets(
    secret === undefined ? plain : withoutSecret(withoutBytes(plain, secret), secret),
    env,
  );
  const clean = maskCredentials(maskTokens(others, hide), () => '[secret]', hide);
  const lines = clean
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.slice(-LINES).map((line) => (line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}...` : line));
}

/** Whether a run is part of a name, or has a long one and nothing else that looks like a token. */
function isOfNames(run: string, names: readonly string[]): boolean {
  if (names.some((name) => name.includes(run))) return true;
  const long = names.filter((name) => name.length >= LONG_NAME);
  const rest = long.reduce((left, name) => left.replaceAll(name, ''), run);
  return rest !== run && (rest.length < TOKEN_LENGTH || !looksLikeToken(rest));
}

/**
 * Replaces everything that shares eight consecutive characters with the secret or an encoding of it. White space and case
 * are ignored, so wrapped, spaced and upper-case copies are found too.
 */
function withoutSecret(text: string, secret: Secret): string {
  const pieces = piecesOf(secret);
  const solid: number[] = [];
  for (let at = 0; at < text.length; at++) if (!/\s/.test(text.charAt(at))) solid.push(at);
  const packed = solid.map((at) => lower(text.charAt(at))).join('');
  let shown = '';
  let from = 0;
  for (let start = 0; start + pieces.length <= packed.length; start++) {
    if (!pieces.all.has(packed.slice(start, start + pieces.length))) continue;
    let last = start;
    for (let next = start + 1; next <= last + pieces.length && next + pieces.length <= packed.length; next++) {
      if (pieces.all.has(packed.slice(next, next + pieces.length))) last = next;
    }
    const end = last + pieces.length - 1;
    shown += `${text.slice(from, solid[start])}[secret]`;
    from = (solid[end] ?? text.length - 1) + 1;
    start = end;
  }
  return shown + text.slice(from);
}

/** Four or more bytes as numbers, such as `[101 121 74]`, `0x65, 0x79`, `\x65\x79`, `%65%79`, `65:79` and `&#101;&#121;`, or words of two. */
const BYTES = /(?<![\da-z])(?:(?:0x|x|u00)?[\da-f]{2,4}[^\da-z]{1,12}){3,}(?:0x|x|u00)?[\da-f]{2,4}(?![\da-z])/gi;

/** Replaces lists of bytes that have eight characters of the secret. */
function withoutBytes(text: string, secret: Secret): string {
  const pieces = piecesOf(secret);
  const hasPiece = (found: string) => {
    const packed = lower(found);
    return Array.from(packed, (_, at) => packed.slice(at, at + pieces.length)).some((piece) => pieces.all.has(piece));
  };
  return text.replace(BYTES, (run) => {
    const numbers = run.split(/[^\da-z]+/i).map((each) => each.replace(/^(?:0x|x|u00)/i, ''));
    const hex = Buffer.from(numbers.filter((each) => each.length % 2 === 0).join(''), 'hex');
    const swapped = Buffer.from(hex.subarray(0, hex.length & ~1)).swap16();
    const lists = [10, 8].map((base) => Buffer.from(numbers.map((each) => Number.parseInt(each, base))));
    return [hex, swapped, ...lists].some((bytes) => hasPiece(bytes.toString('latin1'))) ? '[secret]' : run;
  });
}

function piecesOf(secret: Secret): { readonly all: ReadonlySet<string>; readonly length: number } {
  const text = secret.reveal();
  const forms = [text, ...text.split('.')].flatMap(encodingsOf).map(lower);
  const length = Math.max(1, Math.min(PIECE, text.length));
  const all = new Set<string>();
  for (const form of forms) {
    for (let at = 0; at + length <= form.length; at++) all.add(form.slice(at, at + length));
  }
  return { all, length };
}

/** Lower-cases A to Z only: some other letters become longer, and offsets would no longer match. */
function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Replaces long runs of mixed letters and digits, unlike words and paths: other secrets, such as the command's own. */
function maskTokens(text: string, hide: (run: string) => string): string {
  return text.replace(RUN, (run) => (looksLikeToken(run) ? hide(run) : run));
}

function looksLikeToken(run: string): boolean {
  if (!/\d/.test(run)) return false;
  const bothCases = /[a-z]/.test(run) && /[A-Z]/.test(run);
  const onePiece = /[A-Za-z]/.test(run) && /^[A-Za-z0-9]+=*$/.test(run);
  return bothCases || onePiece;
}
