/** What every report in Markdown shares: it is made for a comment or an issue at GitHub. */

/** GitHub takes 65,536 characters in a comment or an issue. */
export const MOST_CHARACTERS = 65_000;

/** A bot finds its own comment by this, and updates it instead of writing another. */
export function commentMarker(report: 'plan' | 'audit', organization: string): string {
  return `<!-- motherduck-accounts ${report}: ${organization.replace(/[^\w.-]/g, '-')} -->`;
}

/**
 * Names come from a live organization: nothing in them may be Markdown, HTML, a link, a mention or a table's border.
 * GitHub looks for mentions and references in what was rendered, so a space of no width stands in them.
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

/** The characters of lines that are joined by line breaks. */
export function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}
