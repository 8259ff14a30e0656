import { html, type Markup } from './markup.ts';

/** So many names stand open; more are folded. */
const OPEN = 12;

/** `3 accounts` and their names. */
export function countedNames(all: readonly string[], one: string): Markup {
  const count = `${all.length} ${one}${all.length === 1 ? '' : 's'}`;
  if (all.length === 0) return html`<p>${count}</p>`;
  if (all.length <= OPEN) return html`<p>${count}</p>${nameList(all)}`;
  return html`<details><summary>${count}</summary>${nameList(all)}</details>`;
}

/** Names, each with a border of its own, so that a space or a comma in one misleads nobody. */
export function nameList(all: readonly string[]): Markup {
  return html`<ul class="names">${all.map((name) => html`<li>${name}</li>`)}</ul>`;
}
