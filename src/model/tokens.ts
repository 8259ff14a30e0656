import { DAY, HOUR_MS, MINUTE, type Seconds } from './time.ts';

/** All types of tokens. */
export const TOKEN_TYPES = ['read_write', 'read_scaling'] as const;
/** The type of a token, in the words of the configuration and of MotherDuck. */
export type TokenType = (typeof TOKEN_TYPES)[number];

/** A type in words: `read/write`. */
export function typeName(type: TokenType): string {
  return type === 'read_write' ? 'read/write' : 'read scaling';
}

/** Limits of MotherDuck's REST API: the lifetime of a token in seconds. */
export const TOKEN_TTL_SECONDS = { min: 300, max: 31_536_000 } as const;
/** The length of a token name, in characters. */
export const TOKEN_NAME_LENGTH = { min: 1, max: 255 } as const;
/** The longest name of a token's first generation, which leaves room for the `.2` of later ones, up to nine digits. */
export const MAX_FIRST_NAME = TOKEN_NAME_LENGTH.max - 10;
/** The length of a token description, in characters. */
export const TOKEN_DESCRIPTION_LENGTH = { min: 1, max: 1000 } as const;

/** Whether a text can be the key of a token in the configuration. */
export function isTokenKey(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]*$/.test(text);
}

/** Names that MotherDuck reserves for its own tokens. */
export const RESERVED_TOKEN_NAMES: readonly string[] = ['MotherDuck Extension', 'MotherDuck Flights'];

/** What the names of the short-lived tokens begin with that a smoke test creates and revokes. No configured token may have it. */
export const SMOKE_NAME_PREFIX = 'mdacc smoke';
/** Their lifetimes. No test takes a day. */
const SMOKE_TTL_SECONDS = { min: TOKEN_TTL_SECONDS.min, max: DAY };
/** MotherDuck may round the time at which a token expires. */
const SMOKE_TTL_SLACK_SECONDS = 300;

/** The lifetime of a token that is used for at most so long, with a minute for the calls around it. */
export function smokeTtl(use: Seconds): Seconds {
  const { min, max } = SMOKE_TTL_SECONDS;
  return Math.min(max, Math.max(min, Math.ceil(use) + MINUTE));
}

/** The name of one such token. @param suffix Its own, of digits and lower-case letters */
export function smokeTokenName(suffix: string): string {
  return `${SMOKE_NAME_PREFIX} ${suffix}`;
}

/** Whether a smoke test gives its tokens this name. */
export function isSmokeName(name: string): boolean {
  return (
    name === SMOKE_NAME_PREFIX ||
    (name.startsWith(SMOKE_NAME_PREFIX) && /^ [0-9a-z]+$/.test(name.slice(SMOKE_NAME_PREFIX.length)))
  );
}

/** Whether a live token was created by a smoke test: it has the name and a short lifetime. Others of that name are the user's. */
export function isSmokeToken(token: {
  readonly name: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}): boolean {
  const { name, createdAt, expiresAt } = token;
  return (
    isSmokeName(name) &&
    expiresAt !== null &&
    expiresAt - createdAt <= (SMOKE_TTL_SECONDS.max + SMOKE_TTL_SLACK_SECONDS) * 1000
  );
}

/**
 * Whether a smoke test that runs now may have created a token. An older one was left by a run that was killed, or somebody else chose
 * the name: it is unmanaged.
 */
export function mayBeInSmokeTest(token: Parameters<typeof isSmokeToken>[0], now: number): boolean {
  return isSmokeToken(token) && now - token.createdAt < HOUR_MS;
}

/** The name at MotherDuck of a token's nth generation: `airflow`, then `airflow.2`, `airflow.3`. */
export function generationName(base: string, generation: number): string {
  return generation === 1 ? base : `${base}.${generation}`;
}

/** The largest generation. No run reaches it: a rotation every hour takes a century. A live token of a larger one was named by another program. */
export const MAX_GENERATION = 999_999;

/** The generation of a live name: for the base `airflow`, 1 for `airflow`, 2 for `airflow.2`, undefined for other names. */
export function generationOf(base: string, name: string): number | undefined {
  if (name === base) return 1;
  if (!name.startsWith(`${base}.`)) return undefined;
  const suffix = name.slice(base.length + 1);
  return /^([2-9]|[1-9]\d{1,8})$/.test(suffix) ? Number(suffix) : undefined;
}

/** The name of a live token's first generation: `airflow` for `airflow.3` and for `airflow`. */
export function seriesOf(name: string): string {
  const base = name.slice(0, Math.max(0, name.lastIndexOf('.')));
  return base !== '' && generationOf(base, name) !== undefined ? base : name;
}
