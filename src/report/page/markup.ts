/** HTML that is safe by how it is made: in a template, only what already is Markup goes in as it is. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: text and numbers are escaped, lists are joined. */
export type Shown = Markup | string | number | readonly Shown[];

/** Nothing to show. */
export const NOTHING = new Markup('');

/** `` html`<p>${name}</p>` ``: the name is text there, whatever is in it; so it is in an attribute with double quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Shown[]): Markup {
  let text = parts[0] ?? '';
  for (const [index, value] of values.entries()) text += shown(value) + (parts[index + 1] ?? '');
  return new Markup(text);
}

function shown(value: Shown): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'number') return String(value);
  return value.map(shown).join('');
}

function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.codePointAt(0)};`);
}
