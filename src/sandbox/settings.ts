import { SLOW_SIZES, type Tier } from '../model/ducklings.ts';
import { enumerated } from '../model/wording.ts';

/** The file of a sandbox's settings in its folder, which people edit. */
export const SETTINGS_FILE = 'organization.json';

/** A setting of the sandbox: one of several values, a whole number, or on or off. */
export type SandboxSetting = {
  /** Continues "Set ..." in help. */
  readonly about: string;
} & (
  | { readonly kind: 'choice'; readonly values: readonly string[]; readonly fallback: string }
  /** `fallback` null: what the plan says, or no limit. */
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly fallback: number | null }
  | { readonly kind: 'flag'; readonly fallback: boolean }
);

/**
 * How a sandbox's organization behaves where MotherDuck's organizations differ, by plan or region, and where it is not known
 * how MotherDuck behaves. `organization.json`, its JSON Schema and the options of `sandbox serve` follow from this table;
 * `npm run build` updates the schema. The fallback of each is what is documented, or else the more likely.
 */
export const SETTINGS = {
  plan: {
    kind: 'choice',
    values: ['business', 'lite'] satisfies Tier[],
    fallback: 'business',
    about: 'the MotherDuck plan; lite has Pulse only, and two service accounts',
  },
  max_service_accounts: {
    kind: 'number',
    min: 0,
    max: 1_000_000,
    fallback: null,
    about: 'how many service accounts the plan allows',
  },
  max_pool_size: {
    kind: 'number',
    min: 0,
    max: 64,
    fallback: null,
    about: 'how large a read scaling pool may be',
  },
  read_scaling_sizes: {
    kind: 'choice',
    values: ['usual', 'all'],
    fallback: 'usual',
    about: "which sizes read scaling supports; MotherDuck's support can enable all",
  },
  default_cooldown: {
    kind: 'choice',
    values: ['by_size', 'minute'],
    fallback: 'by_size',
    about: 'the cooldown of a Duckling that is given none, by its size or a minute',
  },
  role: {
    kind: 'choice',
    values: ['admin', 'builder', 'explorer'],
    fallback: 'admin',
    about: 'the role of the user whose admin token is used',
  },
  users_list: {
    kind: 'choice',
    values: ['ok', 'missing', 'forbidden'],
    fallback: 'ok',
    about: 'whether GET /v1/users works, is missing (some regions) or forbidden (some custom roles)',
  },
  page_size: {
    kind: 'number',
    min: 1,
    max: 1000,
    fallback: null,
    about: 'how many users a page of GET /v1/users has at most',
  },
  shifting_pages: {
    kind: 'flag',
    fallback: false,
    about: 'whether users come and go between two pages of GET /v1/users (of 3 users, unless page_size is set)',
  },
  taken_name: {
    kind: 'choice',
    values: ['conflict', 'unique_constraint'],
    fallback: 'conflict',
    about: 'how a taken username is refused, by 409 or by 400 with "unique constraint"',
  },
  token_names: {
    kind: 'choice',
    values: ['repeated', 'unique'],
    fallback: 'repeated',
    about: 'whether tokens of an account may have the same name; if not, it is refused as a taken username',
  },
  descriptions: {
    kind: 'choice',
    values: ['kept', 'dropped'],
    fallback: 'kept',
    about: 'whether descriptions of tokens are kept, or dropped (some regions)',
  },
  unknown_values: {
    kind: 'flag',
    fallback: false,
    about: 'whether an account has a Duckling size, token type and role that mdacc does not know',
  },
  connections: {
    kind: 'choice',
    values: ['ok', 'momentary', 'unavailable', 'compute_limit', 'newer_duckdb'],
    fallback: 'ok',
    about: 'how md: connections fail: the first of a token, or all, by MotherDuck, the plan or the version of DuckDB',
  },
  slow_starts: {
    kind: 'number',
    min: 0,
    max: 600,
    fallback: 0,
    about: `how many seconds ${enumerated(SLOW_SIZES)} Ducklings take to start`,
  },
} as const satisfies Readonly<Record<string, SandboxSetting>>;

export type SettingName = keyof typeof SETTINGS;

/** The names of the settings. */
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

type ValueOf<S extends SandboxSetting> = S extends { kind: 'choice'; values: readonly (infer V)[] }
  ? V
  : S extends { kind: 'flag' }
    ? boolean
    : S extends { fallback: null }
      ? number | null
      : number;

/** A value for each setting. */
export type Settings = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> };

/** The value of each setting: as given, or its fallback. */
export function settingsOf(given: Partial<Settings>): Settings {
  const all = SETTING_NAMES.map((name) => [name, given[name] ?? SETTINGS[name].fallback]);
  return Object.fromEntries(all) as Settings;
}

/** What is wrong with a value of a setting, as `expected ...`; undefined if nothing is. */
export function expectedOf(setting: SandboxSetting, value: unknown): string | undefined {
  switch (setting.kind) {
    case 'choice':
      return setting.values.some((each) => each === value) ? undefined : `one of ${setting.values.join(', ')}`;
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'number': {
      const { min, max, fallback } = setting;
      if (value === null && fallback === null) return undefined;
      const isInside = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
      return isInside ? undefined : `a whole number from ${min} to ${max}`;
    }
  }
}
