/** JSON for programs. It has names of a live organization, and is also shown in terminals. */

/** A document as one JSON text. */
export function jsonText(document: unknown): string {
  return visibleJson(`${JSON.stringify(document, null, 2)}\n`);
}

/** The same JSON, with escapes for characters that are invisible or change the direction of text. */
export function visibleJson(json: string): string {
  return json.replace(/[\p{Cf}\u2028\u2029\u007f-\u009f]/gu, escaped);
}

/** `\u202e`; two of them for a character beyond the first 65,536. */
function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
