/** Ducklings in one line, and what a new account has where the configuration leaves it out. */
import { type DesiredDucklings, type Ducklings, newDucklings } from '../../model/ducklings.ts';
import { formatDuration } from '../../model/time.ts';

const { read_write: SINGLE, read_scaling: POOL } = newDucklings('business');

/** MotherDuck documents no defaults: only these were seen. */
export const KNOWN_DEFAULTS = `on Business plans ${SINGLE.size} and a pool of ${POOL.size} x${POOL.pool_size}`;

/** The text for a part of a new account that the configuration leaves out. */
export const DEFAULTS = {
  read_write: `MotherDuck's default (${SINGLE.size} on Business plans)`,
  read_scaling: `MotherDuck's default (${POOL.size} x${POOL.pool_size} on Business plans)`,
} as const satisfies Record<keyof Ducklings, string>;

/**
 * `read/write standard, cooldown 10m; pool standard x4, cooldown 5m`.
 *
 * @param isNew The account is new: what is left out is MotherDuck's default, and else stays as it is.
 */
export function ducklingText(
  { read_write, read_scaling }: Ducklings | DesiredDucklings,
  { isNew }: { readonly isNew: boolean },
): string {
  const single = [read_write.size ?? (isNew ? DEFAULTS.read_write : undefined), cooldown(read_write.cooldown)];
  const pool = [isNew ? newPool(read_scaling) : poolText(read_scaling), cooldown(read_scaling.cooldown)];
  return [sentence('read/write', single), sentence('pool', pool)].filter((text) => text !== '').join('; ');
}

type Pool = DesiredDucklings['read_scaling'];

function poolText({ size, pool_size: count }: Pool): string | undefined {
  if (size !== undefined && count !== undefined) return `${size} x${count}`;
  return size ?? (count === undefined ? undefined : `x${count}`);
}

/** MotherDuck chooses what is left out. */
function newPool(pool: Pool): string | undefined {
  const { size, pool_size: count } = pool;
  if (size === undefined && count === undefined) return DEFAULTS.read_scaling;
  if (count === undefined) return `${size} in MotherDuck's default number (${POOL.pool_size} on Business plans)`;
  if (size === undefined) return `of ${count} in MotherDuck's default size (${POOL.size} on Business plans)`;
  return poolText(pool);
}

function cooldown(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : `cooldown ${formatDuration(seconds)}`;
}

function sentence(name: string, parts: readonly (string | undefined)[]): string {
  const said = parts.filter((part) => part !== undefined);
  return said.length === 0 ? '' : `${name} ${said.join(', ')}`;
}
