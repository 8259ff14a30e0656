/** MotherDuck's responses, read field by field into the shapes of model/wire.ts. */
import { defined } from '../model/defined.ts';
import { type Ducklings, SIZES } from '../model/ducklings.ts';
import { NEW_AT_MOTHERDUCK } from '../model/hints.ts';
import { hasJwt } from '../model/jwt.ts';
import { nameShown } from '../model/secret-name.ts';
import { isoTime, parseTime } from '../model/time.ts';
import { TOKEN_TYPES, type TokenType } from '../model/tokens.ts';
import type { WireActiveAccounts, WireDucklings, WireToken, WireTokenRequest, WireUser } from '../model/wire.ts';
import { effectOf, notMotherDuck, type ResponseContext } from './response.ts';
import { ApiError } from './transport-errors.ts';

/** No longer one can be kept in the state. */
const ID_LENGTH = 1000;

/** Reads a user. An unknown value of one user must not stop the others; a user that may be a service account counts as one. */
export function readUser(user: WireFields): WireUser {
  const problems: string[] = [];
  const read = <T>(field: () => T, otherwise: T): T => noting(field, otherwise, problems);
  const id = read(() => user.id('id'), '');
  return {
    id,
    username: nameShown(lenient(() => user.textOr('username', '')) ?? '', id),
    email: lenient(() => user.textOr('email', null)) ?? null,
    first_name: lenient(() => user.textOr('first_name', null)) ?? null,
    last_name: lenient(() => user.textOr('last_name', null)) ?? null,
    is_service_account: read(() => user.flag('is_service_account'), true),
    is_deprovisioned: read(() => user.flag('is_deprovisioned'), false),
    roles: read(() => user.texts('roles'), []),
    ...optional('unreadable', problems[0]),
  };
}

/** Reads a token's record, which has no secret. One without an id is known by its name alone. @throws ApiError without both */
export function readToken(token: WireFields): WireToken {
  const problems: string[] = [];
  const read = <T>(field: () => T, otherwise: T): T => noting(field, otherwise, problems);
  const type = read<TokenType>(() => token.word('token_type', TOKEN_TYPES), 'read_write');
  const hasName = (lenient(() => token.filled('name')) ?? '') !== '';
  const id = hasName ? read(() => token.id('id'), '') : token.id('id');
  const shown = (text: string | undefined) => (text === undefined ? undefined : nameShown(text, id));
  return {
    id,
    created_ts: read(() => token.text('created_ts'), ''),
    read_only: lenient(() => token.flag('read_only')) ?? type === 'read_scaling',
    token_type: type,
    ...optional(
      'name',
      read(() => shown(token.textOr('name', undefined)), undefined),
    ),
    ...optional(
      'expire_at',
      read(() => token.textOr('expire_at', undefined), undefined),
    ),
    ...optional(
      'description',
      lenient(() => shown(token.textOr('description', undefined))),
    ),
    ...optional('unreadable', problems[0]),
  };
}

/**
 * Reads the record of a new token. Only its id is required: its secret cannot be had again, so other fields that are
 * missing or invalid are taken from the request instead of failing.
 *
 * @param now MotherDuck's time, in milliseconds since 1970
 * @throws ApiError if the id is missing or cannot be one
 */
export function readCreatedToken(token: WireFields, request: WireTokenRequest, now: number): WireToken {
  const type: TokenType = request.token_type ?? 'read_write';
  const expiry = request.ttl === undefined ? undefined : isoTime(now + request.ttl * 1000);
  const kept = request.description === undefined ? undefined : lenient(() => token.textOr('description', undefined));
  return {
    id: token.id('id'),
    name: lenient(() => token.text('name')) ?? request.name,
    created_ts: lenient(() => token.time('created_ts')) ?? isoTime(now),
    token_type: lenient(() => token.word('token_type', TOKEN_TYPES)) ?? type,
    read_only: lenient(() => token.flag('read_only')) ?? type === 'read_scaling',
    ...optional('expire_at', lenient(() => token.timeOr('expire_at', undefined)) ?? expiry),
    ...optional('description', kept),
  };
}

/** Reads an account's Ducklings. */
export function readDucklings(ducklings: WireFields): WireDucklings {
  const readWrite = ducklings.object('read_write');
  const readScaling = ducklings.object('read_scaling');
  return {
    read_write: {
      instance_size: readWrite.word('instance_size', SIZES),
      ...optional('cooldown_seconds', readWrite.integerOr('cooldown_seconds', undefined)),
    },
    read_scaling: {
      instance_size: readScaling.word('instance_size', SIZES),
      flock_size: readScaling.integer('flock_size'),
      ...optional('cooldown_seconds', readScaling.integerOr('cooldown_seconds', undefined)),
    },
  };
}

/** Reads an account with its running Ducklings. */
export function readActiveAccount(account: WireFields): WireActiveAccounts['accounts'][number] {
  return {
    username: account.text('username'),
    // One of another type is not counted; one of another status may be running.
    ducklings: account.objects('ducklings').flatMap((duckling) => {
      const type = lenient(() => duckling.word('type', TOKEN_TYPES));
      const status = lenient(() => duckling.word('status', ['active', 'cooldown'] as const)) ?? 'active';
      return type === undefined ? [] : [{ id: duckling.text('id'), type, status }];
    }),
  };
}

/** Reads a field; one that cannot be read has another value, and why is noted. */
function noting<T>(read: () => T, otherwise: T, problems: string[]): T {
  try {
    return read();
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return otherwise;
  }
}

function lenient<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  const some: { [P in K]?: V } = {};
  if (value !== undefined) some[key] = value;
  return some;
}

/** A response of MotherDuck with a value that this version does not know. */
export class UnknownValue extends ApiError {}

/**
 * Reads a response's JSON field by field. A required field that is missing or has the wrong type is an ApiError, which
 * names the field but not its value. Fields that are not read are ignored; null counts as missing.
 */
export class WireFields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #context: ResponseContext;

  constructor(json: unknown, context: ResponseContext, path = '') {
    this.#path = path;
    this.#context = context;
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw notMotherDuck(context, path === '' ? 'it is not a JSON object' : `"${path}" is not an object`);
    }
    this.#fields = { ...json };
  }

  text(name: string): string {
    const value = this.#fields[name];
    return typeof value === 'string' ? value : this.#wrong(name, 'a string');
  }

  /** What MotherDuck tells one thing from others by, which the state keeps. */
  id(name: string): string {
    const id = this.filled(name);
    return id.length > ID_LENGTH || hasJwt(id) ? this.#wrong(name, 'an id') : id;
  }

  /** A text that is not blank. */
  filled(name: string): string {
    const text = this.text(name);
    return text.trim() === '' ? this.#wrong(name, 'filled') : text;
  }

  textOr<T>(name: string, otherwise: T): string | T {
    return this.#lacks(name) ? otherwise : this.text(name);
  }

  /** An ISO 8601 time, as `isoTime` writes it, whatever else the text has: it reaches the commands of secret stores. */
  time(name: string): string {
    const at = parseTime(this.text(name));
    return at === undefined ? this.#wrong(name, 'a time') : isoTime(at);
  }

  timeOr<T>(name: string, otherwise: T): string | T {
    return this.#lacks(name) ? otherwise : this.time(name);
  }

  flag(name: string): boolean {
    const value = this.#fields[name];
    return typeof value === 'boolean' ? value : this.#wrong(name, 'true or false');
  }

  integer(name: string): number {
    const value = this.#fields[name];
    return Number.isSafeInteger(value) ? Number(value) : this.#wrong(name, 'an integer');
  }

  integerOr<T>(name: string, otherwise: T): number | T {
    return this.#lacks(name) ? otherwise : this.integer(name);
  }

  object(name: string): WireFields {
    return new WireFields(this.#fields[name], this.#context, this.#pathOf(name));
  }

  objects(name: string): WireFields[] {
    const list = this.#fields[name];
    if (!Array.isArray(list)) return this.#wrong(name, 'a list');
    return list.map((item: unknown, at) => new WireFields(item ?? {}, this.#context, `${this.#pathOf(name)}[${at}]`));
  }

  texts(name: string): string[] {
    const list = this.#lacks(name) ? [] : this.#fields[name];
    if (!Array.isArray(list) || !list.every((item) => typeof item === 'string'))
      return this.#wrong(name, 'a list of strings');
    return list;
  }

  /** Reads one of the known values. Any other one is an error, since its meaning cannot be guessed. */
  word<T extends string>(name: string, known: readonly T[]): T {
    const text = this.text(name);
    return known.find((word) => word === text) ?? this.#unknown(name, text, known);
  }

  #lacks(name: string): boolean {
    return this.#fields[name] === undefined || this.#fields[name] === null;
  }

  #pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  #wrong(name: string, expected: string): never {
    throw notMotherDuck(
      this.#context,
      `"${this.#pathOf(name)}" is ${this.#lacks(name) ? 'missing' : `not ${expected}`}`,
    );
  }

  #unknown(name: string, text: string, known: readonly string[]): never {
    const { call, status, printable } = this.#context;
    throw new UnknownValue(
      'not_motherduck',
      'API_FAILED',
      `${call}: "${this.#pathOf(name)}" is "${printable(text).slice(0, 60)}", which this version does not know (it knows ${known.join(', ')})`,
      NEW_AT_MOTHERDUCK,
      { call, status, effect: effectOf(this.#context, true) },
    );
  }
}

/** Converts the REST API's `instance_size`, `flock_size` and `cooldown_seconds` to `size`, `pool_size` and `cooldown`. */
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

/** The reverse of `fromWire`. */
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
  return defined({ cooldown: seconds });
}

function secondsOf(cooldown: number | undefined): { cooldown_seconds?: number } {
  return defined({ cooldown_seconds: cooldown });
}
