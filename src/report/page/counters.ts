/** The numbers at the top of a page. */
import { html, type Kind, type Markup } from './markup.ts';

/** One number. */
export interface Counter {
  readonly label: string;
  readonly count: number | string;
  /** What its colour stands for; the label says it too. A zero has none. */
  readonly kind?: Kind;
}

/** The numbers, each above its label. */
export function counters(all: readonly Counter[]): Markup {
  const items = all.map(({ label, count, kind = 'none' }) => {
    const colour = count === 0 ? 'none' : kind;
    return html`<div class="${colour}"><dt>${label}</dt><dd>${count}</dd></div>`;
  });
  return html`<dl class="counters">${items}</dl>`;
}
