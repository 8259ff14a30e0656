import { html, type Markup } from '../../page/markup.ts';

/** The lines of a unified diff. Each keeps its sign, so that nothing hangs on its colour. */
export function diffMarkup(diff: string): Markup {
  const parts = runs(diff.split('\n')).map(({ sign, lines }) => {
    const text = lines.join('\n');
    if (sign === '+') return html`<ins>${text}</ins>\n`;
    if (sign === '-') return html`<del>${text}</del>\n`;
    return html`${text}\n`;
  });
  return html`<pre>${parts}</pre>`;
}

/** Neighbouring lines of one sign together: a page of a thousand accounts needs few elements. */
function runs(lines: readonly string[]): { readonly sign: string; readonly lines: string[] }[] {
  const all: { sign: string; lines: string[] }[] = [];
  for (const line of lines) {
    const sign = line.slice(0, 1);
    const last = all.at(-1);
    if (last?.sign === sign) last.lines.push(line);
    else all.push({ sign, lines: [line] });
  }
  return all;
}
