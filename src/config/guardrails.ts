import type { AccountLimit } from '../model/desired.ts';
import { SIZES, type Size } from '../model/ducklings.ts';
import type { Seconds } from '../model/time.ts';
import { booleanOf, child, durationOf, itemsOf, type Node, numberOf, textOf } from '../yaml/tree.ts';
import { sizeOf } from './settings.ts';

/** A limit and its node. */
interface Limit<T> {
  readonly value: T;
  readonly node: Node;
}

/** The limits of the main file, each with its location. */
export interface GuardrailLimits {
  readonly maxComputeCeiling?: Limit<number>;
  readonly maxDeletes: AccountLimit;
  readonly maxCreates?: Limit<AccountLimit>;
  readonly maxMissing?: Limit<AccountLimit>;
  readonly maxTokenTtl?: Limit<Seconds>;
  readonly allowNeverExpiring: boolean;
  readonly allowedSizes?: Limit<readonly Size[]>;
  readonly maxPoolSizeTotal?: Limit<number>;
  /** The rates of compute_rates; absent when the file gives none. */
  readonly rates?: ReadonlyMap<Size, number>;
  readonly currency?: string;
}

/** Reads guardrails and compute_rates. Invalid values are skipped: the structure check has reported them. */
export function limitsOf(main: Node): GuardrailLimits {
  const guardrails = child(main, 'guardrails');
  const limit = <T>(name: string, read: (node: Node) => T | undefined): Limit<T> | undefined => {
    const node = child(guardrails, name);
    const value = node === undefined ? undefined : read(node);
    return node === undefined || value === undefined ? undefined : { value, node };
  };
  const optional = {
    maxComputeCeiling: limit('max_compute_ceiling', numberOf),
    maxCreates: limit('max_creates', accountLimitOf),
    maxMissing: limit('max_missing', accountLimitOf),
    maxTokenTtl: limit('max_token_ttl', durationOf),
    allowedSizes: limit('allowed_sizes', sizesOf),
    maxPoolSizeTotal: limit('max_pool_size_total', numberOf),
    rates: ratesOf(child(main, 'compute_rates')),
    currency: textOf(child(child(main, 'compute_rates'), 'currency')),
  };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return {
    maxDeletes: limit('max_deletes', accountLimitOf)?.value ?? 0,
    allowNeverExpiring: booleanOf(child(guardrails, 'allow_never_expiring')) ?? false,
    ...(given as Partial<GuardrailLimits>),
  };
}

/** `3` or `30%`. */
function accountLimitOf(node: Node): AccountLimit | undefined {
  const [, percent] = /^(\d{1,3})%$/.exec(textOf(node) ?? '') ?? [];
  return percent === undefined ? numberOf(node) : { percent: Number(percent) };
}

function sizesOf(node: Node): readonly Size[] | undefined {
  if (node.kind !== 'list') return undefined;
  return itemsOf(node)
    .map(sizeOf)
    .filter((size) => size !== undefined);
}

function ratesOf(node: Node | undefined): ReadonlyMap<Size, number> | undefined {
  if (node?.kind !== 'map') return undefined;
  const rates = new Map<Size, number>();
  for (const size of SIZES) {
    const rate = numberOf(child(node, size));
    if (rate !== undefined) rates.set(size, rate);
  }
  return rates;
}
