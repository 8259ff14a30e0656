import type { DesiredDucklings, Ducklings } from '../model/ducklings.ts';
import { formatDuration } from '../model/time.ts';

/** `standard, cooldown 10m; pool standard x4, cooldown 5m`: what is said of Ducklings, in one line. */
export function describeDucklings(ducklings: Ducklings | DesiredDucklings): string {
  const { read_write, read_scaling } = ducklings;
  const single = [read_write.size, cooldown(read_write.cooldown)];
  const { size, pool_size } = read_scaling;
  const pool = [
    size !== undefined && pool_size !== undefined
      ? `${size} x${pool_size}`
      : (size ?? (pool_size === undefined ? undefined : `x${pool_size}`)),
    cooldown(read_scaling.cooldown),
  ];
  return [sentence('read/write', single), sentence('pool', pool)].filter((text) => text !== '').join('; ');
}

function cooldown(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : `cooldown ${formatDuration(seconds)}`;
}

function sentence(name: string, parts: readonly (string | undefined)[]): string {
  const said = parts.filter((part) => part !== undefined);
  return said.length === 0 ? '' : `${name} ${said.join(', ')}`;
}
