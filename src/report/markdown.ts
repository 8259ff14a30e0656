/** The parts that all Markdown reports share. They are made for comments and issues at GitHub. */

/** GitHub accepts 65,536 characters in a comment or an issue. */
export const MOST_CHARACTERS = 65_000;

/** A bot finds its own comment by this marker, and updates it instead of adding another. */
export function commentMarker(report: 'plan' | 'audit', organization: string): string {
  return `<!-- motherduck-accounts ${report}: ${organization.replace(/[^\w.-]/g, '-')} -->`;
}

/**
 * Escapes a name of the live organization, so that nothing in it is Markdown, HTML, a link, a mention or a table's border.
 * GitHub looks for mentions and references in the rendered text, so a zero-width space is put into them.
 */
export function markdown(text: string): string {
  return text
    .replace(/[&<>|`*_[\]@#~\\!]/g, (character) => `&#${character.codePointAt(0)};${gap(character)}`)
    .replace(/:(?=\/\/)/g, '&#58;')
    .replace(/(?<=www)\./gi, '&#46;');
}

function gap(character: string): string {
  return character === '@' || character === '#' ? '&#8203;' : '';
}

/** The number of characters of lines that are joined by line breaks. */
export function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}
