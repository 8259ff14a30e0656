/** The policies that imported tokens come under: those of the configuration where one says the same, else new ones. */
import type { Definitions, PolicyDefinition } from '../model/definitions.ts';
import type { Desired } from '../model/desired.ts';
import { formatDuration, type Seconds } from '../model/duration.ts';
import type { LiveToken } from '../model/live.ts';
import type { TokenType } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import { type Life, lifeOf, timesOf } from './lives.ts';
import { entriesOf, scalar, type WrittenEntry } from './written.ts';

/** The store that is written where there is none. */
export const FIRST_STORE = 'local';

export interface Policy {
  readonly name: string;
  readonly rotateBefore: Seconds;
  readonly overlap: Seconds;
  readonly store: string;
  readonly description?: string;
}

export class Policies {
  readonly #desired: Desired;
  readonly #definitions: Definitions;
  readonly #wantedStore: string | undefined;
  /** By what a token has, and the new ones by their plain name. */
  readonly #known = new Map<string, Policy>();
  readonly #made = new Map<string, Policy>();
  readonly #added: WrittenEntry[] = [];
  readonly #names: Set<string>;

  /** `store` gets the secrets of all replacements; where it is undefined, a reused policy says which. */
  constructor(desired: Desired, definitions: Definitions, store: string | undefined) {
    this.#desired = desired;
    this.#definitions = definitions;
    this.#wantedStore = store;
    this.#names = new Set(definitions.policies.keys());
  }

  /** The policies to be written. */
  get added(): readonly WrittenEntry[] {
    return this.#added;
  }

  /** The policy for a live token. @throws UserError USAGE when it takes a new one and nobody says to which store secrets go */
  of(token: LiveToken): Policy & { readonly life: Life } {
    const life = lifeOf(token, this.#desired.guardrails);
    const signature = [token.type, life.ttl, token.description ?? ''].join('\0');
    const known = this.#known.get(signature) ?? this.#reused(token, life.ttl) ?? this.#new(token.type, life.ttl);
    this.#known.set(signature, known);
    return { ...known, life };
  }

  /** One that gives what the token has, and does not call its replacements something else. */
  #reused(token: LiveToken, ttl: Seconds | null): Policy | undefined {
    for (const [name, policy] of this.#definitions.policies) {
      if (policy.type !== token.type || policy.ttl !== ttl) continue;
      if (policy.description !== undefined && policy.description !== token.description) continue;
      if (this.#wantedStore !== undefined && policy.store !== this.#wantedStore) continue;
      const complete = completed(name, policy);
      if (complete !== undefined) return complete;
    }
    return undefined;
  }

  #new(type: TokenType, ttl: Seconds | null): Policy {
    const plain = `${type}_${ttl === null ? 'never' : formatDuration(ttl)}`;
    const known = this.#made.get(plain);
    if (known !== undefined) return known;
    const name = unused(plain, this.#names);
    const store = this.#store();
    const times = ttl === null ? { rotateBefore: 0, overlap: 86_400 } : timesOf(ttl);
    this.#added.push({
      key: name,
      value: {
        layout: 'line',
        entries: entriesOf({
          type,
          ttl: ttl === null ? 'never' : formatDuration(ttl),
          rotate_before: ttl === null ? undefined : formatDuration(times.rotateBefore),
          overlap: formatDuration(times.overlap),
          secret_store: scalar(store),
        }),
      },
    });
    const policy = { name, ...times, store };
    this.#made.set(plain, policy);
    return policy;
  }

  #store(): string {
    const stores = [...this.#desired.stores.keys()];
    if (this.#wantedStore !== undefined) return this.#wantedStore;
    const [only = FIRST_STORE, ...others] = stores;
    if (others.length === 0) return only;
    const message = `the configuration has ${stores.length} secret stores: ${stores.join(', ')}`;
    const hint = `Say where the secrets of replacements are to go: --store ${only}`;
    throw new UserError('USAGE', message, hint);
  }
}

function completed(
  name: string,
  { rotateBefore, overlap, store, ttl, description }: PolicyDefinition,
): Policy | undefined {
  const before = ttl === null ? 0 : rotateBefore;
  if (before === undefined || overlap === undefined || store === undefined) return undefined;
  return { name, rotateBefore: before, overlap, store, ...(description === undefined ? {} : { description }) };
}

/** A name that nothing has, and that nothing has from now on: `standard`, else `standard_2`. */
export function unused(plain: string, names: Set<string>): string {
  let name = plain;
  for (let number = 2; names.has(name); number += 1) name = `${plain}_${number}`;
  names.add(name);
  return name;
}
