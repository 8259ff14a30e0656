/** Whether Ducklings become more or fewer, larger or smaller. */
import { SIZES, type Size } from '../../../model/ducklings.ts';

/** What one kind of Duckling of an account is, or shall be; what is left out is not known or stays. */
export interface Compute {
  readonly size?: Size;
  readonly pool_size?: number;
}

/** `changed`: larger and fewer, or smaller and more. */
export type Direction = 'new' | 'up' | 'down' | 'changed' | 'same';

export function directionOf(before: Compute | undefined, after: Compute): Direction {
  if (before === undefined) return after.size === undefined && after.pool_size === undefined ? 'same' : 'new';
  const steps = [step(rank(before.size), rank(after.size)), step(before.pool_size, after.pool_size)];
  const [goesUp, goesDown] = [steps.some((by) => by > 0), steps.some((by) => by < 0)];
  if (goesUp && goesDown) return 'changed';
  return goesUp ? 'up' : goesDown ? 'down' : 'same';
}

/** `standard x4`, `standard`, `x4`, or nothing. */
export function sayCompute({ size, pool_size }: Compute): string {
  return [size, pool_size === undefined ? undefined : `x${pool_size}`].filter((part) => part !== undefined).join(' ');
}

function rank(size: Size | undefined): number | undefined {
  return size === undefined ? undefined : SIZES.indexOf(size);
}

function step(before: number | undefined, after: number | undefined): number {
  return before === undefined || after === undefined ? 0 : after - before;
}
