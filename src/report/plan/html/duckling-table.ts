/** The Ducklings before and after, whether they grow or shrink, and what they can cost. */
import type { ComputeCeiling, SetDucklings } from '../../../model/action.ts';
import { groupBy } from '../../../model/collections.ts';
import { SIZES, type Size } from '../../../model/ducklings.ts';
import type { Plan } from '../../../model/plan.ts';
import { formatDuration, type Seconds } from '../../../model/time.ts';
import { counted } from '../../../model/wording.ts';
import { type ChangeKind, EMPTY_MARKUP, html, type Markup, tag } from '../../page/markup.ts';
import { ALL_DUCKLINGS, ceilingText, isTold } from '../ceiling.ts';
import { DEFAULTS } from '../duckling-text.ts';
import { rangesOf } from './account-names.ts';

const DIRECTIONS = {
  new: ['create', '+ new'],
  up: ['change', '▲ up'],
  down: ['adopt', '▼ down'],
  changed: ['change', '~ changed'],
} as const satisfies Record<Exclude<Direction, 'same'>, readonly [ChangeKind, string]>;

/** The table; undefined when no Ducklings change. */
export function ducklingTable({ actions, compute }: Plan): Markup | undefined {
  const changes = actions.filter((action) => action.action === 'set_ducklings');
  if (changes.length === 0) return undefined;
  const isPriced = compute !== undefined;
  const hasCooldowns = changes.some((change) => cooldowns(change).text !== '');
  const parts = [...['Account', 'Read/write', 'Read scaling pool'], ...(hasCooldowns ? ['Cooldowns'] : [])];
  const titles = [...parts, ...(isPriced ? ['Cost'] : [])];
  return html`<table>
<thead><tr>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>
${alike(changes).map((same) => html`${row(same, isPriced, hasCooldowns)}\n`)}</tbody>
${isTold(compute) ? total(compute, parts.length) : EMPTY_MARKUP}</table>`;
}

/** Accounts with the same Ducklings before and after, in the order of the first of each. */
function alike(changes: readonly SetDucklings[]): SetDucklings[][] {
  return [...groupBy(changes, ({ before, after, compute }) => JSON.stringify([before, after, compute])).values()];
}

function row(same: readonly SetDucklings[], isPriced: boolean, hasCooldowns: boolean): Markup {
  const [change] = same;
  if (change === undefined) return EMPTY_MARKUP;
  const { account, before, after, compute } = change;
  const isOne = same.length === 1;
  const cells: readonly (readonly [string, Markup])[] = [
    ['Read/write', becomes(before?.read_write, after.read_write, DEFAULTS.read_write)],
    ['Pool', becomes(before?.read_scaling, after.read_scaling, DEFAULTS.read_scaling)],
    ...(hasCooldowns ? [['Cooldowns', cooldowns(change)] as const] : []),
    ...(isPriced ? [['Cost', html`${ceiling(compute)}${isOne ? EMPTY_MARKUP : ', each'}`] as const] : []),
  ];
  const names = same.map((one) => one.account);
  const who = isOne ? html`${account}` : html`${counted(same.length, 'account')}<p>${rangesOf(names)}</p>`;
  return html`<tr><th scope="row">${who}</th>${cells.map(cell)}</tr>`;
}

/** On a phone a row is a block, and each cell has a label. */
function cell([title, content]: readonly [string, Markup]): Markup {
  return content.text === '' ? html`<td></td>` : html`<td data-is="${title}"><div>${content}</div></td>`;
}

function becomes(before: DucklingCompute | undefined, after: DucklingCompute, left: string): Markup {
  const direction = directionOf(before, after);
  const now = sayCompute(after) || left;
  if (direction === 'same') return html`<span class="quiet">${now}</span>`;
  const [kind, word] = DIRECTIONS[direction];
  const was = before === undefined ? EMPTY_MARKUP : html`${sayCompute(before)} → `;
  return html`${was}<b>${now}</b> ${tag(kind, word)}`;
}

interface Cooling {
  readonly cooldown?: Seconds;
}

function cooldowns({ before, after }: SetDucklings): Markup {
  return html`${cooldown('read/write', before?.read_write, after.read_write)}${cooldown('pool', before?.read_scaling, after.read_scaling)}`;
}

/** A setting that is not given stays as it is. */
function cooldown(of: string, before: Cooling | undefined, after: Cooling): Markup {
  const [was, is] = [before?.cooldown, after.cooldown].map((one) => (one === undefined ? 'none' : formatDuration(one)));
  if (before === undefined)
    return after.cooldown === undefined ? EMPTY_MARKUP : html`<div>${of} <b>${is ?? ''}</b></div>`;
  if (was === is) return was === 'none' ? EMPTY_MARKUP : html`<div class="quiet">${of} ${is ?? ''}</div>`;
  return html`<div>${of} ${was ?? ''} → <b>${is ?? ''}</b></div>`;
}

function ceiling(compute: ComputeCeiling | undefined): Markup {
  return compute === undefined ? EMPTY_MARKUP : html`<span class="number">${ceilingText(compute, '→')}</span>`;
}

function total(compute: ComputeCeiling, columns: number): Markup {
  return html`<tfoot><tr><th scope="row" colspan="${columns}">${ALL_DUCKLINGS}</th>${cell(['Cost', ceiling(compute)])}</tr></tfoot>
`;
}

/** One kind of Duckling of an account, live or desired; an absent setting is not known or stays as it is. */
interface DucklingCompute {
  readonly size?: Size;
  readonly pool_size?: number;
}

/** `changed`: larger and fewer, or smaller and more. */
type Direction = 'new' | 'up' | 'down' | 'changed' | 'same';

function directionOf(before: DucklingCompute | undefined, after: DucklingCompute): Direction {
  if (before === undefined) return after.size === undefined && after.pool_size === undefined ? 'same' : 'new';
  const steps = [step(rank(before.size), rank(after.size)), step(before.pool_size, after.pool_size)];
  const [goesUp, goesDown] = [steps.some((by) => by > 0), steps.some((by) => by < 0)];
  if (goesUp && goesDown) return 'changed';
  return goesUp ? 'up' : goesDown ? 'down' : 'same';
}

/** `standard x4`, `standard`, `x4`, or nothing. */
function sayCompute({ size, pool_size }: DucklingCompute): string {
  return [size, pool_size === undefined ? undefined : `x${pool_size}`].filter((part) => part !== undefined).join(' ');
}

function rank(size: Size | undefined): number | undefined {
  return size === undefined ? undefined : SIZES.indexOf(size);
}

function step(before: number | undefined, after: number | undefined): number {
  return before === undefined || after === undefined ? 0 : after - before;
}
