/** What Ducklings cost at most, an hour and a month, before and after a plan. */
import type { ComputeCeiling } from '../../model/action.ts';
import { priceText } from '../../model/wording.ts';

const HOURS_A_MONTH = 730;

/** `12.00 -> 14.40 USD an hour, 8,760.00 -> 10,512.00 USD a month (+20%)`; what does not change stands once. */
export function ceilingText(compute: ComputeCeiling, arrow = '->'): string {
  const unit = compute.currency === undefined ? '' : ` ${compute.currency}`;
  const change = ({ before, after }: ComputeCeiling) =>
    before === after ? priceText(after) : `${priceText(before)} ${arrow} ${priceText(after)}`;
  const percent = percentOf(compute);
  const difference = percent === null || percent === 0 ? '' : ` (${percent > 0 ? '+' : ''}${percent}%)`;
  return `${change(compute)}${unit} an hour, ${change(monthly(compute))}${unit} a month${difference}`;
}

/** Whether anything is known of what Ducklings cost: of some accounts alone, or of those that a plan deletes, it may not be. */
export function isKnown(compute: ComputeCeiling | undefined): compute is ComputeCeiling {
  return compute !== undefined && (compute.before !== null || compute.after !== null);
}

/** The same for a month of all hours. */
export function monthly({ before, after }: ComputeCeiling): ComputeCeiling {
  const month = (price: number | null) => (price === null ? null : Math.round(price * HOURS_A_MONTH * 100) / 100);
  return { before: month(before), after: month(after) };
}

/** The difference in percent, small ones to a tenth; null where one is unknown, or where nothing was there before. */
export function percentOf({ before, after }: ComputeCeiling): number | null {
  if (before === null || after === null || before === 0) return null;
  const percent = ((after - before) / before) * 100;
  return Math.abs(percent) < 10 ? Math.round(percent * 10) / 10 : Math.round(percent);
}
