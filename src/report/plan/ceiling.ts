/** The maximum cost of Ducklings per hour and month, before and after a plan. */
import type { ComputeCeiling, UnknownPrice } from '../../model/action.ts';
import { few, priceText } from '../../model/wording.ts';
import { KNOWN_DEFAULTS } from './duckling-text.ts';

const HOURS_A_MONTH = 730;

/** What a sum is of: unmanaged accounts cost as well. */
export const ALL_DUCKLINGS = 'All Ducklings of managed accounts at once';

/**
 * `at most 12.00 -> 14.40 USD an hour, 8,760.00 -> 10,512.00 USD a month (+20%)`, or `cost unknown (jumbo has no rate)`; what
 * does not change stands once.
 */
export function ceilingText(compute: ComputeCeiling, arrow = '->'): string {
  const { before, after } = compute;
  if (after === null && !before) return `cost unknown${why(compute)}`;
  const unit = compute.currency === undefined ? '' : ` ${compute.currency}`;
  if (before === null || after === null) {
    const [was, is] = [before, after].map((price) =>
      price === null
        ? `unknown${why(compute)}`
        : `at most ${priceText(price)}${unit} an hour, ${priceText(monthOf(price))}${unit} a month`,
    );
    return `${was} ${arrow} ${is}`;
  }
  const change = (of: (price: number) => number) =>
    before === after ? priceText(of(after)) : `${priceText(of(before))} ${arrow} ${priceText(of(after))}`;
  const percent = percentOf(compute);
  const difference = percent === null || percent === 0 ? '' : ` (${percent > 0 ? '+' : ''}${percent}%)`;
  return `at most ${change((price) => price)}${unit} an hour, ${change(monthOf)}${unit} a month${difference}`;
}

/** Whether there is something to say of a sum: of accounts that were not read alone, as with `--only`, there is not. */
export function isTold(compute: ComputeCeiling | undefined): compute is ComputeCeiling {
  if (compute === undefined) return false;
  const { before, after, unknown = [] } = compute;
  return before !== null || after !== null || unknown.some(({ why }) => why !== 'not_read');
}

/** ` (aaa has MotherDuck's default size or pool)`; without names for the account that it is said of. */
function why({ unknown = [] }: ComputeCeiling): string {
  const reasons = unknown.map(reasonText).filter((text) => text !== '');
  return reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
}

function reasonText(reason: UnknownPrice): string {
  const { accounts } = reason;
  const names = few(accounts ?? []);
  switch (reason.why) {
    case 'default':
      return accounts === undefined
        ? ''
        : `${names} ${accounts.length === 1 ? 'has' : 'have'} MotherDuck's default size or pool: ${KNOWN_DEFAULTS}`;
    case 'not_read':
      return accounts === undefined ? 'its Ducklings were not read' : `the Ducklings of ${names} were not read`;
    case 'no_rate':
      return `compute_rates has no ${reason.size}${accounts === undefined ? '' : `, which ${names} ${accounts.length === 1 ? 'has' : 'have'}`}`;
    default:
      return reason satisfies never;
  }
}

/** The same for a month of all hours. */
export function monthly({ before, after }: ComputeCeiling): ComputeCeiling {
  const month = (price: number | null) => (price === null ? null : monthOf(price));
  return { before: month(before), after: month(after) };
}

function monthOf(price: number): number {
  return Math.round(price * HOURS_A_MONTH * 100) / 100;
}

/** The difference in percent, small ones to a tenth; null where one is unknown, or where nothing was there before. */
export function percentOf({ before, after }: ComputeCeiling): number | null {
  if (before === null || after === null || before === 0) return null;
  const percent = ((after - before) / before) * 100;
  return Math.abs(percent) < 10 ? Math.round(percent * 10) / 10 : Math.round(percent);
}
