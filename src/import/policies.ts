/**
 * The policies of imported tokens: those of the configuration where one has the same settings, else new ones. Replacements
 * get the lifetime of the live token, and a token that would be due at once is rotated later.
 */
import { defined } from '../model/defined.ts';
import type { Definitions, Desired, DesiredToken, Guardrails, PolicyDefinition } from '../model/desired.ts';
import type { LiveToken } from '../model/live.ts';
import { rotationDue } from '../model/rotation-due.ts';
import { DAY, DAY_MS, formatDuration, HOUR, MINUTE, type Seconds } from '../model/time.ts';
import { TOKEN_TTL_SECONDS, type TokenType } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import { definedEntries, scalar, type YamlEntry } from './yaml-writer.ts';

/** The secret store that is added where there is none. */
export const FIRST_STORE = 'local';

/** The settings that a token takes from its policy; spans in seconds. */
export interface Policy {
  readonly name: string;
  readonly rotateBefore: Seconds;
  readonly jitter?: Seconds;
  readonly overlap: Seconds;
  readonly stores: readonly string[];
  readonly description?: string;
}

/** Finds or adds the policies of imported tokens. */
export class Policies {
  readonly #desired: Desired;
  readonly #definitions: Definitions;
  readonly #store: string | undefined;
  readonly #tokens: readonly LiveToken[];
  /** By the settings of a token; the new ones by their name without a number. */
  readonly #bySettings = new Map<string, Policy>();
  readonly #new = new Map<string, Policy>();
  readonly #added: YamlEntry[] = [];
  readonly #names: Set<string>;

  /**
   * @param tokens All tokens that may be imported: a new policy has a jitter when many of its tokens expire on one day.
   * @param store Where all replacements' secrets go; undefined: where a reused policy says.
   */
  constructor(desired: Desired, definitions: Definitions, tokens: readonly LiveToken[], store: string | undefined) {
    this.#tokens = tokens;
    this.#desired = desired;
    this.#definitions = definitions;
    this.#store = store;
    this.#names = new Set(definitions.policies.keys());
  }

  /** The policies to add. */
  get added(): readonly YamlEntry[] {
    return this.#added;
  }

  /** The policy for a live token. @throws UserError USAGE when a new one is needed and the secret store is ambiguous */
  of(token: LiveToken): Policy & { readonly lifetime: Lifetime } {
    const lifetime = lifetimeFor(token, this.#desired.guardrails);
    const signature = [token.type, lifetime.ttl, token.description ?? ''].join('\0');
    const known =
      this.#bySettings.get(signature) ?? this.#reused(token, lifetime.ttl) ?? this.#create(token.type, lifetime.ttl);
    this.#bySettings.set(signature, known);
    return { ...known, lifetime };
  }

  /** A policy with the token's settings that does not give its replacements another description. */
  #reused(token: LiveToken, ttl: Seconds | null): Policy | undefined {
    for (const [name, policy] of this.#definitions.policies) {
      if (policy.type !== token.type || policy.ttl !== ttl) continue;
      if (policy.description !== undefined && policy.description !== token.description) continue;
      if (this.#store !== undefined && policy.stores?.join() !== this.#store) continue;
      const complete = completed(name, policy);
      if (complete !== undefined) return complete;
    }
    return undefined;
  }

  #create(type: TokenType, ttl: Seconds | null): Policy {
    const plain = `${type}_${ttl === null ? 'never' : formatDuration(ttl)}`;
    const known = this.#new.get(plain);
    if (known !== undefined) return known;
    const name = unused(plain, this.#names);
    const store = this.#storeName();
    const times = ttl === null ? { rotateBefore: 0, overlap: DAY } : rotationTimes(ttl);
    const sameDay = ttl === null ? 0 : this.#mostOnOneDay(type, ttl);
    const jitter = sameDay < MANY_ON_ONE_DAY ? undefined : jitterFor(times.rotateBefore);
    this.#added.push({
      key: name,
      ...(jitter === undefined
        ? {}
        : { comment: `jitter spreads rotations: ${sameDay} of these tokens expire on one day` }),
      value: {
        layout: 'line',
        entries: definedEntries({
          type,
          ttl: ttl === null ? 'never' : formatDuration(ttl),
          rotate_before: ttl === null ? undefined : formatDuration(times.rotateBefore),
          jitter: jitter === undefined ? undefined : formatDuration(jitter),
          overlap: formatDuration(times.overlap),
          secret_store: scalar(store),
        }),
      },
    });
    const policy = { name, ...times, ...defined({ jitter }), stores: [store] };
    this.#new.set(plain, policy);
    return policy;
  }

  /** The largest number of tokens of a new policy that expire on the same day: they would always be rotated together. */
  #mostOnOneDay(type: TokenType, ttl: Seconds): number {
    const alike = this.#tokens.filter((token) => lifetimeFor(token, this.#desired.guardrails).ttl === ttl);
    const times = alike.flatMap((token) => (token.type === type ? (token.expiresAt ?? []) : []));
    const countOn = countsByDay(times);
    return times.reduce((most, time) => Math.max(most, countOn(time)), 0);
  }

  #storeName(): string {
    const stores = [...this.#desired.stores.keys()];
    if (this.#store !== undefined) return this.#store;
    const [only = FIRST_STORE, ...others] = stores;
    if (others.length === 0) return only;
    const message = `the configuration has ${stores.length} secret stores: ${stores.join(', ')}`;
    const hint = `Say which one gets the secrets of replacements, for example --store ${only}`;
    throw new UserError('USAGE', message, hint);
  }
}

function completed(
  name: string,
  { rotateBefore, jitter, overlap, stores, ttl, description }: PolicyDefinition,
): Policy | undefined {
  const before = ttl === null ? 0 : rotateBefore;
  if (before === undefined || overlap === undefined || stores === undefined) return undefined;
  const spread = jitter === undefined || ttl === null ? {} : { jitter };
  const described = defined({ description });
  return { name, rotateBefore: before, ...spread, overlap, stores, ...described };
}

/** A free name, which is then reserved: `standard`, else `standard_2`. */
export function unused(plain: string, names: Set<string>): string {
  let name = plain;
  for (let number = 2; names.has(name); number += 1) name = `${plain}_${number}`;
  names.add(name);
  return name;
}

/** If at least this many tokens of a policy expire on one day, the policy needs a jitter. */
export const MANY_ON_ONE_DAY = 10;

/** Counts the times that are on the same day (UTC) as a given one, itself included. All in milliseconds since 1970. */
export function countsByDay(times: readonly number[]): (time: number) => number {
  const counts = new Map<number, number>();
  const dayOf = (time: number) => Math.floor(time / DAY_MS);
  for (const day of times.map(dayOf)) counts.set(day, (counts.get(day) ?? 0) + 1);
  return (time) => counts.get(dayOf(time)) ?? 0;
}

/** Lifetime of the replacements of a token that never expires, where that is not allowed. */
const DEFAULT_TTL = 90 * DAY;
/** Seconds until a token may be due, so that its import can be confirmed, written and planned first. */
const GRACE = 10 * MINUTE;

/** The lifetime of a token's replacements. */
export interface Lifetime {
  /** Seconds; null: until revoked. */
  readonly ttl: Seconds | null;
  /** The live token never expires, or lives longer than the guardrails allow its replacements. */
  readonly shortened?: 'never' | 'long';
}

/** The lifetime of a token's replacements: the same as its own, rounded, within the guardrails. */
export function lifetimeFor({ createdAt, expiresAt }: LiveToken, guardrails: Guardrails): Lifetime {
  const longest = Math.min(guardrails.maxTokenTtl ?? TOKEN_TTL_SECONDS.max, TOKEN_TTL_SECONDS.max);
  if (expiresAt === null) {
    return guardrails.allowNeverExpiring ? { ttl: null } : { ttl: Math.min(DEFAULT_TTL, longest), shortened: 'never' };
  }
  const ttl = rounded((expiresAt - createdAt) / 1000);
  return ttl > longest ? { ttl: longest, shortened: 'long' } : { ttl };
}

/** Rounds to days from three days on, to hours from one hour on, else to five minutes, as a person would write it. */
function rounded(lifetime: number): Seconds {
  const unit = lifetime >= 3 * DAY ? DAY : lifetime >= HOUR ? HOUR : 5 * MINUTE;
  return Math.max(TOKEN_TTL_SECONDS.min, Math.round(lifetime / unit) * unit);
}

/** When tokens of such a lifetime are rotated, and how long both tokens are live: long enough for a weekend if possible. */
function rotationTimes(ttl: Seconds): { readonly rotateBefore: Seconds; readonly overlap: Seconds } {
  const rotateBefore = rotateBeforeFor(ttl);
  return { rotateBefore, overlap: Math.min(DAY, rotateBefore) };
}

function rotateBeforeFor(ttl: Seconds): Seconds {
  if (ttl >= 60 * DAY) return 14 * DAY;
  if (ttl >= 21 * DAY) return 7 * DAY;
  if (ttl >= 7 * DAY) return 3 * DAY;
  return roundedDown(ttl / 3);
}

/** The jitter of a policy of which many tokens expire on one day. */
export function jitterFor(rotateBefore: Seconds): Seconds {
  return roundedDown(rotateBefore / 2);
}

/** A shorter rotate_before, in seconds, for a token that would be due now; undefined when it is not due. */
export function postponedRotation(
  live: LiveToken,
  margins: Pick<DesiredToken, 'rotateBefore' | 'earlier'>,
  now: number,
): Seconds | undefined {
  const { rotateBefore } = margins;
  const due = rotationDue(margins, live, undefined);
  if (due === null || live.expiresAt === null || due >= now + GRACE * 1000) return undefined;
  return roundedDown(Math.min(rotateBefore, (live.expiresAt - now) / 1000) / 2);
}

/** Rounded down to days, hours or minutes, depending on the size. */
function roundedDown(seconds: number): Seconds {
  const unit = seconds >= 2 * DAY ? DAY : seconds >= 2 * HOUR ? HOUR : MINUTE;
  return Math.max(MINUTE, Math.floor(seconds / unit) * unit);
}
