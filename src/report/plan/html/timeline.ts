/** When tokens begin and end: a line a token, the soonest first; for many, also how many change when. */
import { describeSpan } from '../../../model/duration.ts';
import { showTime } from '../../../model/instant.ts';
import type { Plan } from '../../../model/plan.ts';
import { html, type Markup, NOTHING } from '../../page/markup.ts';
import { crowd } from './crowd.ts';
import { type Life, livesOf, type TokenLives } from './lives.ts';
import { type Scale, scaleTo } from './scale.ts';
import { axis, legend, track } from './track.ts';

/** So many tokens are drawn, of many. */
const SHOWN = 40;

/** Undefined when no token changes, now or later. */
export function timeline(plan: Plan): Markup | undefined {
  const all = livesOf(plan);
  if (all.length === 0) return undefined;
  const now = Date.parse(plan.at);
  const shown = all.slice(0, SHOWN);
  const left = all.length - shown.length;
  const scale = scaleTo(timesOf(shown), now);
  const rows = shown.map((one) => html`${row(one, scale, now)}\n`);
  const words = `Lines of time from ${day(now)}, for each token below; beside each stands in words what it shows`;
  return html`${left === 0 ? NOTHING : crowd(all, now)}${legend(shown)}<div class="axis"><div></div>${axis(scale, words)}</div>
<ol class="times">
${rows}</ol>${left === 0 ? NOTHING : html`<p class="quiet">The soonest ${SHOWN} of ${all.length} tokens; ${left} later ones are left out here (mdacc plan --format json has all).</p>`}`;
}

function timesOf(all: readonly TokenLives[]): number[] {
  return all.flatMap(({ lives }) => lives.flatMap(({ at }) => (at === undefined ? [] : [at])));
}

function row({ account, token, lives }: TokenLives, scale: Scale, now: number): Markup {
  const said = lives.map((life) => html`<li>${sayLife(life, now)}</li>`);
  return html`<li><div><b>${account}/${token}</b><ul class="quiet">${said}</ul></div>${track(lives, scale, now)}</li>`;
}

/** Says all that the drawing shows. */
function sayLife({ name, begins, end, at }: Life, now: number): Markup {
  const when = at === undefined ? '' : ` ${whenOf(at, now)}`;
  return html`<code>${name}</code> ${begins ? 'begins now, ' : ''}${end}${when}`;
}

function whenOf(at: number, now: number): string {
  return at <= now ? 'now' : `${day(at)} (in ${describeSpan((at - now) / 1000)})`;
}

function day(at: number): string {
  return showTime(at).slice(0, 10);
}
