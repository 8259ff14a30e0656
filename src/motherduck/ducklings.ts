/** Ducklings in the words of the REST API (`instance_size`, `flock_size`, `cooldown_seconds`) and in ours. */
import type { Ducklings } from '../model/ducklings.ts';
import type { WireDucklings } from '../model/wire.ts';

export function fromWire(wire: WireDucklings): Ducklings {
  return {
    read_write: { size: wire.read_write.instance_size, ...cooldownOf(wire.read_write.cooldown_seconds) },
    read_scaling: {
      size: wire.read_scaling.instance_size,
      pool_size: wire.read_scaling.flock_size,
      ...cooldownOf(wire.read_scaling.cooldown_seconds),
    },
  };
}

export function toWire(ducklings: Ducklings): WireDucklings {
  const { read_write, read_scaling } = ducklings;
  return {
    read_write: { instance_size: read_write.size, ...secondsOf(read_write.cooldown) },
    read_scaling: {
      instance_size: read_scaling.size,
      flock_size: read_scaling.pool_size,
      ...secondsOf(read_scaling.cooldown),
    },
  };
}

function cooldownOf(seconds: number | undefined): { cooldown?: number } {
  return seconds === undefined ? {} : { cooldown: seconds };
}

function secondsOf(cooldown: number | undefined): { cooldown_seconds?: number } {
  return cooldown === undefined ? {} : { cooldown_seconds: cooldown };
}
