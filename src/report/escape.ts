/**
 * How the formats escape text. Names come from a live organization, where anyone may have put an escape sequence, a line break
 * or markup into one, which a terminal, a pull request or a runner would interpret.
 */
import { changedValues, isPlain } from './changed-values.ts';

/** Characters that a terminal obeys, that change the direction of text, or that are invisible, except the one that makes an emoji of a sign. */
const UNSEEN = String.raw`(?!\ufe0f)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029]`;

/** Those of ASCII. */
const UNSEEN_ASCII = String.raw`[\0-\x1f\x7f]`;
const ASCII = /^[\0-\x7f]*$/;

/**
 * Makes a function that replaces these characters. Of ASCII, as nearly every text is, it needs no Unicode pattern, which takes a
 * millisecond to compile at each start.
 *
 * @param except A pattern, with which what it matches stays: a negative lookahead, or nothing.
 */
export function unseenReplacer(
  except: string,
  by: (unseen: string) => string = () => '\ufffd',
): (text: string) => string {
  const inAscii = new RegExp(except + UNSEEN_ASCII, 'g');
  let inAll: RegExp | undefined;
  return (text) => {
    if (ASCII.test(text)) return text.replace(inAscii, by);
    inAll ??= new RegExp(except + UNSEEN, 'gu');
    return text.replace(inAll, by);
  };
}

/** Printable ASCII, as nearly every text is. */
const PLAIN = /^[ -~]*$/;
const withoutUnseen = unseenReplacer('');

/** The text of lines with `\ufffd` for every control character. */
export const visibleLines = unseenReplacer(String.raw`(?![\n\t])`);

/** The same data with `\ufffd` for every control character in its texts, and without letters that only look like others. */
export function printable<T>(data: T): T {
  return changedValues(data, (value) => {
    if (typeof value === 'string') return PLAIN.test(value) ? value : withoutLookalikes(withoutUnseen(value));
    // An error or a secret, which says itself what may be shown of it.
    const isOther = typeof value === 'object' && value !== null && !Array.isArray(value) && !isPlain(value);
    return isOther ? printable(JSON.parse(JSON.stringify(value)) as unknown) : value;
  });
}

/** The same for a text of several lines: only its line breaks and tabs stay. */
export function printableLines(text: string): string {
  return withoutLookalikes(visibleLines(text));
}

/** Letters that are not of the Latin alphabet; those of Chinese, Japanese and Korean look like none of it and are mixed with it. */
const OTHER_LETTER = String.raw`(?![\p{Script=Latin}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}])\p{L}`;
let words: { readonly word: RegExp; readonly latin: RegExp; readonly other: RegExp } | undefined;

/**
 * Escapes letters of other alphabets in a word that has Latin ones: `v\u{430}ult`. Words that are wholly in one alphabet stay.
 * Commands and paths have `visibleAscii`.
 */
function withoutLookalikes(text: string): string {
  if (!/[^\0-\x7f]/.test(text)) return text;
  words ??= {
    word: /[\p{L}\p{M}\p{N}_]+/gu,
    latin: /\p{Script=Latin}/u,
    other: new RegExp(OTHER_LETTER, 'gu'),
  };
  const { word, latin, other } = words;
  return text.replace(word, (one) =>
    latin.test(one) ? one.replace(other, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`) : one,
  );
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A word of a command, or a path, with letters that only look like ASCII as escapes: `v\u0430ult`. */
export function visibleAscii(text: string): string {
  return text.replace(/[^ -~]/gu, (one) => {
    const code = one.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    return SHORT_ESCAPES[one] ?? (code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`);
  });
}

/** Characters of a text in a table, of which no name needs more: longer ones are edited, to hide what is after them. */
const TEXT_LENGTH = 400;

/** The same data, in which every longer text has its length in the place of its middle. */
export function withoutLongTexts<T>(data: T): T {
  return JSON.parse(JSON.stringify(data), (_key, value: unknown) =>
    typeof value === 'string' && value.length > TEXT_LENGTH ? shortText(value) : value,
  ) as T;
}

function shortText(text: string): string {
  const [start, end] = [text.slice(0, 150), text.slice(-150)];
  const middle = `… ${text.length.toLocaleString('en')} characters …`;
  return `${start.replace(/[\uD800-\uDBFF]$/, '')}${middle}${end.replace(/^[\uDC00-\uDFFF]/, '')}`;
}

/** A document as one JSON text. */
export function jsonText(document: unknown): string {
  return visibleJson(`${JSON.stringify(document, null, 2)}\n`);
}

/**
 * The same JSON, with escapes for characters that are invisible or change the direction of text. No text of JSON has others of
 * the first 32 than these as they are.
 */
export const visibleJson = unseenReplacer(String.raw`(?![\n\r\t])`, escaped);

/** `\u202e`; two of them for a character beyond the first 65,536. */
function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

/** What is markup where Markdown is parsed; an underscore within a word is none, so that names can be copied from the raw text. */
const MARKUP = String.raw`[&<>|\x60*[\]@#~\\!$]|(?<![a-z0-9]_*)_|_(?!_*[a-z0-9])|:(?=\/\/)|(?<=www)\.`;
/**
 * What GitHub and GitLab look for in the text that comes out, where an entity is a character again: mentions, references to
 * issues, commits, milestones and snippets, and emoji.
 */
const REFERENCES = String.raw`[@#]|[&!~$%](?=["\d])|GH-(?=\d)[\da-f]*|:(?=(?:[a-z+-][\w+-]*|100|1234):)|(?<![\w.-])(?=\d*[a-f])[\da-f]{7,40}(?![\w-])`;
const ACTIVE = new RegExp(`${REFERENCES}|${MARKUP}`, 'gi');
const REFERENCE = new RegExp(REFERENCES, 'iy');

function isReference(text: string, at: number): boolean {
  REFERENCE.lastIndex = at;
  return REFERENCE.test(text);
}

/**
 * Escapes a name of a pull request or of the live organization, so that nothing in it is Markdown, HTML, mathematics, a link, a
 * mention or a table's border. A zero-width space is put into what is a reference in the text that comes out.
 */
export function markdown(text: string): string {
  return text.replace(ACTIVE, (found, at: number) => {
    const [, start = '', digits = ''] = /^(GH-)?([\da-f]+)$/i.exec(found) ?? [];
    // What follows the space could be a commit again.
    if (digits !== '') return `${start && `${start}&#8203;`}${digits.replace(/.{6}(?=.)/g, '$&&#8203;')}`;
    const shown = found.length > 1 ? found : `&#${found.codePointAt(0)};`;
    return isReference(text, at) ? `${shown}&#8203;` : shown;
  });
}

/** `a → b`, where terminals have `a -> b`. */
export function withArrows(text: string): string {
  return text.replaceAll(' -> ', ' → ');
}
