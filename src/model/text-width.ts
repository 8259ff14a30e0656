/**
 * How many columns of a terminal a text takes: none for a combining mark, two for Chinese, Japanese, Korean and emoji.
 * What belongs together as one character is never parted.
 */

/** What every terminal agrees on. */
const PLAIN = /^[\x20-\x7e]*$/;

/** Unicode's East Asian Width W and F, where it is not emoji. */
const WIDE =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18df2}\u{1aff0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;
/** Shown as pictures by themselves, or made one by a variation selector; a flag is two letters. */
const PICTURE = /^(\p{Emoji_Presentation}|[\p{Emoji}]\ufe0f|\p{Regional_Indicator}{2})/u;
const INVISIBLE = /^[\p{Mark}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Surrogate}]+$/u;

let segmenter: Intl.Segmenter | undefined;

/** Made when a text needs it: to make it takes as long as a command's start. */
function charactersOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

/** The width of a text in columns. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of charactersOf(text)) width += characterWidth(segment);
  return width;
}

function characterWidth(character: string): number {
  if (INVISIBLE.test(character)) return 0;
  return WIDE.test(character) || PICTURE.test(character) ? 2 : 1;
}

/** As `padEnd`, by columns. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** The widest of the texts, up to a limit: how wide a column is. */
export function columnWidth(texts: readonly string[], most: number): number {
  return texts.reduce((widest, text) => Math.min(most, Math.max(widest, textWidth(text))), 0);
}

/** Cuts a text to so many columns; the end of one that is cut is `mark`. */
export function cutTo(text: string, width: number, mark: string): string {
  if (textWidth(text) <= width) return text;
  const room = width - textWidth(mark);
  if (room < 0) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of charactersOf(text)) {
    used += characterWidth(segment);
    if (used > room) break;
    kept += segment;
  }
  return kept + mark;
}
