/** When tokens rotate, are revoked and expire: a bar for each week of the next 90 days in which one does. */
import type { Audit, InventoryToken } from '../../../model/audit.ts';
import { DAY_MS, showDay } from '../../../model/time.ts';
import { counted } from '../../../model/wording.ts';
import { EMPTY_MARKUP, html, type Markup } from '../../page/markup.ts';
import { untilText } from '../../plan/wording.ts';

/** A token that changes. */
export interface NextToken {
  /** `etl_prod/airflow` */
  readonly name: string;
  readonly change: Change;
  /** Milliseconds since 1970. */
  readonly at: number;
}

type Change = NonNullable<InventoryToken['next']>['change'];

/** The key of a token in use; the name at MotherDuck of any other. */
export function inventoryTokenName({ role, key, name }: InventoryToken): string {
  return role === 'current' ? (key ?? name) : name;
}

/** How far the page looks ahead. */
export const DAYS_AHEAD = 90;

/** Whether it is soon enough for the drawing. */
export function isSoon({ at }: NextToken, now: number): boolean {
  return at <= now + DAYS_AHEAD * DAY_MS;
}

/** The tokens that change, soonest first. */
export function nextTokens({ inventory }: Audit): NextToken[] {
  return inventory.accounts
    .flatMap(({ account, tokens }) =>
      tokens.flatMap((token) => {
        const { next } = token;
        return next === null
          ? []
          : [{ name: `${account}/${inventoryTokenName(token)}`, change: next.change, at: Date.parse(next.at) }];
      }),
    )
    .sort((a, b) => a.at - b.at);
}

/** `etl_prod/airflow rotates 2027-02-08 (in 76 days)` */
export function nextText({ name, change, at }: NextToken, now: number): Markup {
  const when = at <= now ? 'with the next apply' : `${showDay(at)} (${untilText(at, now)})`;
  return html`<bdi>${name}</bdi> ${change} ${when}`;
}

/** The sign of each change and its part of a bar, which is hollow, full or thin; text beside the bar says the same. */
const CHANGES = {
  expires: { sign: '□', verb: ['expires', 'expire'], look: 'ends', height: 10 },
  rotates: { sign: '■', verb: ['rotates', 'rotate'], look: 'rotates', height: 10 },
  'is revoked': { sign: '▬', verb: ['is revoked', 'are revoked'], look: 'expires', height: 4 },
} as const satisfies Record<Change, unknown>;
const KINDS = Object.keys(CHANGES) as Change[];

const WEEK_MS = 7 * DAY_MS;
const WEEKS = Math.ceil(DAYS_AHEAD / 7);
const TOKENS_NAMED = 3;

/** The section; nothing when there is no token. @param all Those that change, soonest first. */
export function expiry(audit: Audit, all: readonly NextToken[]): Markup {
  const tokens = audit.inventory.accounts.flatMap((account) => account.tokens);
  if (tokens.length === 0) return EMPTY_MARKUP;
  const now = Date.parse(audit.at);
  const soon = all.filter((token) => isSoon(token, now));
  const weeks = Array.from({ length: WEEKS }, (_, week): NextToken[] =>
    soon.filter(({ at }) => Math.max(0, Math.floor((at - now) / WEEK_MS)) === week),
  );
  const later = all.slice(soon.length);
  const most = Math.max(1, ...weeks.map(({ length }) => length));
  const rows = stretches(weeks).map(({ changing, first, last }) => {
    const end = Math.min(now + (last + 1) * WEEK_MS - DAY_MS, now + DAYS_AHEAD * DAY_MS);
    const title = html`${showDay(now + first * WEEK_MS)} <span class="quiet">to ${showDay(end).slice(5)}</span>`;
    return html`<li><div>${title}</div><div>${changing.length === 0 ? EMPTY_MARKUP : bar(changing, most)}<p class="quiet">${wordsOf(changing, now)}</p></div></li>\n`;
  });
  const rest = tokens.length - all.length;
  const after = [
    ...(later.length === 0 ? [] : [`Later: ${countsOf(later)}.`]),
    ...(rest === 0 ? [] : [`${counted(rest, 'token')} never ${rest === 1 ? 'expires' : 'expire'}.`]),
  ];
  return html`<section id="expiry"><h2>Tokens in the next ${DAYS_AHEAD} days</h2><p class="quiet">A token that rotates is replaced before it expires. What “expires” has nothing that replaces it.</p>
<ol class="weeks">
${rows}</ol>${after.map((text) => html`<p class="quiet">${text}</p>`)}</section>`;
}

function bar(tokens: readonly NextToken[], most: number): Markup {
  let x = 0;
  const parts = KINDS.map((change) => {
    const width = (tokens.filter((token) => token.change === change).length / most) * 100;
    const from = x;
    x += width;
    if (width === 0) return EMPTY_MARKUP;
    const { look, height } = CHANGES[change];
    return html`<rect class="${look}" x="${from.toFixed(1)}%" width="${width.toFixed(1)}%" y="${6 - height / 2}" height="${height}"/>`;
  });
  return html`<svg class="bar" height="12" aria-hidden="true">${parts}</svg>`;
}

/** The weeks, by their numbers; those in which nothing changes that follow each other are one. */
function stretches(weeks: readonly (readonly NextToken[])[]) {
  const found: { readonly changing: readonly NextToken[]; readonly first: number; last: number }[] = [];
  for (const [week, changing] of weeks.entries()) {
    const before = found.at(-1);
    if (changing.length === 0 && before?.changing.length === 0) before.last = week;
    else found.push({ changing, first: week, last: week });
  }
  return found;
}

/** Few tokens are named. */
function wordsOf(tokens: readonly NextToken[], now: number): Markup {
  if (tokens.length === 0) return html`none`;
  if (tokens.length > TOKENS_NAMED) return html`${countsOf(tokens)}`;
  return html`${tokens.map(
    ({ name, change, at }, index) =>
      html`${index === 0 ? '' : ', '}${CHANGES[change].sign} <bdi>${name}</bdi> ${change} ${at <= now ? 'with the next apply' : showDay(at).slice(5)}`,
  )}`;
}

/** `□ 3 expire, ■ 12 rotate` */
function countsOf(tokens: readonly NextToken[]): string {
  return KINDS.flatMap((change) => {
    const count = tokens.filter((token) => token.change === change).length;
    const { sign, verb } = CHANGES[change];
    return count === 0 ? [] : [`${sign} ${count} ${verb[count === 1 ? 0 : 1]}`];
  }).join(', ');
}
