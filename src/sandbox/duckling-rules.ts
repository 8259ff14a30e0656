import type { Size } from '../model/ducklings.ts';
import type { TokenType } from '../model/tokens.ts';
import type { WireDucklings } from '../model/wire.ts';
import { fault } from './errors.ts';

/** The organization's plan; what it changes is only which sizes may be asked for. */
export type Tier = 'business' | 'lite';

/** What MotherDuck applies when a cooldown is left out, in seconds. Source: REST API facts; a pulse has none. */
const DEFAULT_COOLDOWN: Readonly<Record<Size, number | undefined>> = {
  pulse: undefined,
  standard: 60,
  jumbo: 60,
  mega: 300,
  giga: 600,
};

/** How long a pulse stays awake, in seconds. Assumption: as long as the 60 seconds it is billed for at least. */
const PULSE_AWAKE = 60;

/** Sizes by plan. Source: REST API facts ("unless MotherDuck support enables more; the Lite plan has pulse only"). */
const SIZES_OF: Readonly<Record<Tier, Readonly<Record<TokenType, readonly Size[]>>>> = {
  business: {
    read_write: ['pulse', 'standard', 'jumbo', 'mega', 'giga'],
    read_scaling: ['pulse', 'standard', 'jumbo'],
  },
  lite: { read_write: ['pulse'], read_scaling: ['pulse'] },
};

/** What a new service account gets. Source: REST API facts for business; assumption for lite: the pool is as large. */
export const NEW_DUCKLINGS: Readonly<Record<Tier, WireDucklings>> = {
  business: {
    read_write: { instance_size: 'standard', cooldown_seconds: 60 },
    read_scaling: { instance_size: 'standard', flock_size: 4, cooldown_seconds: 60 },
  },
  lite: { read_write: { instance_size: 'pulse' }, read_scaling: { instance_size: 'pulse', flock_size: 4 } },
};

/** Puts in the cooldowns that were left out, as reads report them after. */
export function withDefaults({ read_write, read_scaling }: WireDucklings): WireDucklings {
  return {
    read_write: { ...read_write, ...cooldownOf(read_write) },
    read_scaling: { ...read_scaling, ...cooldownOf(read_scaling) },
  };
}

function cooldownOf(part: { instance_size: Size; cooldown_seconds?: number }): { cooldown_seconds?: number } {
  const seconds = part.cooldown_seconds ?? DEFAULT_COOLDOWN[part.instance_size];
  return seconds === undefined ? {} : { cooldown_seconds: seconds };
}

/** Refuses sizes that the organization's plan has not. @throws Fault */
export function checkTier(ducklings: WireDucklings, tier: Tier): void {
  for (const part of ['read_write', 'read_scaling'] as const) {
    const { instance_size: size } = ducklings[part];
    if (!SIZES_OF[tier][part].includes(size)) {
      throw fault('BAD_REQUEST', `Invalid config for tier ${tier}: ${part} does not support instance_size ${size}`);
    }
  }
}

/** How long a Duckling stays awake after it was connected to, in milliseconds. */
export function awakeFor(ducklings: WireDucklings, type: TokenType): number {
  return (ducklings[type].cooldown_seconds ?? PULSE_AWAKE) * 1000;
}
