import type { DesiredDucklings, Size } from './ducklings.ts';
import type { SetupStatement } from './setup.ts';
import type { Seconds } from './time.ts';
import type { TokenType } from './tokens.ts';
import type { Location } from './user-error.ts';
import { accountKey } from './username.ts';

/** Desired: the configuration, with includes, environment variables, templates and policies resolved. */
export interface Desired {
  /** The name of the main file in output; the `file` of locations in it. */
  readonly file: string;
  readonly organization: string;
  /** The accounts by `accountKey` of their username, in the order of the files. */
  readonly accounts: ReadonlyMap<string, DesiredAccount>;
  readonly stores: ReadonlyMap<string, SecretStoreConfig>;
  /** Where the state is kept; absent: in a file beside the configuration. */
  readonly state?: StateConfig;
  /** Globs of live accounts that are not reported as unmanaged. */
  readonly ignore: readonly string[];
  /** The findings of audits that are accepted, in the order of the file. */
  readonly acceptances: readonly Acceptance[];
  /** The price per hour by size; absent without `compute_rates`. */
  readonly computeRates?: ReadonlyMap<Size, number>;
  /** The currency of the prices, `USD`; absent when the configuration names none. */
  readonly currency?: string;
  readonly guardrails: Guardrails;
  /** The names of the environment variables that were used, sorted; absent without any. */
  readonly variables?: readonly string[];
  /** SHA-256 (hex) of all files and all environment values that were used. */
  readonly hash: string;
  /** SHA-256 (hex) of each file, by its path from the folder of the main one. Absent without files. */
  readonly fileHashes?: ReadonlyMap<string, string>;
}

/** Desired where there is no configuration: nothing. @param file where it would be */
export function unconfigured(file: string): Desired {
  return {
    file,
    organization: 'your organization',
    accounts: new Map(),
    stores: new Map(),
    ignore: [],
    acceptances: [],
    guardrails: { maxDeletes: 0, allowNeverExpiring: true },
    hash: '',
  };
}

/** Findings that an audit lists as accepted. */
export interface Acceptance {
  /** The id of the rule: `MDA014`. */
  readonly rule: string;
  /** Globs of usernames; absent: every finding of the rule, also one about no account. */
  readonly accounts?: readonly string[];
  readonly reason: string;
  /** The last day (UTC) on which it accepts, `2027-03-01`; absent: it has no end. */
  readonly until?: string;
  readonly location: Location;
}

/** A service account in the configuration. */
export interface DesiredAccount {
  /** As written in the YAML. */
  readonly username: string;
  readonly location: Location;
  /** Absent: the account's Ducklings are not managed. */
  readonly ducklings?: DesiredAccountDucklings;
  /** By key, in the order of the file. */
  readonly tokens: ReadonlyMap<string, DesiredToken>;
  /** Set for a suspended account: it has no `tokens`, `ducklings` and `setup`, and is not tested. */
  readonly suspended?: Suspension;
  readonly deletionProtection: boolean;
  readonly smoke: false | { readonly query?: string; readonly database?: string };
  /** SQL that is run as the account; absent without any. */
  readonly setup?: readonly SetupStatement[];
}

/** A suspended account: its tokens are revoked, and it gets new ones when it is suspended no longer. */
export interface Suspension {
  readonly location: Location;
  /** The tokens that it has when it is not suspended, by key. */
  readonly tokens: ReadonlyMap<string, DesiredToken>;
  /** Likewise its Ducklings, which are not changed while it is suspended, and count for what it can cost. */
  readonly ducklings?: DesiredDucklings;
}

/** Whether a token is one of those that a suspended account gets again. */
export function isSuspended({ accounts }: Pick<Desired, 'accounts'>, account: string, token: string): boolean {
  return accounts.get(accountKey(account))?.suspended?.tokens.has(token) ?? false;
}

/** The Ducklings of an account, with their location in the configuration. */
export interface DesiredAccountDucklings extends DesiredDucklings {
  readonly location: Location;
}

/** A token in the configuration, with its policy resolved. */
export interface DesiredToken {
  readonly key: string;
  /** The name of the first generation at MotherDuck: `name`, or else the key. */
  readonly name: string;
  readonly policy: string;
  readonly type: TokenType;
  /** Lifetime in seconds; null: valid until revoked (`never`). */
  readonly ttl: Seconds | null;
  /** The token itself sets `ttl`, and not its policy. */
  readonly ownTtl?: true;
  readonly rotateBefore: Seconds;
  /** Of the policy; absent: none. */
  readonly jitter?: Seconds;
  /** How much earlier than `rotateBefore` it rotates: its share of the policy's jitter. Absent without a jitter. */
  readonly earlier?: Seconds;
  readonly overlap: Seconds;
  readonly description?: string;
  /** The names of the secret stores that get its secret; at least one. */
  readonly stores: readonly string[];
  readonly location: Location;
}

/** The fields of every secret store. Each kind adds its own in secrets/kinds. */
export interface SecretStoreConfig {
  readonly kind: string;
  readonly name: string;
  readonly location: Location;
}

/** Where the state is kept. Each kind in state/kinds has its own fields. */
export interface StateConfig {
  readonly kind: string;
  readonly location: Location;
  readonly [field: string]: string | number | boolean | Location | undefined;
}

/** A limit of accounts: a number, or a percentage of the managed ones. */
export type AccountLimit = number | { readonly percent: number };

/** The number of accounts that the limit allows. A percentage is rounded down unless `round` says otherwise. */
export function allowedBy(limit: AccountLimit, managed: number, round: 'up' | 'down' = 'down'): number {
  if (typeof limit === 'number') return limit;
  const part = (limit.percent * managed) / 100;
  return round === 'up' ? Math.ceil(part) : Math.floor(part);
}

/** A limit as in the configuration: `3` or `30%`. */
export function limitText(limit: AccountLimit): string {
  return typeof limit === 'number' ? String(limit) : `${limit.percent}%`;
}

/** The limits that the configuration sets for plans. */
export interface Guardrails {
  readonly maxComputeCeiling?: number;
  readonly maxDeletes: AccountLimit;
  /** Accounts that one apply may create. A percentage is rounded up, and limits nothing before an account is managed. */
  readonly maxCreates?: AccountLimit;
  /** Managed accounts that may be gone at once. */
  readonly maxMissing?: AccountLimit;
  readonly maxTokenTtl?: Seconds;
  readonly allowNeverExpiring: boolean;
  readonly allowedSizes?: readonly Size[];
  readonly maxPoolSizeTotal?: number;
}

/** The named definitions of a configuration that accounts can use. */
export interface Definitions {
  /** By name, in the order of the files. */
  readonly policies: ReadonlyMap<string, PolicyDefinition>;
  readonly pools: ReadonlyMap<string, DesiredDucklings>;
}

/** A token policy as written; each token that uses it must set what it leaves out. */
export interface PolicyDefinition {
  readonly type?: TokenType;
  /** null: valid until revoked. */
  readonly ttl?: Seconds | null;
  readonly rotateBefore?: Seconds;
  readonly jitter?: Seconds;
  readonly overlap?: Seconds;
  readonly description?: string;
  /** The names of secret stores. */
  readonly stores?: readonly string[];
}
