/** When tokens begin and end: one line per token, the soonest first; for many, also how many change when. */
import type { Plan } from '../../../model/plan.ts';
import { DAY, DAY_MS, describeSpan, HOUR, type Seconds, showDay, showTime } from '../../../model/time.ts';
import { counted } from '../../../model/wording.ts';
import { EMPTY_MARKUP, html, type Markup } from '../../page/markup.ts';
import { untilText } from '../wording.ts';
import { accountNameList } from './account-names.ts';
import {
  type AlikeLifetimes,
  alikeLifetimes,
  type End,
  overlapOf,
  type TokenLife,
  type TokenLifetimes,
  tokenLifetimes,
} from './token-lifetimes.ts';

/** The number of rows at most. */
const SHOWN = 40;
/** More tokens are also counted by time. */
const COUNTED_FROM = 40;
/** What is later leaves no room for overlaps, so it is drawn as going on, unless everything is later. */
const DRAWN_MS = 120 * DAY_MS;

/** The section; undefined when no token changes, now or later. */
export function timeline(plan: Plan): Markup | undefined {
  const all = tokenLifetimes(plan);
  if (all.length === 0) return undefined;
  const now = Date.parse(plan.at);
  const groups = alikeLifetimes(all);
  const shown = groups.slice(0, SHOWN);
  const left = groups.slice(SHOWN).reduce((sum, { accounts }) => sum + accounts.length, 0);
  const scale = scaleTo(drawnTimes(shown, now), now);
  const rows = shown.map((one) => html`${row(one, scale, now)}\n`);
  const words = `Time from ${showDay(now)} to ${showDay(scale.until)}, for the lines of the tokens below; the text beside each says what it shows`;
  return html`${all.length <= COUNTED_FROM ? EMPTY_MARKUP : changeCounts(all, now)}${legend(shown, scale, now)}<div class="axis"><div></div>${axis(scale, words)}</div>
<ol class="times">
${rows}</ol>${left === 0 ? EMPTY_MARKUP : html`<p class="quiet">The soonest ${all.length - left} of ${all.length} tokens; ${left} later ones are not shown (mdacc plan --format json has all).</p>`}`;
}

function drawnTimes(shown: readonly AlikeLifetimes[], now: number): number[] {
  const times = shown.flatMap(({ lives }) => lives.flatMap(({ at }) => (at === undefined ? [] : [at])));
  const near = times.filter((at) => at <= now + DRAWN_MS);
  return near.some((at) => at > now) && near.length < times.length ? [...near, now + DRAWN_MS] : times;
}

function row({ accounts, account, token, lives }: AlikeLifetimes, scale: Scale, now: number): Markup {
  const overlap = overlapOf(lives, now);
  const said = lives.map((life) => html`<li>${sayLife(life, overlap, now)}</li>`);
  const isOne = accounts.length === 1;
  const who = isOne
    ? html`<b>${account}/${token}</b>`
    : html`<b>${token}</b> of ${counted(accounts.length, 'account')}`;
  const names = isOne ? EMPTY_MARKUP : accountNameList(accounts);
  return html`<li><div>${who}<ul class="quiet">${said}</ul>${names}</div>${track(lives, overlap, scale, now)}</li>`;
}

/** Says in words what the drawing shows. */
function sayLife({ name, begins, end, at }: TokenLife, overlap: number | undefined, now: number): Markup {
  const when = at === undefined ? '' : ` ${whenOf(at, now)}`;
  const start = begins ? 'begins now, ' : overlap !== undefined && at === overlap ? 'overlaps, ' : '';
  return html`<code>${name}</code> ${start}${end}${when}`;
}

function whenOf(at: number, now: number): string {
  return at <= now ? 'now' : `${showDay(at)} (${untilText(at, now)})`;
}

/** Pixels. */
const LANE = 18;
const AXIS = 20;

/**
 * One token and those that it replaces, a lane for each, on one scale. Positions are in percent of the width, so that marks
 * keep their size on every screen. The text beside it says the same, so screen readers skip it.
 */
function track(lives: readonly TokenLife[], overlap: number | undefined, scale: Scale, now: number): Markup {
  const height = lives.length * LANE;
  const lanes = lives.map((life, index) => lane(life, index * LANE + LANE / 2, scale, now));
  const both =
    overlap === undefined
      ? EMPTY_MARKUP
      : html`<rect class="overlap" x="0" y="1" width="${scale.position(overlap)}%" height="${height - 2}"/>`;
  return html`<svg class="track" height="${height}" aria-hidden="true">${gridLines(scale, height)}${both}${lanes}</svg>`;
}

function lane(life: TokenLife, y: number, scale: Scale, now: number): Markup {
  const from = scale.position(now);
  const to = life.at === undefined ? 100 : scale.position(life.at);
  const line = html`<line class="life" x1="${from}%" x2="${to}%" y1="${y}" y2="${y}"/>`;
  return html`${line}${life.begins ? placed('begins', from, y) : EMPTY_MARKUP}${placed(endMark(life, scale), to, y)}`;
}

function endMark({ end, at }: TokenLife, { until }: Scale): Mark {
  return end === 'never expires' || at === undefined || at > until ? 'goes on' : end;
}

/** A mark of the legend, at a position in percent of the width. */
function placed(mark: Mark, percent: number, y: number): Markup {
  return html`<use href="#${idOf(mark)}" x="${percent}%" y="${y}"/>`;
}

type Mark = 'begins' | 'goes on' | Exclude<End, 'never expires'>;

const MARKS = {
  begins: ['begin', 'M0-6V6M-6 0H6'],
  rotates: ['rotates', 'M0-7 7 0 0 7-7 0Z'],
  expires: ['expires', 'M-5-5H5V5H-5Z'],
  'is revoked': ['ends', 'M-5-5 5 5M-5 5 5-5'],
  'goes on': ['goes-on', 'M-7-5 0 0-7 5'],
} as const satisfies Record<Mark, readonly [look: string, path: string]>;

function idOf(mark: Mark): string {
  return `mark-${MARKS[mark][0]}`;
}

function gridLines({ ticks, position: positionOf }: Scale, height: number): Markup[] {
  return ticks.map(({ at }) => {
    const x = positionOf(at);
    return html`<line class="grid" x1="${x}%" x2="${x}%" y2="${height}"/>`;
  });
}

function labels({ ticks, position: positionOf }: Scale, y: number): Markup[] {
  return ticks.map(({ at, label }) => {
    const x = positionOf(at);
    // It ends where the drawing ends, so that no page becomes wider.
    return html`<text${x > 90 ? html` class="last"` : EMPTY_MARKUP} x="${x}%" y="${y}">${label}</text>`;
  });
}

/** The labels of the scale. @param words Describe the drawing for screen readers. */
function axis(scale: Scale, words: string): Markup {
  return html`<svg class="track" height="${AXIS}" role="img" aria-labelledby="axis"><title id="axis">${words}</title>${labels(scale, 14)}</svg>`;
}

/** The marks that are used and their meaning. The lanes refer to these drawings. */
function legend(shown: readonly AlikeLifetimes[], scale: Scale, now: number): Markup {
  const lives = shown.flatMap((one) => one.lives);
  const used = new Set<Mark>(
    lives.flatMap((life) => [...(life.begins ? ['begins' as const] : []), endMark(life, scale)]),
  );
  const entries = (Object.keys(MARKS) as Mark[]).filter((mark) => used.has(mark)).map(entry);
  const overlap = shown.some((one) => overlapOf(one.lives, now) !== undefined) ? OVERLAP : EMPTY_MARKUP;
  return html`<ul class="legend" aria-hidden="true">${entries}${overlap}</ul>`;
}

const OVERLAP = html`<li><svg aria-hidden="true" width="16" height="16"><rect class="overlap" x="1" y="1" width="14" height="14"/></svg>overlap: both work</li>`;

function entry(mark: Mark): Markup {
  const [look, path] = MARKS[mark];
  const drawing = html`<path id="${idOf(mark)}" class="${look}" d="${path}"/>`;
  return html`<li><svg aria-hidden="true" width="16" height="16" viewBox="-8 -8 16 16">${drawing}</svg>${mark}</li>`;
}

const BARS = 30;
/** Pixels. */
const BAR_HEIGHT = 72;
const BAR_AXIS = 16;
const LEAST_HEIGHT = 2;

/** How many tokens change when, as bars and in words. */
function changeCounts(all: readonly TokenLifetimes[], now: number): Markup {
  const times = all.flatMap(({ lives }) =>
    lives.flatMap(({ at, begins }) => [...(begins ? [now] : []), ...(at === undefined ? [] : [Math.max(now, at)])]),
  );
  const scale = scaleTo(times, now);
  const counts = Array.from({ length: BARS }, () => 0);
  for (const time of times) {
    const bar = Math.min(BARS - 1, Math.floor((scale.position(time) / 100) * BARS));
    counts[bar] = (counts[bar] ?? 0) + 1;
  }
  const most = Math.max(...counts);
  const last = times.reduce((latest, time) => Math.max(latest, time), now);
  const stretch = (last - now) / BARS;
  const busiest = now + counts.indexOf(most) * stretch;
  const words = `${counted(times.length, 'change')} of ${counted(all.length, 'token')} until ${showDay(last)}; at most ${most} within ${describeSpan(stretch / 1000)}, from ${showDay(busiest)}.`;
  const bars = counts.map((count, index) => bar(count, index, most));
  return html`<svg class="track" height="${BAR_HEIGHT + BAR_AXIS}" role="img" aria-labelledby="changes-by-time"><title id="changes-by-time">How many tokens change when</title>${gridLines(scale, BAR_HEIGHT)}${bars}${labels(scale, BAR_HEIGHT + BAR_AXIS)}</svg>
<p class="quiet">${words}</p>
`;
}

function bar(count: number, index: number, most: number): Markup {
  if (count === 0) return EMPTY_MARKUP;
  const height = Math.max(LEAST_HEIGHT, Math.round((count / most) * BAR_HEIGHT));
  const width = 100 / BARS;
  const [x, wide] = [index * width, width * 0.8].map((percent) => `${percent.toFixed(1)}%`);
  return html`<rect class="many" x="${x ?? ''}" width="${wide ?? ''}" y="${BAR_HEIGHT - height}" height="${height}"/>`;
}

/** Distances between labels; more than three dates do not fit on a phone. */
const STEPS: readonly Seconds[] = [
  ...[HOUR, 3 * HOUR, 12 * HOUR],
  ...[DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY, 180 * DAY],
];
const TICKS = 3;

/** The scale of a drawing from now to a later time. Times in milliseconds since 1970. */
interface Scale {
  /** 0 to 100, in percent of the width; what is later than the last time is at 100. */
  readonly position: (at: number) => number;
  /** The last time that is drawn. */
  readonly until: number;
  /** The labels under the drawing: dates, or hours of a day. */
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** A scale from now to the latest time, at least an hour. All times are in milliseconds since 1970. */
export function scaleTo(times: readonly number[], now: number): Scale {
  const span = Math.max(HOUR * 1000, times.reduce((last, time) => Math.max(last, time), now) - now);
  const step = STEPS.find((each) => span / 1000 / each <= TICKS) ?? longStep(span / 1000);
  const ticks = Array.from({ length: Math.floor(span / 1000 / step) }, (_, index) => {
    const at = now + (index + 1) * step * 1000;
    return { at, label: step < DAY ? showTime(at).slice(11, 16) : showDay(at) };
  });
  const position = (at: number) => Math.round(Math.min(1, Math.max(0, (at - now) / span)) * 1000) / 10;
  return { position, until: now + span, ticks: [{ at: now, label: 'now' }, ...ticks] };
}

/** A year, or a longer span in whole days. */
function longStep(span: Seconds): Seconds {
  return Math.max(365 * DAY, Math.ceil(span / TICKS / DAY) * DAY);
}
