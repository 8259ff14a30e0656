/** The Ducklings of added accounts as YAML, within the guardrails; accounts with equal Ducklings share a pool. */
import type { Definitions, Desired } from '../model/desired.ts';
import { COOLDOWN_SECONDS, type DesiredDucklings, type Ducklings, type Size, sizeFacts } from '../model/ducklings.ts';
import type { ImportNotice } from '../model/import.ts';
import { formatDuration } from '../model/time.ts';
import { unused } from './policies.ts';
import { definedEntries, scalar, type YamlEntry, type YamlValue } from './yaml-writer.ts';

/** The Ducklings of imported accounts as YAML. */
interface ImportedDucklings {
  /** By username; an account that is not in it keeps its Ducklings unmanaged. */
  readonly ofAccount: ReadonlyMap<string, YamlValue>;
  readonly pools: readonly YamlEntry[];
  readonly notices: readonly ImportNotice[];
}

interface Owner {
  readonly username: string;
  readonly ducklings: Ducklings;
}

/** Writes the Ducklings of new accounts, and the pools that they share. */
export function writeDucklings(
  owners: readonly Owner[],
  desired: Desired,
  definitions: Definitions,
): ImportedDucklings {
  const { allowed, notices } = withinGuardrails(owners, desired);
  const groups = new Map<string, Owner[]>();
  for (const owner of allowed) {
    const signature = signatureOf(owner.ducklings);
    const group = groups.get(signature);
    if (group) group.push(owner);
    else groups.set(signature, [owner]);
  }
  const known = new Map([...definitions.pools].reverse().map(([name, pool]) => [signatureOf(pool), name]));
  const names = new Set(definitions.pools.keys());
  const ofAccount = new Map<string, YamlValue>();
  const pools: YamlEntry[] = [];
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

/** The accounts whose Ducklings the configuration allows, and notices about the others. */
function withinGuardrails(owners: readonly Owner[], desired: Desired): { allowed: Owner[]; notices: ImportNotice[] } {
  const { allowedSizes, maxPoolSizeTotal = Number.POSITIVE_INFINITY } = desired.guardrails;
  const allowed: Owner[] = [];
  const withheld = { size: [] as string[], rate: [] as string[], total: [] as string[] };
  let total = 0;
  for (const { ducklings } of desired.accounts.values()) total += ducklings?.read_scaling.pool_size ?? 0;
  for (const owner of owners) {
    const { read_write, read_scaling } = owner.ducklings;
    const sizes = [read_write.size, read_scaling.size];
    if (sizes.some((size) => allowedSizes?.includes(size) === false)) withheld.size.push(owner.username);
    else if (sizes.some((size) => !hasRate(size, desired))) withheld.rate.push(owner.username);
    else if (total + read_scaling.pool_size > maxPoolSizeTotal) withheld.total.push(owner.username);
    else {
      total += read_scaling.pool_size;
      allowed.push(owner);
    }
  }
  return {
    allowed,
    notices: [
      { kind: 'size_not_allowed' as const, names: withheld.size },
      { kind: 'size_without_rate' as const, names: withheld.rate },
      { kind: 'pools_too_large' as const, limit: maxPoolSizeTotal, names: withheld.total },
    ].filter(({ names }) => names.length > 0),
  };
}

/** A size that is billed by use needs no rate. */
function hasRate(size: Size, { computeRates }: Desired): boolean {
  return computeRates === undefined || !sizeFacts(size).hourly || computeRates.has(size);
}

function signatureOf({ read_write, read_scaling }: DesiredDucklings): string {
  const { size, cooldown } = read_write;
  return JSON.stringify([size, cooldown, read_scaling.size, read_scaling.pool_size, read_scaling.cooldown]);
}

/** `pulse_x2`, `jumbo_standard_x4`: the read/write size, the pool's size where it differs, and the pool_size. */
function poolName({ read_write, read_scaling }: Ducklings): string {
  const sizes = new Set([read_write.size, read_scaling.size]);
  return `${[...sizes].join('_')}_x${read_scaling.pool_size}`;
}

function sides({ read_write, read_scaling }: Ducklings): YamlEntry[] {
  const side = (size: Size, pool: number | undefined, cooldown: number | undefined): YamlValue => ({
    layout: 'line',
    entries: definedEntries({ size, pool_size: pool?.toString(), cooldown: cooldownOf(size, cooldown) }),
  });
  return definedEntries({
    read_write: side(read_write.size, undefined, read_write.cooldown),
    read_scaling: side(read_scaling.size, read_scaling.pool_size, read_scaling.cooldown),
  });
}

/** A cooldown that MotherDuck reports outside of its own limits is not written. */
function cooldownOf(size: Size, cooldown: number | undefined): string | undefined {
  const { min, max } = COOLDOWN_SECONDS;
  if (cooldown === undefined || !sizeFacts(size).cooldown.settable || cooldown < min || cooldown > max)
    return undefined;
  return formatDuration(cooldown);
}
