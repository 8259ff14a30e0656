/** MotherDuck's tokens are JWTs: a header, claims and a signature in base64url, with dots between them. */

/** How a header begins in base64url: `{"`. With fewer characters after it, it is in ordinary words. */
const START = String.raw`eyJ[\w-]{6,}`;

/** JWTs and beginnings of them, also written in base64 or hexadecimal, as an SQL statement can. */
const FORMS: readonly RegExp[] = [/(?:ZXlK|65794[aA])[\w+/=]{12,}/g, new RegExp(String.raw`${START}[\w.-]*`, 'g')];

/** A beginning that ordinary words have too: it is one of a JWT if what it encodes is one. */
interface Encoded {
  /** What it is looked for in, and hidden to the end of. */
  readonly run: RegExp;
  readonly start: RegExp;
  /** Stands for what is encoded together with its first character. */
  readonly before: string;
  readonly text: RegExp;
}

const ENCODED: readonly Encoded[] = [
  // After one or two other bytes, base64 has other characters for `eyJ`.
  { run: /[\w+/=-]{17,}/g, start: /[GWm2]V5S/g, before: 'A', text: /^.eyJ[\w-]{6}/s },
  { run: /[\w+/=-]{17,}/g, start: /[BFJNRVZdhlptx159]leU[op]/g, before: 'AA', text: /^..eyJ[\w-]{6}/s },
  { run: /[\w+/=-]{17,}/g, start: /ZXlK/g, before: '', text: /^eyJ[\w-]{6}/ },
  // What `eyJ` inside a word begins is one, if it is JSON: `xeyJhbGci`, and not `keyJournal`.
  { run: /[\w-]{12,}/g, start: /eyJ/g, before: '', text: /^\{"[ -~]{6}/ },
  // A header with white space after its brace, and one of the parameters that begin headers: `{ "alg`.
  {
    run: /[\w-]{12,}[\w.-]*/g,
    start: /eyA|ew[0ko]/g,
    before: '',
    text: /^\{[ \t\r\n]+"(?:alg|typ|kid|cty|enc|zip|jku|jwk|x5|crit)/,
  },
];

/** The number of characters that are decoded: it bounds the work for each beginning. */
const DECODED = 20;

/** Where in a run the beginning of a JWT is; -1: nowhere. */
function startIn(run: string, { start, before, text }: Encoded): number {
  for (const { index } of run.matchAll(start)) {
    const [own = ''] = run.slice(index, index + DECODED).split('.');
    if (text.test(Buffer.from(before + own, 'base64').toString('latin1'))) return index;
  }
  return -1;
}

function hasEncoded(text: string): boolean {
  return ENCODED.some((form) => (text.match(form.run) ?? []).some((run) => startIn(run, form) !== -1));
}

function replaceEncoded(text: string, form: Encoded, hide: (jwt: string) => string): string {
  return text.replace(form.run, (run) => {
    const start = startIn(run, form);
    return start === -1 ? run : run.slice(0, start) + hide(run.slice(start));
  });
}

/** What has the three parts of a JWT, whatever its header is; the full name of a table may have them too. */
const PARTS = /(?<![\w-])[\w-]{16,}(?:\.[\w-]{16,}){2,}/g;

/** What stands before two more parts, and before the beginning of another. Only whole parts: looked for at each `eyJ`, they would take quadratic time. */
const BEFORE_TWO = /(?<![\w-])[\w-]+(?=\.[\w-]+\.[\w-])/g;
const BEFORE_START = /(?<![\w-])[\w-]+(?=\.eyJ)/g;
const HAS_START = new RegExp(START);
/** In hexadecimal, which a hash could have by chance if it were shorter. */
const IN_HEX = /65794[aA](?:[2-7][\da-fA-F]){6}/;
const IN_WORD = new RegExp(String.raw`(?<![A-Za-z\d])${START}`);

/**
 * The text with what `hide` makes of each JWT, also of the beginning of one, or of one in base64 or hexadecimal. Whole ones
 * come first: a signature can have in it what a JWT begins with.
 *
 * @param mayBeJwt What decides on three parts with dots between them; without it, those with a mapping in one of them.
 */
export function replaceJwts(text: string, hide: (jwt: string) => string, mayBeJwt = hasMapping): string {
  const whole = text.replace(PARTS, (found) => (mayBeJwt(found) ? hide(found) : found));
  const plain = FORMS.reduce((before, form) => before.replace(form, hide), whole);
  return ENCODED.reduce((before, form) => replaceEncoded(before, form, hide), plain);
}

/** Whether a text has a JWT or the beginning of one in it, as `replaceJwts` finds them. */
export function hasSomeJwt(text: string): boolean {
  return (
    FORMS.some((form) => text.search(form) !== -1) || hasEncoded(text) || (text.match(PARTS) ?? []).some(hasMapping)
  );
}

/** Whether a text is a JWT, by its form. */
export function isJwt(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

/** Whether a text has a whole JWT in it. */
export function hasJwt(text: string): boolean {
  return (text.match(BEFORE_TWO) ?? []).some((part) => HAS_START.test(part));
}

/** Whether a word has a JWT or the beginning of one in it, also after another word: `-cey…`. Names such as `keyJournal` do not. */
export function hasJwtStart(word: string): boolean {
  return (
    IN_WORD.test(word) ||
    IN_HEX.test(word) ||
    hasEncoded(word) ||
    (word.match(BEFORE_START) ?? []).some((part) => HAS_START.test(part)) ||
    (word.match(PARTS) ?? []).some(hasMapping)
  );
}

/** The claims of a token, which can be read without a network; undefined if it is no JWT. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  return mappingIn(token.split('.')[1] ?? '');
}

function hasMapping(parts: string): boolean {
  return parts.split('.').some((part) => mappingIn(part) !== undefined);
}

function mappingIn(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const payload: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof payload === 'object' && payload !== null ? { ...payload } : undefined;
  } catch {
    // The parser's error is dropped, because it quotes the token.
    return undefined;
  }
}
