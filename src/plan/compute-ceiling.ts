/** The maximum cost of Ducklings per hour, by the rates in the configuration, or why it is not known. */
import type { ComputeCeiling, UnknownPrice } from '../model/action.ts';
import { defined } from '../model/defined.ts';
import type { Desired, DesiredAccount } from '../model/desired.ts';
import { type DesiredDucklings, type Ducklings, type Size, sizeFacts } from '../model/ducklings.ts';
import type { LiveAccount } from '../model/live.ts';
import { mergeDucklings } from './ducklings.ts';

/** The price of an hour by size. */
type Rates = ReadonlyMap<Size, number>;
type Price = number | UnknownPrice;
type Prices = Pick<Desired, 'computeRates' | 'currency'>;

const NOT_SET: DesiredDucklings = { read_write: {}, read_scaling: {} };
const NOT_READ: UnknownPrice = { why: 'not_read' };
/** What a new account has, where the configuration leaves it out. */
const DEFAULT: UnknownPrice = { why: 'default' };

/** The price of an hour with every Duckling of the account running, by the user's rates; null when a part is unknown. */
export function hourlyCeiling(ducklings: Ducklings, rates: Rates): number | null {
  return numberOf(priceOf(ducklings, rates, NOT_READ));
}

/** The prices of an hour before and after a change, in the currency of the configuration; absent without rates. @param before undefined: the account is new */
export function computeOfChange(
  desired: Prices,
  before: Ducklings | undefined,
  after: DesiredDucklings,
): { compute?: ComputeCeiling } {
  const { computeRates: rates } = desired;
  if (rates === undefined) return {};
  const was = before === undefined ? 0 : priceOf(before, rates, NOT_READ);
  return { compute: { ...ceiling(was, priceOf(after, rates, DEFAULT)), ...currencyOf(desired) } };
}

/** What an account of the configuration can cost. */
export function computeOfDesired(
  desired: DesiredAccount,
  live: LiveAccount | undefined,
  prices: Prices,
): { compute?: ComputeCeiling } {
  const { computeRates: rates } = prices;
  if (rates === undefined) return {};
  // Ducklings that could not be read are left as they are.
  if (live?.unreadableDucklings !== undefined) return { compute: configuredCeiling(prices, desired) };
  const { ducklings, suspended } = desired;
  const before = live === undefined ? 0 : priceOf(live.ducklings, rates, NOT_READ);
  const after = live?.ducklings
    ? mergeDucklings(ducklings ?? NOT_SET, live.ducklings)
    : (ducklings ?? suspended?.ducklings);
  return { compute: ceiling(before, priceOf(after, rates, live === undefined ? DEFAULT : NOT_READ)) };
}

/** What an account that left the configuration can cost. @param after The price of an hour afterwards, where it changes. */
export function computeOfRemoved(
  live: LiveAccount,
  { computeRates: rates }: Prices,
  after?: number,
): { compute?: ComputeCeiling } {
  if (rates === undefined) return {};
  const before = priceOf(live.ducklings, rates, NOT_READ);
  return { compute: ceiling(before, after ?? before) };
}

/** What an account can cost by the configuration alone, for one that was not read. */
export function configuredCeiling(
  { computeRates: rates }: Prices,
  account: DesiredAccount | undefined,
): ComputeCeiling {
  const price = rates ? priceOf(account?.ducklings ?? account?.suspended?.ducklings, rates, NOT_READ) : NOT_READ;
  return ceiling(price, price);
}

/** The same where nothing is changed. */
export function unchangedCeiling({ unknown, ...compute }: ComputeCeiling): ComputeCeiling {
  const { before } = compute;
  return { ...compute, after: before, ...(before === null && unknown ? { unknown } : {}) };
}

/** Adds the ceilings of accounts, by name; an unknown part makes the sum unknown. */
export function sumCeilings(parts: Iterable<readonly [account: string, ComputeCeiling]>): ComputeCeiling {
  const all = [...parts];
  const add = (of: 'before' | 'after') =>
    all.reduce<number | null>((sum, [, part]) => {
      const value = part[of];
      return sum === null || value === null ? null : round(sum + value);
    }, 0);
  const unknown = new Map<string, { readonly reason: UnknownPrice; readonly accounts: string[] }>();
  for (const [account, part] of all) {
    for (const reason of part.unknown ?? []) {
      const known = unknown.get(JSON.stringify(reason));
      if (known) known.accounts.push(account);
      else unknown.set(JSON.stringify(reason), { reason, accounts: [account] });
    }
  }
  const reasons = [...unknown.values()].map(({ reason, accounts }) => ({ ...reason, accounts }));
  return { before: add('before'), after: add('after'), ...(reasons.length === 0 ? {} : { unknown: reasons }) };
}

/** The currency of the configuration, where it has one. */
export function currencyOf({ currency }: Pick<Desired, 'currency'>): Pick<ComputeCeiling, 'currency'> {
  return defined({ currency });
}

function ceiling(before: Price, after: Price): ComputeCeiling {
  const reasons = new Map(
    [before, after].flatMap((price) => (typeof price === 'number' ? [] : [[JSON.stringify(price), price]])),
  );
  const unknown = [...reasons.values()];
  return { before: numberOf(before), after: numberOf(after), ...(unknown.length === 0 ? {} : { unknown }) };
}

/** @param missing Why a setting that is not there is not known. */
function priceOf(ducklings: DesiredDucklings | undefined, rates: Rates, missing: UnknownPrice): Price {
  const { read_write, read_scaling } = ducklings ?? NOT_SET;
  const { pool_size: count } = read_scaling;
  const single = rateOf(read_write.size, rates, missing);
  const pool = count === 0 ? 0 : rateOf(read_scaling.size, rates, missing);
  if (typeof single !== 'number') return single;
  if (typeof pool !== 'number') return pool;
  return count === undefined ? missing : round(single + pool * count);
}

/** A size that is billed by use counts as 0 without a rate; `validate` warns about it. */
function rateOf(size: Size | undefined, rates: Rates, missing: UnknownPrice): Price {
  if (size === undefined) return missing;
  return rates.get(size) ?? (sizeFacts(size).hourly ? { why: 'no_rate', size } : 0);
}

function numberOf(price: Price): number | null {
  return typeof price === 'number' ? price : null;
}

/** To a hundredth of a cent, so that sums of decimals have no rounding errors. */
function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
