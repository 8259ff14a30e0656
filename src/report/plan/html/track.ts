/** The drawing beside the words: lines with marks that differ in shape, not only in colour. */
import { html, type Markup, NOTHING } from '../../page/markup.ts';
import type { End, Life, TokenLives } from './lives.ts';
import type { Scale } from './scale.ts';

/** Pixels. */
const LANE = 18;
const AXIS = 20;

/**
 * One token and those that it replaces, a lane each, on one scale. Places are in percent of the width, so that the marks
 * keep their size on every screen. The words beside it say the same, so it is nothing to a screen reader.
 */
export function track(lives: readonly Life[], scale: Scale, now: number): Markup {
  const height = lives.length * LANE;
  const lanes = lives.map((life, index) => lane(life, index * LANE + LANE / 2, scale, now));
  return html`<svg class="track" height="${height}" aria-hidden="true">${gridLines(scale, height)}${lanes}</svg>`;
}

function lane({ begins, end, at }: Life, y: number, scale: Scale, now: number): Markup {
  const from = scale.place(now);
  const to = at === undefined ? 100 : scale.place(at);
  const life = html`<line class="life" x1="${from}%" x2="${to}%" y1="${y}" y2="${y}"/>`;
  return html`${life}${begins ? place('begins', from, y) : NOTHING}${place(end, to, y)}`;
}

/** A mark of the legend again, at a place in percent and around it in pixels. */
function place(mark: Mark, percent: number, y: number): Markup {
  return html`<use href="#${idOf(mark)}" x="${percent}%" y="${y}"/>`;
}

type Mark = 'begins' | End;

const MARKS = {
  begins: ['begin', 'M0-6V6M-6 0H6'],
  rotates: ['rotates', 'M0-7 7 0 0 7-7 0Z'],
  expires: ['expires', 'M-5-5H5V5H-5Z'],
  'is revoked': ['ends', 'M-5-5 5 5M-5 5 5-5'],
  'never expires': ['goes-on', 'M-7-5 0 0-7 5'],
} as const satisfies Record<Mark, readonly [look: string, path: string]>;

function idOf(mark: Mark): string {
  return `mark-${MARKS[mark][0]}`;
}

export function gridLines({ ticks, place: placeOf }: Scale, height: number): Markup[] {
  return ticks.map(({ at }) => {
    const x = placeOf(at);
    return html`<line class="grid" x1="${x}%" x2="${x}%" y2="${height}"/>`;
  });
}

/** What the places mean; `words` say what is drawn on them. */
export function axis({ ticks, place: placeOf }: Scale, words: string): Markup {
  const labels = ticks.map((tick) => html`<text x="${placeOf(tick.at)}%" y="14">${tick.label}</text>`);
  return html`<svg class="track" height="${AXIS}" role="img" aria-labelledby="axis"><title id="axis">${words}</title>${labels}</svg>`;
}

/** The marks that are used, and what they stand for. The lines below take them from here. */
export function legend(shown: readonly TokenLives[]): Markup {
  const lives = shown.flatMap((one) => one.lives);
  const used = new Set<Mark>(lives.flatMap(({ begins, end }) => (begins ? ['begins', end] : [end])));
  const entries = (Object.keys(MARKS) as Mark[]).filter((mark) => used.has(mark)).map(entry);
  return html`<ul class="legend" aria-hidden="true">${entries}</ul>`;
}

function entry(mark: Mark): Markup {
  const [look, path] = MARKS[mark];
  const drawing = html`<path id="${idOf(mark)}" class="${look}" d="${path}"/>`;
  return html`<li><svg aria-hidden="true" width="16" height="16" viewBox="-8 -8 16 16">${drawing}</svg>${mark}</li>`;
}
