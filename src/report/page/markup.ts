/** HTML that is safe by how it is made, and what the pages are made of: tags and lists of names. */

/** HTML that is safe by how it is made: in a template, only what already is Markup goes in as it is. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value in a template: text is escaped, lists are joined. */
type Shown = Markup | string | number | readonly Shown[];

/** Empty markup. */
export const EMPTY_MARKUP = new Markup('');

/** `` html`<p>${name}</p>` ``: values are escaped, for text and for attributes in double quotes. */
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

/** What a colour stands for. */
export type ChangeKind = 'create' | 'remove' | 'change' | 'adopt' | 'none';

/** A coloured word, which says by itself what its colour means. */
export function tag(kind: ChangeKind, text: string): Markup {
  return html`<span class="tag ${kind}">${text}</span>`;
}

/** Longer lists of names are folded. */
const OPEN = 12;

/** `3 accounts` and their names. */
export function countedNameList(all: readonly string[], one: string): Markup {
  const count = `${all.length} ${one}${all.length === 1 ? '' : 's'}`;
  if (all.length === 0) return html`<p>${count}</p>`;
  if (all.length <= OPEN) return html`<p>${count}</p>${nameList(all)}`;
  return html`<details><summary>${count}</summary>${nameList(all)}</details>`;
}

/** Names, each with a border, so that spaces and commas in them are not taken for separators. */
export function nameList(all: readonly string[]): Markup {
  return html`<ul class="names">${all.map((name) => html`<li>${name}</li>`)}</ul>`;
}

/** Links to the parts of a page. */
export function navigation(parts: readonly { readonly id: string; readonly title: string }[]): Markup {
  const links = parts.map(({ id, title }) => html`<a href="#${id}">${title.replace(/:.*/, '')}</a> `);
  return html`<nav aria-label="Parts of this page">${links}</nav>`;
}

/** Text in which options and dates are not broken after a hyphen at the end of a line. */
export function unbrokenMarkup(text: string): Markup {
  const parts = text.split(/((?<![\w-])--?[a-z][\w-]*|\b\d{4}-\d\d-\d\d\b)/);
  return html`${parts.map((part, at) => (at % 2 === 0 ? part : html`<span class="whole">${part}</span>`))}`;
}

/** A name that cannot change the direction of the text around it; the usual ones need no element, of which there would be thousands. */
export function isolated(name: string): Markup {
  return /^[ -~]*$/.test(name) ? html`${name}` : html`<bdi>${name}</bdi>`;
}
