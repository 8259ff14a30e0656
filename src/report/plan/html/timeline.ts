/** When tokens begin and end: one line per token, the soonest first; for many, also how many change when. */
import type { Action, NextChange, Plan, PlannedToken, ShownToken } from '../../../model/plan.ts';
import { DAY, describeSpan, formatDuration, HOUR, type Seconds, showTime } from '../../../model/time.ts';
import { counted } from '../../../model/wording.ts';
import { html, type Markup, NOTHING } from '../../page/markup.ts';
import { untilText } from '../wording.ts';

/** The number of tokens that are drawn at most. */
const SHOWN = 40;

/** The section; undefined when no token changes, now or later. */
export function timeline(plan: Plan): Markup | undefined {
  const all = tokenLifetimes(plan);
  if (all.length === 0) return undefined;
  const now = Date.parse(plan.at);
  const shown = all.slice(0, SHOWN);
  const left = all.length - shown.length;
  const scale = scaleTo(timesOf(shown), now);
  const rows = shown.map((one) => html`${row(one, scale, now)}\n`);
  const words = `Time from ${day(now)}, for the lines of the tokens below; the text beside each says what it shows`;
  return html`${left === 0 ? NOTHING : changeCounts(all, now)}${legend(shown)}<div class="axis"><div></div>${axis(scale, words)}</div>
<ol class="times">
${rows}</ol>${left === 0 ? NOTHING : html`<p class="quiet">The soonest ${SHOWN} of ${all.length} tokens; ${left} later ones are not shown (mdacc plan --format json has all).</p>`}`;
}

function timesOf(all: readonly TokenLifetimes[]): number[] {
  return all.flatMap(({ lives }) => lives.flatMap(({ at }) => (at === undefined ? [] : [at])));
}

function row({ account, token, lives }: TokenLifetimes, scale: Scale, now: number): Markup {
  const said = lives.map((life) => html`<li>${sayLife(life, now)}</li>`);
  return html`<li><div><b>${account}/${token}</b><ul class="quiet">${said}</ul></div>${track(lives, scale, now)}</li>`;
}

/** Says in words what the drawing shows. */
function sayLife({ name, begins, end, at }: Life, now: number): Markup {
  const when = at === undefined ? '' : ` ${whenOf(at, now)}`;
  return html`<code>${name}</code> ${begins ? 'begins now, ' : ''}${end}${when}`;
}

function whenOf(at: number, now: number): string {
  return at <= now ? 'now' : `${day(at)} (${untilText(at, now)})`;
}

function day(at: number): string {
  return showTime(at).slice(0, 10);
}

/** Pixels. */
const LANE = 18;
const AXIS = 20;

/**
 * One token and those that it replaces, a lane for each, on one scale. Positions are in percent of the width, so that marks
 * keep their size on every screen. The text beside it says the same, so screen readers skip it.
 */
function track(lives: readonly Life[], scale: Scale, now: number): Markup {
  const height = lives.length * LANE;
  const lanes = lives.map((life, index) => lane(life, index * LANE + LANE / 2, scale, now));
  return html`<svg class="track" height="${height}" aria-hidden="true">${gridLines(scale, height)}${lanes}</svg>`;
}

function lane({ begins, end, at }: Life, y: number, scale: Scale, now: number): Markup {
  const from = scale.position(now);
  const to = at === undefined ? 100 : scale.position(at);
  const life = html`<line class="life" x1="${from}%" x2="${to}%" y1="${y}" y2="${y}"/>`;
  return html`${life}${begins ? placed('begins', from, y) : NOTHING}${placed(end, to, y)}`;
}

/** A mark of the legend, at a position in percent of the width. */
function placed(mark: Mark, percent: number, y: number): Markup {
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

function gridLines({ ticks, position: positionOf }: Scale, height: number): Markup[] {
  return ticks.map(({ at }) => {
    const x = positionOf(at);
    return html`<line class="grid" x1="${x}%" x2="${x}%" y2="${height}"/>`;
  });
}

/** The labels of the scale. @param words Describe the drawing for screen readers. */
function axis({ ticks, position: positionOf }: Scale, words: string): Markup {
  const labels = ticks.map((tick) => html`<text x="${positionOf(tick.at)}%" y="14">${tick.label}</text>`);
  return html`<svg class="track" height="${AXIS}" role="img" aria-labelledby="axis"><title id="axis">${words}</title>${labels}</svg>`;
}

/** The marks that are used and their meaning. The lanes refer to these drawings. */
function legend(shown: readonly TokenLifetimes[]): Markup {
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
  const words = `${counted(times.length, 'change')} of ${counted(all.length, 'token')} until ${day(last)}; at most ${most} within ${describeSpan(stretch / 1000)}, from ${day(busiest)}.`;
  const bars = counts.map((count, index) => bar(count, index, most));
  const labels = scale.ticks.map(
    ({ at, label }) => html`<text x="${scale.position(at)}%" y="${BAR_HEIGHT + BAR_AXIS}">${label}</text>`,
  );
  return html`<svg class="track" height="${BAR_HEIGHT + BAR_AXIS}" role="img" aria-labelledby="changes-by-time"><title id="changes-by-time">How many tokens change when</title>${gridLines(scale, BAR_HEIGHT)}${bars}${labels}</svg>
<p class="quiet">${words}</p>
`;
}

function bar(count: number, index: number, most: number): Markup {
  if (count === 0) return NOTHING;
  const height = Math.max(LEAST_HEIGHT, Math.round((count / most) * BAR_HEIGHT));
  const width = 100 / BARS;
  const [x, wide] = [index * width, width * 0.8].map((percent) => `${percent.toFixed(1)}%`);
  return html`<rect class="many" x="${x ?? ''}" width="${wide ?? ''}" y="${BAR_HEIGHT - height}" height="${height}"/>`;
}

/** Distances between labels; more than four labels do not fit on a phone. */
const STEPS: readonly Seconds[] = [HOUR, 3 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY];
const TICKS = 4;

/** A time as a position on a drawing. */
export interface Scale {
  /** 0 to 100, in percent of the width. */
  readonly position: (at: number) => number;
  /** The labels under the drawing. */
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** A scale from now to the latest time, at least an hour. All times are in milliseconds since 1970. */
export function scaleTo(times: readonly number[], now: number): Scale {
  const span = Math.max(HOUR * 1000, times.reduce((last, time) => Math.max(last, time), now) - now);
  const step = STEPS.find((each) => span / 1000 / each <= TICKS) ?? longStep(span / 1000);
  const ticks = Array.from({ length: Math.floor(span / 1000 / step) }, (_, index) => {
    const seconds = (index + 1) * step;
    return { at: now + seconds * 1000, label: `+${formatDuration(seconds)}` };
  });
  const position = (at: number) => Math.round(Math.min(1, Math.max(0, (at - now) / span)) * 1000) / 10;
  return { position, ticks: [{ at: now, label: 'now' }, ...ticks] };
}

/** A year, or a longer span in whole days. */
function longStep(span: Seconds): Seconds {
  return Math.max(365 * DAY, Math.ceil(span / TICKS / DAY) * DAY);
}

/** How a token's life ends. */
export type End = NextChange['change'] | 'never expires';

/** The life of one live token from now on. */
export interface Life {
  /** Its name at MotherDuck. */
  readonly name: string;
  /** The plan creates it. */
  readonly begins: boolean;
  readonly end: End;
  /** Milliseconds since 1970; absent when it never ends. */
  readonly at?: number;
}

/** The tokens of one key of the configuration: the current one, and those that it replaces. */
export interface TokenLifetimes {
  readonly account: string;
  readonly token: string;
  readonly lives: readonly Life[];
  /** The time of the first change: now, for an action of the plan. */
  readonly soonest: number;
}

/** The tokens that the plan changes or that change later, soonest first. */
export function tokenLifetimes({ actions, next, at }: Plan): TokenLifetimes[] {
  const now = Date.parse(at);
  const found = [
    ...actions.flatMap((action) => changesOf(action, now)),
    ...next.map(({ account, token, name, change, at: when }) => {
      const life: Life = { name, begins: false, end: change, at: Date.parse(when) };
      return { account, token, life, soonest: Math.max(now, Date.parse(when)) };
    }),
  ];
  const groups = new Map<string, TokenLifetimes & { lives: Life[] }>();
  for (const { account, token, life, soonest } of found) {
    const key = JSON.stringify([account, token]);
    const group = groups.get(key);
    const lives = [...(group?.lives ?? []), life];
    groups.set(key, { account, token, lives, soonest: Math.min(soonest, group?.soonest ?? soonest) });
  }
  return [...groups.values()].sort((a, b) => a.soonest - b.soonest);
}

interface Found {
  readonly account: string;
  readonly token: string;
  readonly life: Life;
  readonly soonest: number;
}

function changesOf(action: Action, now: number): Found[] {
  const found = (token: string, life: Life): Found => ({ account: action.account, token, life, soonest: now });
  switch (action.action) {
    case 'create_token':
      return [found(action.token, made(action.after, now))];
    case 'rotate_token':
      return [
        found(
          action.token,
          replaced(
            action.before,
            action.after.keeps_old ? Number.POSITIVE_INFINITY : now + action.after.overlap * 1000,
          ),
        ),
        found(action.token, made(action.after, now)),
      ];
    case 'revoke_token':
      return [found(action.token ?? action.before.name, revoked(action.before, now))];
    case 'delete_account':
      return action.before.tokens.map((token) => found(token.name, revoked(token, now)));
    default:
      // Adopting and forgetting change no token; later changes of an adopted one are in `next`.
      return [];
  }
}

function made({ name, ttl }: PlannedToken, now: number): Life {
  return ttl === null
    ? { name, begins: true, end: 'never expires' }
    : { name, begins: true, end: 'expires', at: now + ttl * 1000 };
}

/** Ends with its overlap or with its expiry, whichever comes first. */
function replaced({ name, expires_at }: ShownToken, overlapEnds: number): Life {
  const expires = expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(expires_at);
  if (overlapEnds === Number.POSITIVE_INFINITY && expires === overlapEnds)
    return { name, begins: false, end: 'never expires' };
  return expires <= overlapEnds
    ? { name, begins: false, end: 'expires', at: expires }
    : { name, begins: false, end: 'is revoked', at: overlapEnds };
}

function revoked({ name }: ShownToken, now: number): Life {
  return { name, begins: false, end: 'is revoked', at: now };
}
