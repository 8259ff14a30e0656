/** The table of accounts. It is complete without the script, which lets it sort and filter. */
import type { AccountUsage, Audit, InventoryAccount } from '../../../model/audit.ts';
import { SIZES } from '../../../model/ducklings.ts';
import { showDay } from '../../../model/time.ts';
import { EMPTY_MARKUP, html, isolated, type Markup } from '../../page/markup.ts';
import { SEVERITIES } from '../findings.ts';
import { computeText, storedText, usageTitle, usageUnknowns } from '../usage.ts';
import { accountCeiling, sizesText } from './ducklings.ts';
import { inventoryTokenName } from './expiry.ts';

const TOKENS_SHOWN = 3;
/** A table of more accounts is folded, so that what follows it is found. */
const OPEN = 100;

/** The section; nothing when there is no account. */
export function inventoryTable(audit: Audit): Markup {
  const { inventory, usage } = audit;
  const { accounts } = inventory;
  if (accounts.length === 0) return EMPTY_MARKUP;
  const isPriced = accounts.some(({ ceiling }) => ceiling !== undefined);
  const hasQueries = accounts.some(({ last_query }) => last_query !== undefined);
  const used = new Map(usage?.accounts.map((one) => [one.account, one]));
  const titles = [
    ...[
      'Account',
      'Tokens',
      'Next change',
      isPriced ? 'Ducklings, highest cost an hour' : 'Ducklings',
      'Last verified',
    ],
    ...(hasQueries ? ['Last query'] : []),
    ...(usage ? [`Used in ${usage.days} days`] : []),
  ];
  const found = findingsByAccount(audit);
  const now = Date.parse(audit.at);
  const rows = accounts.map((account) => {
    const cells = [
      tokensCell(account),
      nextCell(account, now),
      html`<td data-sort="${sizeRank(account)}">${sizesText(account.ducklings)}${isPriced ? html`; ${accountCeiling(account, inventory) ?? 'unknown'}` : EMPTY_MARKUP}</td>`,
      html`<td>${account.last_verified === null ? 'never' : showDay(Date.parse(account.last_verified))}</td>`,
      ...(hasQueries ? [html`<td data-is="Last query">${lastQuery(account)}</td>`] : []),
      ...(usage ? [html`<td data-is="Used">${usedCell(used.get(account.account))}</td>`] : []),
    ];
    return html`<tr><th scope="row">${isolated(account.account)}${remarks(account, found.get(account.account))}</th>${cells}</tr>\n`;
  });
  const unknowns = usage === undefined ? [] : usageUnknowns(usage).map((text) => html`<p>${text}</p>`);
  const about = usage === undefined ? EMPTY_MARKUP : html`<p class="quiet">${usageTitle(usage)}.</p>`;
  const table = html`${about}<p class="filter" hidden><label>Filter <input type="search" autocomplete="off"></label> <span role="status"></span></p>
<table class="inventory${usage ? ' used' : ''}" aria-labelledby="accounts"><thead><tr>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>
${rows}</tbody></table>`;
  const folded = html`<details><summary>All ${accounts.length} accounts, to sort and to filter</summary>${table}</details>`;
  return html`<section id="inventory"><h2 id="accounts">Accounts</h2>${unknowns}${accounts.length > OPEN ? folded : table}</section>`;
}

const STANDINGS = { configured: [], retained: ['no longer in the configuration'], unmanaged: ['unmanaged'] } as const;

function remarks({ standing, suspended }: InventoryAccount, findings: string | undefined): Markup {
  const words = [...STANDINGS[standing], ...(suspended ? ['suspended'] : []), ...(findings ? [findings] : [])];
  return words.length === 0 ? EMPTY_MARKUP : html` <span class="quiet">${words.join(', ')}</span>`;
}

/** `2 errors, 1 note` by account. */
function findingsByAccount({ findings }: Audit): ReadonlyMap<string, string> {
  const counts = new Map<string, number[]>();
  for (const { account, severity } of findings) {
    if (account === undefined) continue;
    const all = counts.get(account) ?? SEVERITIES.map(() => 0);
    const index = SEVERITIES.indexOf(severity);
    all[index] = (all[index] ?? 0) + 1;
    counts.set(account, all);
  }
  const words = (all: readonly number[]) =>
    all.flatMap((count, index) => (count === 0 ? [] : [`${count} ${SEVERITIES[index]}${count === 1 ? '' : 's'}`]));
  return new Map([...counts].map(([account, all]) => [account, words(all).join(', ')]));
}

function tokensCell({ tokens }: InventoryAccount): Markup {
  const names = tokens
    .slice(0, TOKENS_SHOWN)
    .map((token, index) => html`${index === 0 ? ': ' : ', '}${isolated(inventoryTokenName(token))}`);
  const more = tokens.length > TOKENS_SHOWN ? ` and ${tokens.length - TOKENS_SHOWN} more` : '';
  return html`<td><div>${tokens.length}${names}${more}</div></td>`;
}

/** The first change of the account's tokens. */
function nextCell({ tokens }: InventoryAccount, now: number): Markup {
  const soonest = tokens
    .flatMap(({ next }) => next ?? [])
    .reduce<InventoryAccount['tokens'][number]['next']>(
      (first, next) => (first === null || Date.parse(next.at) < Date.parse(first.at) ? next : first),
      null,
    );
  if (soonest === null) return html`<td>${tokens.length === 0 ? 'no tokens' : 'never expires'}</td>`;
  const { change, at } = soonest;
  const day = showDay(Date.parse(at));
  if (Date.parse(at) > now) return html`<td>${day} ${change}</td>`;
  return html`<td data-sort="${day}">${change} with the next apply</td>`;
}

function lastQuery({ last_query }: InventoryAccount): string {
  return last_query === undefined ? 'unknown' : last_query === null ? 'none recorded' : showDay(Date.parse(last_query));
}

function usedCell(usage: AccountUsage | undefined): string {
  return usage === undefined ? 'unknown' : `${computeText(usage)}; ${storedText(usage)}`;
}

/** Sizes sort by what they are, not by their names. */
function sizeRank({ ducklings, ceiling }: InventoryAccount): string {
  if (typeof ceiling === 'number') return ceiling.toFixed(4).padStart(12, '0');
  if (ducklings === null) return '';
  const { read_write, read_scaling } = ducklings;
  const rank = (size: (typeof SIZES)[number]) => SIZES.indexOf(size);
  const pool = read_scaling.pool_size === 0 ? 0 : (rank(read_scaling.size) + 1) * 100 + read_scaling.pool_size;
  return String(rank(read_write.size) * 1000 + pool);
}
