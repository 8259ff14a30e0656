import { html, type Markup } from './markup.ts';

/** What a colour stands for: something is made, goes, changes, or is taken over. */
export type Kind = 'create' | 'remove' | 'change' | 'adopt' | 'none';

/** A word that stands out; it says by itself what its colour says. */
export function tag(kind: Kind, text: string): Markup {
  return html`<span class="tag ${kind}">${text}</span>`;
}
