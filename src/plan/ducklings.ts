/** Ducklings: the desired ones merged with the live ones, and what that changes. */
import type { Risk } from '../model/action.ts';
import { type DesiredDucklings, type Ducklings, type Size, sizeFacts } from '../model/ducklings.ts';
import { formatDuration } from '../model/time.ts';
import { TOKEN_TYPES, typeName } from '../model/tokens.ts';

type DucklingKind = keyof Ducklings;

/**
 * The settings that are sent to MotherDuck, which accepts both parts or none: settings that the configuration leaves out stay
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

function mergeSize(desired: DesiredDucklings[DucklingKind], live: Ducklings[DucklingKind]): Ducklings['read_write'] {
  const size = desired.size ?? live.size;
  // MotherDuck may report the fixed cooldown of a size that takes none (1 s on Pulse), which no other size takes.
  const kept = sizeFacts(live.size).cooldown.settable ? live.cooldown : undefined;
  const cooldown = !sizeFacts(size).cooldown.settable ? undefined : (desired.cooldown ?? kept);
  return cooldown === undefined ? { size } : { size, cooldown };
}

/** A setting of live Ducklings that a plan changes, in words: `read/write size`, `pulse`, `standard`. */
interface DucklingDifference {
  readonly setting: string;
  readonly live: string;
  readonly desired: string;
}

/** How the live Ducklings differ from the desired ones; empty when they match. What the configuration leaves out never differs. */
export function ducklingDifferences(desired: DesiredDucklings, live: Ducklings): DucklingDifference[] {
  const merged = mergeDucklings(desired, live);
  const cooldowns = TOKEN_TYPES.flatMap((kind): DucklingDifference[] => {
    const { cooldown } = desired[kind];
    if (cooldown === undefined || !sizeFacts(merged[kind].size).cooldown.settable) return [];
    const setting = `${typeName(kind)} cooldown`;
    return [{ setting, live: showCooldown(live[kind].cooldown), desired: formatDuration(cooldown) }];
  });
  return [
    { setting: 'read/write size', live: live.read_write.size, desired: merged.read_write.size },
    { setting: 'read scaling pool', live: showPool(live.read_scaling), desired: showPool(merged.read_scaling) },
    ...cooldowns,
  ].filter((each) => each.live !== each.desired);
}

/** The same, a phrase per difference: `read/write size pulse -> standard`. */
export function ducklingChanges(desired: DesiredDucklings, live: Ducklings): string[] {
  return ducklingDifferences(desired, live).map((each) => `${each.setting} ${each.live} -> ${each.desired}`);
}

/** A change of size restarts Ducklings; a larger pool or another cooldown does not touch running queries. */
export function ducklingRisk(desired: DesiredDucklings, live: Ducklings): Risk {
  const merged = mergeDucklings(desired, live);
  const sameSizes =
    merged.read_write.size === live.read_write.size && merged.read_scaling.size === live.read_scaling.size;
  return sameSizes && merged.read_scaling.pool_size >= live.read_scaling.pool_size ? 'safe' : 'disruptive';
}

function showPool(pool: { size: Size; pool_size: number }): string {
  return `${pool.size} x${pool.pool_size}`;
}

function showCooldown(seconds: number | undefined): string {
  return seconds === undefined ? 'none' : formatDuration(seconds);
}
