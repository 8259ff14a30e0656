/** What Ducklings cost at most, an hour and a month, before and after a plan. */
import type { ComputeCeiling } from '../../model/plan.ts';

const HOURS_A_MONTH = 730;

/** `12.00 -> 14.40 USD an hour, 8760.00 -> 10512.00 USD a month (+20%)`; what does not change stands once. */
export function ceilingText(compute: ComputeCeiling, arrow = '->'): string {
  const unit = compute.currency === undefined ? '' : ` ${compute.currency}`;
  const change = ({ before, after }: ComputeCeiling) =>
    before === after ? price(after) : `${price(before)} ${arrow} ${price(after)}`;
  const percent = percentOf(compute);
  const difference = percent === null || percent === 0 ? '' : ` (${percent > 0 ? '+' : ''}${percent}%)`;
  return `${change(compute)}${unit} an hour, ${change(monthly(compute))}${unit} a month${difference}`;
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

function price(value: number | null): string {
  return value === null ? 'unknown' : value.toFixed(2);
}
