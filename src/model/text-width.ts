/** Texts in columns of a terminal: none for a combining mark, two for Chinese, Japanese, Korean and emoji. */
import stringWidth from 'string-width';

/** As `padEnd`, by columns. */
export function padTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)));
}

/** The width of the widest text, at most `limit`. */
export function columnWidth(texts: readonly string[], limit: number): number {
  return texts.reduce((widest, text) => Math.min(limit, Math.max(widest, stringWidth(text))), 0);
}

/** Cuts a text to so many columns, between characters; `mark` ends one that was cut. */
export function cutTo(text: string, columns: number, mark: string): string {
  if (stringWidth(text) <= columns) return text;
  const room = columns - stringWidth(mark);
  if (room < 0) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += stringWidth(segment);
    if (used > room) break;
    kept += segment;
  }
  return kept + mark;
}
