/** The Ducklings of added accounts: as the guardrails allow, under a pool's name where several accounts have the same. */
import { few } from '../model/counted.ts';
import type { Definitions } from '../model/definitions.ts';
import type { Desired } from '../model/desired.ts';
import { COOLDOWN_SECONDS, type DesiredDucklings, type Ducklings, type Size } from '../model/ducklings.ts';
import { formatDuration } from '../model/duration.ts';
import type { Notice } from '../model/plan.ts';
import { unused } from './policies.ts';
import { entriesOf, scalar, type Written, type WrittenEntry } from './written.ts';

export interface WrittenDucklings {
  /** By username; an account that is not in it keeps its Ducklings unmanaged. */
  readonly ofAccount: ReadonlyMap<string, Written>;
  readonly pools: readonly WrittenEntry[];
  readonly notices: readonly Notice[];
}

interface Owner {
  readonly username: string;
  readonly ducklings: Ducklings;
}

export function writeDucklings(owners: readonly Owner[], desired: Desired, definitions: Definitions): WrittenDucklings {
  const { allowed, notices } = holdBack(owners, desired);
  const groups = new Map<string, Owner[]>();
  for (const owner of allowed) {
    const signature = signatureOf(owner.ducklings);
    const group = groups.get(signature);
    if (group) group.push(owner);
    else groups.set(signature, [owner]);
  }
  const known = new Map([...definitions.pools].reverse().map(([name, pool]) => [signatureOf(pool), name]));
  const names = new Set(definitions.pools.keys());
  const ofAccount = new Map<string, Written>();
  const pools: WrittenEntry[] = [];
  for (const [signature, group] of groups) {
    const [first] = group;
    if (first === undefined) continue;
    let pool = known.get(signature);
    if (pool === undefined && group.length > 1) {
      pool = unused(poolName(first.ducklings), names);
      pools.push({ key: pool, value: { layout: 'block', entries: sides(first.ducklings) } });
    }
    const value = pool === undefined ? { layout: 'block' as const, entries: sides(first.ducklings) } : scalar(pool);
    for (const { username } of group) ofAccount.set(username, value);
  }
  return { ofAccount, pools, notices };
}

/** Takes out the accounts whose Ducklings the configuration would not allow, in the order of the accounts. */
function holdBack(owners: readonly Owner[], desired: Desired): { allowed: Owner[]; notices: Notice[] } {
  const { allowedSizes, maxPoolSizeTotal = Number.POSITIVE_INFINITY } = desired.guardrails;
  const allowed: Owner[] = [];
  const held = { size: [] as string[], rate: [] as string[], total: [] as string[] };
  let total = 0;
  for (const { ducklings } of desired.accounts.values()) total += ducklings?.read_scaling.pool_size ?? 0;
  for (const owner of owners) {
    const { read_write, read_scaling } = owner.ducklings;
    const sizes = [read_write.size, read_scaling.size];
    if (sizes.some((size) => allowedSizes?.includes(size) === false)) held.size.push(owner.username);
    else if (sizes.some((size) => !hasRate(size, desired))) held.rate.push(owner.username);
    else if (total + read_scaling.pool_size > maxPoolSizeTotal) held.total.push(owner.username);
    else {
      total += read_scaling.pool_size;
      allowed.push(owner);
    }
  }
  return {
    allowed,
    notices: [
      ...unmanaged(held.size, 'their size is not among guardrails.allowed_sizes'),
      ...unmanaged(held.rate, 'their size has no rate in compute_rates'),
      ...unmanaged(
        held.total,
        `with them all pools would be larger than guardrails.max_pool_size_total ${maxPoolSizeTotal}`,
      ),
    ],
  };
}

/** The configuration takes a pulse Duckling without a rate for one that costs nothing. */
function hasRate(size: Size, { computeRates }: Desired): boolean {
  return computeRates === undefined || size === 'pulse' || computeRates.has(size);
}

function unmanaged(usernames: readonly string[], why: string): Notice[] {
  if (usernames.length === 0) return [];
  const message = `the Ducklings of ${few(usernames)} stay unmanaged: ${why}`;
  const hint = 'To manage them, change that, and write "ducklings" in the account\'s block.';
  return [{ message, hint: { text: hint } }];
}

function signatureOf({ read_write, read_scaling }: DesiredDucklings): string {
  const { size, cooldown } = read_write;
  return JSON.stringify([size, cooldown, read_scaling.size, read_scaling.pool_size, read_scaling.cooldown]);
}

/** `pulse_x2`, `jumbo_standard_x4`: the read/write size, where it differs that of the pool, and how many. */
function poolName({ read_write, read_scaling }: Ducklings): string {
  const sizes = new Set([read_write.size, read_scaling.size]);
  return `${[...sizes].join('_')}_x${read_scaling.pool_size}`;
}

function sides({ read_write, read_scaling }: Ducklings): WrittenEntry[] {
  const side = (size: Size, pool: number | undefined, cooldown: number | undefined): Written => ({
    layout: 'line',
    entries: entriesOf({ size, pool_size: pool?.toString(), cooldown: cooldownOf(size, cooldown) }),
  });
  return entriesOf({
    read_write: side(read_write.size, undefined, read_write.cooldown),
    read_scaling: side(read_scaling.size, read_scaling.pool_size, read_scaling.cooldown),
  });
}

/** What MotherDuck reports outside of its own limits is left to MotherDuck. */
function cooldownOf(size: Size, cooldown: number | undefined): string | undefined {
  const { min, max } = COOLDOWN_SECONDS;
  if (cooldown === undefined || size === 'pulse' || cooldown < min || cooldown > max) return undefined;
  return formatDuration(cooldown);
}
