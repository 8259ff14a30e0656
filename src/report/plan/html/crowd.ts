/** Of many tokens: how many begin, rotate or end in each stretch of the time to come. */
import { counted } from '../../../model/counted.ts';
import { describeSpan } from '../../../model/duration.ts';
import { showTime } from '../../../model/instant.ts';
import { html, type Markup, NOTHING } from '../../page/markup.ts';
import type { TokenLives } from './lives.ts';
import { scaleTo } from './scale.ts';
import { gridLines } from './track.ts';

const BARS = 30;
/** Pixels. */
const HEIGHT = 72;
const AXIS = 16;
const LEAST_HEIGHT = 2;

/** A bar a stretch, and in words what they show. */
export function crowd(all: readonly TokenLives[], now: number): Markup {
  const times = all.flatMap(({ lives }) =>
    lives.flatMap(({ at, begins }) => [...(begins ? [now] : []), ...(at === undefined ? [] : [Math.max(now, at)])]),
  );
  const scale = scaleTo(times, now);
  const counts = Array.from({ length: BARS }, () => 0);
  for (const time of times) {
    const bar = Math.min(BARS - 1, Math.floor((scale.place(time) / 100) * BARS));
    counts[bar] = (counts[bar] ?? 0) + 1;
  }
  const most = Math.max(...counts);
  const last = times.reduce((latest, time) => Math.max(latest, time), now);
  const stretch = (last - now) / BARS;
  const busiest = now + counts.indexOf(most) * stretch;
  const words = `${counted(times.length, 'change')} of ${counted(all.length, 'token')} until ${day(last)}; at most ${most} within ${describeSpan(stretch / 1000)}, from ${day(busiest)}.`;
  const bars = counts.map((count, index) => bar(count, index, most));
  const labels = scale.ticks.map(
    ({ at, label }) => html`<text x="${scale.place(at)}%" y="${HEIGHT + AXIS}">${label}</text>`,
  );
  return html`<svg class="track" height="${HEIGHT + AXIS}" role="img" aria-labelledby="crowd"><title id="crowd">How many tokens change when</title>${gridLines(scale, HEIGHT)}${bars}${labels}</svg>
<p class="quiet">${words}</p>
`;
}

function bar(count: number, index: number, most: number): Markup {
  if (count === 0) return NOTHING;
  const height = Math.max(LEAST_HEIGHT, Math.round((count / most) * HEIGHT));
  const width = 100 / BARS;
  const [x, wide] = [index * width, width * 0.8].map((percent) => `${percent.toFixed(1)}%`);
  return html`<rect class="many" x="${x ?? ''}" width="${wide ?? ''}" y="${HEIGHT - height}" height="${height}"/>`;
}

function day(at: number): string {
  return showTime(at).slice(0, 10);
}
