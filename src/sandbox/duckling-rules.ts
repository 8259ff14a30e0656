import { type Size, sizeFacts } from '../model/ducklings.ts';
import { TOKEN_TYPES, type TokenType } from '../model/tokens.ts';
import type { WireDucklings } from '../model/wire.ts';
import { fault } from './responses.ts';

/** The organization's plan; what it changes is only which sizes may be asked for. */
export type Tier = 'business' | 'lite';

/** How long a Duckling without a cooldown setting stays awake, in seconds. Assumption: as long as it is billed for at least. */
const BILLED_AT_LEAST = 60;

/** What a new service account gets. Source: REST API facts for business; assumption for lite: the pool is as large. */
export const NEW_DUCKLINGS: Readonly<Record<Tier, WireDucklings>> = {
  business: {
    read_write: { instance_size: 'standard', cooldown_seconds: sizeFacts('standard').cooldown.seconds },
    read_scaling: {
      instance_size: 'standard',
      flock_size: 4,
      cooldown_seconds: sizeFacts('standard').cooldown.seconds,
    },
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
  const { settable, seconds } = sizeFacts(part.instance_size).cooldown;
  return settable ? { cooldown_seconds: part.cooldown_seconds ?? seconds } : {};
}

/** Refuses sizes that the organization's plan does not include. @throws Fault */
export function checkTier(ducklings: WireDucklings, tier: Tier): void {
  for (const part of TOKEN_TYPES) {
    const { instance_size: size } = ducklings[part];
    if (!isOffered(size, tier, part)) {
      throw fault('BAD_REQUEST', `Invalid config for tier ${tier}: ${part} does not support instance_size ${size}`);
    }
  }
}

function isOffered(size: Size, tier: Tier, part: TokenType): boolean {
  const { lite, readScaling } = sizeFacts(size);
  return (tier === 'business' || lite) && (part === 'read_write' || readScaling);
}

/** How long a Duckling stays awake after it was connected to, in milliseconds. */
export function awakeFor(ducklings: WireDucklings, type: TokenType): number {
  return (ducklings[type].cooldown_seconds ?? BILLED_AT_LEAST) * 1000;
}
