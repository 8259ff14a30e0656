/** Ducklings: the desired ones merged with the live ones, what that changes, and what they can cost an hour at most. */
import type { ComputeCeiling, Risk } from '../model/action.ts';
import type { Desired } from '../model/desired.ts';
import { type DesiredDucklings, type Ducklings, type Size, sizeFacts } from '../model/ducklings.ts';
import { formatDuration } from '../model/time.ts';
import { TOKEN_TYPES } from '../model/tokens.ts';

type Kind = keyof Ducklings;
/** The price of an hour by size. */
export type Rates = ReadonlyMap<Size, number>;

/**
 * The whole that is sent to MotherDuck, which takes both parts or nothing: what the configuration leaves out stays
 * as it is live. A live cooldown is sent again, since leaving it out would set MotherDuck's default, and is dropped
 * for a size that takes none.
 */
export function mergeDucklings(desired: DesiredDucklings, live: Ducklings): Ducklings {
  return {
    read_write: mergeSize(desired.read_write, live.read_write),
    read_scaling: {
      ...mergeSize(desired.read_scaling, live.read_scaling),
      pool_size: desired.read_scaling.pool_size ?? live.read_scaling.pool_size,
    },
  };
}

function mergeSize(desired: DesiredDucklings[Kind], live: Ducklings[Kind]): Ducklings['read_write'] {
  const size = desired.size ?? live.size;
  // MotherDuck may report the fixed cooldown of a size that takes none (1 s on Pulse), which no other size takes.
  const kept = sizeFacts(live.size).cooldown.settable ? live.cooldown : undefined;
  const cooldown = !sizeFacts(size).cooldown.settable ? undefined : (desired.cooldown ?? kept);
  return cooldown === undefined ? { size } : { size, cooldown };
}

/** How the live Ducklings differ from the desired ones, a phrase per difference; empty when they match. */
export function ducklingChanges(desired: DesiredDucklings, live: Ducklings): string[] {
  const changes: string[] = [];
  const merged = mergeDucklings(desired, live);
  if (merged.read_write.size !== live.read_write.size) {
    changes.push(`read/write size ${live.read_write.size} -> ${merged.read_write.size}`);
  }
  if (
    merged.read_scaling.size !== live.read_scaling.size ||
    merged.read_scaling.pool_size !== live.read_scaling.pool_size
  ) {
    changes.push(`read scaling pool ${showPool(live.read_scaling)} -> ${showPool(merged.read_scaling)}`);
  }
  for (const kind of TOKEN_TYPES) {
    const cooldown = desired[kind].cooldown;
    if (cooldown === undefined || cooldown === live[kind].cooldown || !sizeFacts(merged[kind].size).cooldown.settable)
      continue;
    changes.push(
      `${kind === 'read_write' ? 'read/write' : 'read scaling'} cooldown ${showCooldown(live[kind].cooldown)} -> ${formatDuration(cooldown)}`,
    );
  }
  return changes;
}

/** A change of size restarts Ducklings; a larger pool or another cooldown does not touch running queries. */
export function ducklingRisk(desired: DesiredDucklings, live: Ducklings): Risk {
  const merged = mergeDucklings(desired, live);
  const sameSizes =
    merged.read_write.size === live.read_write.size && merged.read_scaling.size === live.read_scaling.size;
  return sameSizes && merged.read_scaling.pool_size >= live.read_scaling.pool_size ? 'safe' : 'disruptive';
}

/** The price of an hour with every Duckling of the account running, by the user's rates; null when a part is unknown. */
export function hourlyCeiling(ducklings: DesiredDucklings | Ducklings, rates: Rates): number | null {
  const { read_write, read_scaling } = ducklings;
  const pool = read_scaling.pool_size === 0 ? 0 : priceOf(read_scaling.size, rates);
  const single = priceOf(read_write.size, rates);
  if (single === null || pool === null || read_scaling.pool_size === undefined) return null;
  return round(single + pool * read_scaling.pool_size);
}

/** The prices of an hour before and after a change, in the currency of the configuration; absent without rates. @param before undefined: the account is new */
export function computeOfChange(
  desired: Pick<Desired, 'computeRates' | 'currency'>,
  before: Ducklings | undefined,
  after: DesiredDucklings,
): { compute?: ComputeCeiling } {
  const { computeRates: rates } = desired;
  if (rates === undefined) return {};
  const was = before === undefined ? 0 : hourlyCeiling(before, rates);
  return { compute: { before: was, after: hourlyCeiling(after, rates), ...currencyOf(desired) } };
}

export function currencyOf({ currency }: Pick<Desired, 'currency'>): Pick<ComputeCeiling, 'currency'> {
  return currency === undefined ? {} : { currency };
}

/** A size that is billed by use counts as 0 without a rate; `validate` warns about it. */
function priceOf(size: Size | undefined, rates: Rates): number | null {
  if (size === undefined) return null;
  return rates.get(size) ?? (sizeFacts(size).hourly ? null : 0);
}

/** Adds ceilings; an unknown part makes the sum unknown. */
export function sumCeilings(parts: readonly ComputeCeiling[]): ComputeCeiling {
  const add = (of: 'before' | 'after') =>
    parts.reduce<number | null>((sum, part) => {
      const value = part[of];
      return sum === null || value === null ? null : round(sum + value);
    }, 0);
  return { before: add('before'), after: add('after') };
}

/** To a hundredth of a cent, so that sums of decimals have no rounding errors. */
function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

function showPool(pool: { size: Size; pool_size: number }): string {
  return `${pool.size} x${pool.pool_size}`;
}

function showCooldown(seconds: number | undefined): string {
  return seconds === undefined ? 'none' : formatDuration(seconds);
}
