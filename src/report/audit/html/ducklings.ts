/** The largest Ducklings that can run, as a bar for each account or for several with the same values, the largest first. */
import type { Inventory, InventoryAccount } from '../../../model/audit.ts';
import { counted, priceText } from '../../../model/wording.ts';
import { EMPTY_MARKUP, html, type Markup } from '../../page/markup.ts';

type LiveDucklings = InventoryAccount['ducklings'];

/** Bars beyond these are counted. */
const SHOWN = 20;

/** How many Ducklings can run at once. */
export function ducklingsOf(ducklings: LiveDucklings): number {
  return ducklings === null ? 0 : 1 + ducklings.read_scaling.pool_size;
}

/** `standard, pool of 4 pulse` */
export function sizesText(ducklings: LiveDucklings): string {
  if (ducklings === null) return 'unknown';
  const { read_write, read_scaling } = ducklings;
  const pool = read_scaling.pool_size === 0 ? 'no pool' : `pool of ${read_scaling.pool_size} ${read_scaling.size}`;
  return `${read_write.size}, ${pool}`;
}

/** `12.50 USD an hour` is written as `12.50 USD`; undefined without rates. */
export function accountCeiling({ ceiling }: InventoryAccount, { currency }: Inventory): string | undefined {
  if (ceiling === undefined) return undefined;
  return priceText(ceiling, currency);
}

/** Of all accounts whose ceiling is known; undefined without rates. */
export function totalCeiling({ accounts, currency }: Inventory): string | undefined {
  const known = accounts.flatMap(({ ceiling }) => ceiling ?? []);
  if (accounts.every(({ ceiling }) => ceiling === undefined)) return undefined;
  const total = known.reduce((sum, ceiling) => sum + ceiling, 0);
  return known.length < accounts.length ? 'unknown' : priceText(total, currency);
}

/** Accounts with the same Ducklings. */
interface Group {
  readonly names: readonly string[];
  readonly one: InventoryAccount;
}

/** Each account; of more than are drawn, those with the same Ducklings together. */
function groupsOf(accounts: readonly InventoryAccount[]): Group[] {
  if (accounts.length <= SHOWN) return accounts.map((one) => ({ names: [one.account], one }));
  const groups = new Map<string, { names: string[]; one: InventoryAccount }>();
  for (const one of accounts) {
    const key = sizesText(one.ducklings);
    const group = groups.get(key);
    if (group) group.names.push(one.account);
    else groups.set(key, { names: [one.account], one });
  }
  return [...groups.values()];
}

/** The section; nothing when no Ducklings were read. */
export function ducklingBars(inventory: Inventory): Markup {
  const all = inventory.accounts.filter(({ ducklings }) => ducklings !== null);
  if (all.length === 0) return EMPTY_MARKUP;
  const isPriced = all.some(({ ceiling }) => typeof ceiling === 'number');
  const sizeOf = ({ names, one }: Group) => names.length * (isPriced ? (one.ceiling ?? 0) : ducklingsOf(one.ducklings));
  const groups = groupsOf(all).sort((a, b) => sizeOf(b) - sizeOf(a));
  const shown = groups.slice(0, SHOWN);
  const most = sizeOf(groups[0] as Group) || 1;
  const rows = shown.map((group) => {
    const percent = ((sizeOf(group) / most) * 100).toFixed(1);
    const drawing = html`<svg class="bar" height="12" aria-hidden="true"><rect class="many" x="0" width="${percent}%" y="1" height="10"/></svg>`;
    return html`<li><div>${nameOfGroup(group)}</div><div>${drawing}<p class="quiet">${wordsOf(group, inventory)}</p></div></li>\n`;
  });
  const left = groups.slice(SHOWN).reduce((sum, { names }) => sum + names.length, 0);
  const more = `${counted(left, 'account')} with less ${left === 1 ? 'is' : 'are'} not shown here; the table of accounts has all.`;
  const unread = inventory.accounts.length - all.length;
  const about = isPriced
    ? 'What an account costs an hour while all of its Ducklings run; it cannot cost more.'
    : 'How many Ducklings of an account can run at once. Prices need “compute_rates” in the configuration.';
  const together = groups.length < all.length ? ' Accounts with the same Ducklings are one bar.' : '';
  return html`<section id="ducklings"><h2>${isPriced ? 'Ducklings and their highest cost by account' : 'Ducklings by account'}</h2><p class="quiet">${about}${together}</p>
<ol class="weeks">
${rows}</ol>${left === 0 ? EMPTY_MARKUP : html`<p class="quiet">${more}</p>`}${unread === 0 ? EMPTY_MARKUP : html`<p class="quiet">The Ducklings of ${counted(unread, 'account')} are not known.</p>`}</section>`;
}

function nameOfGroup({ names }: Group): Markup {
  const [first = ''] = names;
  if (names.length === 1) return html`<bdi>${first}</bdi>`;
  return html`${names.length} accounts <span class="quiet"><bdi>${first}</bdi> … <bdi>${names.at(-1) ?? ''}</bdi></span>`;
}

/** `jumbo, pool of 4 standard: 5 Ducklings, at most 14.40 USD an hour`; of several accounts what each has and all can cost. */
function wordsOf({ names, one }: Group, inventory: Inventory): string {
  const each = names.length === 1 ? '' : ' each';
  const has = `${sizesText(one.ducklings)}: ${counted(ducklingsOf(one.ducklings), 'Duckling')}${each}`;
  const priced = accountCeiling(one, inventory);
  if (priced === undefined) return has;
  const total =
    names.length === 1 || typeof one.ceiling !== 'number'
      ? ''
      : `, ${priceText(one.ceiling * names.length, inventory.currency)} together`;
  return `${has}, at most ${priced} an hour${each}${total}`;
}
