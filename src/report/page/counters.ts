/** The numbers at the top of a page. */
import { type ChangeKind, html, type Markup } from './markup.ts';

/** One number. */
export interface Counter {
  readonly label: string;
  readonly count: number | string;
  /** What its colour stands for; the label says it too. A zero has none. */
  readonly kind?: ChangeKind;
}

/** A number of more characters takes two places on a phone. */
const WIDE = 7;

/** The numbers, each above its label. */
export function counters(all: readonly Counter[]): Markup {
  const items = all.map(({ label, count, kind = 'none' }) => {
    const colour = count === 0 ? 'none' : kind;
    const width = String(count).length > WIDE ? ' wide' : '';
    return html`<div class="${colour}${width}"><dt>${label}</dt><dd>${count}</dd></div>`;
  });
  return html`<dl class="counters">${items}</dl>`;
}
