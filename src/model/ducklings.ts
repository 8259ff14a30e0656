import { MINUTE, type Seconds } from './time.ts';

/** The facts about one Duckling size. */
interface DucklingSize {
  /** Whether a cooldown can be set, and the default in seconds. */
  readonly cooldown: { readonly settable: boolean; readonly seconds: Seconds };
  /** Whether read scaling pools can use it without MotherDuck support enabling it. */
  readonly readScaling: boolean;
  /** Whether the Lite plan includes it. */
  readonly lite: boolean;
  /** Whether it is billed per hour; otherwise it is billed by use and needs no price per hour. */
  readonly hourly: boolean;
  /** The approximate start-up time, in seconds. */
  readonly startsIn: Seconds;
}

/**
 * Duckling sizes, smallest first: `instance_size` of MotherDuck's REST API, with facts from its documentation. The JSON
 * Schema, checks, sandbox and starter file follow from this table; `npm run build` updates the schema.
 */
export const DUCKLING_SIZES = {
  pulse: {
    cooldown: { settable: false, seconds: 1 },
    readScaling: true,
    lite: true,
    hourly: false,
    startsIn: 0.1,
  },
  standard: {
    cooldown: { settable: true, seconds: 60 },
    readScaling: true,
    lite: false,
    hourly: true,
    startsIn: 0.1,
  },
  jumbo: {
    cooldown: { settable: true, seconds: 60 },
    readScaling: true,
    lite: false,
    hourly: true,
    startsIn: 0.1,
  },
  mega: {
    cooldown: { settable: true, seconds: 300 },
    readScaling: false,
    lite: false,
    hourly: true,
    startsIn: 180,
  },
  giga: {
    cooldown: { settable: true, seconds: 600 },
    readScaling: false,
    lite: false,
    hourly: true,
    startsIn: 180,
  },
} as const satisfies Readonly<Record<string, DucklingSize>>;

/** A Duckling size, in the words of the configuration. */
export type Size = keyof typeof DUCKLING_SIZES;

/** The names of the sizes, smallest first. */
export const SIZES = Object.keys(DUCKLING_SIZES) as readonly Size[];

/** Whether a text is the name of a size. */
export function isSize(text: string): text is Size {
  return Object.hasOwn(DUCKLING_SIZES, text);
}

/** The facts about a size. */
export function sizeFacts(size: Size): DucklingSize {
  return DUCKLING_SIZES[size];
}

/** MotherDuck's plans, and the size of a new account's Ducklings. Business: as seen live. Lite: its only size. */
const TIERS = {
  business: { newSize: 'standard' },
  lite: { newSize: 'pulse' },
} as const satisfies Readonly<Record<string, { readonly newSize: Size }>>;

/** The service accounts that an organization on the Lite plan can have. */
export const LITE_SERVICE_ACCOUNTS = 2;

/** A plan of MotherDuck, which decides the sizes that an organization can have. */
export type Tier = keyof typeof TIERS;

/** The pool of a new account, as seen live on a Business plan. Assumption: as large on the others. */
const NEW_POOL_SIZE = 4;

/** The Ducklings of a new account. */
export function newDucklings(tier: Tier): Ducklings {
  const { newSize: size } = TIERS[tier];
  return { read_write: { size }, read_scaling: { size, pool_size: NEW_POOL_SIZE } };
}

/** Whether the plan includes a size. */
export function includesSize(tier: Tier, size: Size): boolean {
  return tier !== 'lite' || DUCKLING_SIZES[size].lite;
}

/** The sizes whose facts match a condition, smallest first. */
export function sizesThat(hold: (facts: DucklingSize) => boolean): readonly Size[] {
  return SIZES.filter((size) => hold(DUCKLING_SIZES[size]));
}

/** The sizes that take minutes to start. */
export const SLOW_SIZES = sizesThat(({ startsIn }) => startsIn >= MINUTE);

/** Limits of MotherDuck's REST API: a cooldown in seconds. */
export const COOLDOWN_SECONDS = { min: 60, max: 86_400 } as const;
/** Limits of MotherDuck's REST API: the number of Ducklings in a read scaling pool. */
export const POOL_SIZE = { min: 0, max: 64 } as const;

/** The compute of one account at MotherDuck; a cooldown that it does not report is absent. */
export interface Ducklings {
  readonly read_write: { readonly size: Size; readonly cooldown?: Seconds };
  readonly read_scaling: { readonly size: Size; readonly pool_size: number; readonly cooldown?: Seconds };
}

/** The compute of one account in the configuration. An absent setting stays as it is at MotherDuck. */
export interface DesiredDucklings {
  readonly read_write: { readonly size?: Size; readonly cooldown?: Seconds };
  readonly read_scaling: { readonly size?: Size; readonly pool_size?: number; readonly cooldown?: Seconds };
}
