import type { Seconds } from './duration.ts';

/** Duckling sizes, smallest first. Source: MotherDuck's REST API, `instance_size`. */
export const SIZES = ['pulse', 'standard', 'jumbo', 'mega', 'giga'] as const;
export type Size = (typeof SIZES)[number];

/** Limits of MotherDuck's REST API. A cooldown, in seconds, is not allowed on `pulse`. */
export const COOLDOWN_SECONDS = { min: 60, max: 86_400 } as const;
export const POOL_SIZE = { min: 0, max: 64 } as const;

export function isSize(text: string): text is Size {
  return (SIZES as readonly string[]).includes(text);
}

/** The compute of one account as MotherDuck has it; a cooldown that it does not report is left out. */
export interface Ducklings {
  readonly read_write: { readonly size: Size; readonly cooldown?: Seconds };
  readonly read_scaling: { readonly size: Size; readonly pool_size: number; readonly cooldown?: Seconds };
}

/** The compute of one account as the configuration wants it. What is left out stays as it is at MotherDuck. */
export interface DesiredDucklings {
  readonly read_write: { readonly size?: Size; readonly cooldown?: Seconds };
  readonly read_scaling: { readonly size?: Size; readonly pool_size?: number; readonly cooldown?: Seconds };
}
