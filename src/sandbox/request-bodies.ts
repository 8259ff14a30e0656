import { COOLDOWN_SECONDS, POOL_SIZE, SIZES, sizeFacts } from '../model/ducklings.ts';
import {
  RESERVED_TOKEN_NAMES,
  TOKEN_DESCRIPTION_LENGTH,
  TOKEN_NAME_LENGTH,
  TOKEN_TTL_SECONDS,
  TOKEN_TYPES,
  type TokenType,
} from '../model/tokens.ts';
import type { WireDucklings } from '../model/wire.ts';
import { Issues } from './validation-issues.ts';

/** What each endpoint takes from a request. Every reader throws a Fault BAD_REQUEST with all that is wrong. */

const USERNAME_LENGTH = { min: 3, max: 255 } as const;

/** `{username}`. MotherDuck's runtime also takes Unicode letters (REST API facts); the rules are its own, not our program's. */
export function readUsername(body: unknown): string {
  const issues = new Issues();
  const root = issues.object(body, []);
  const username = root && issues.string(root.username, ['username'], USERNAME_LENGTH);
  if (username !== undefined && !/^\p{L}/u.test(username)) {
    issues.add('invalid_string', 'Username must start with an alphabetic character', ['username']);
  }
  if (username !== undefined && !/^[\p{L}0-9_]*$/u.test(username)) {
    // assumption: the facts give the rule but not these words
    issues.add('invalid_string', 'Username can only contain alphanumeric characters and underscores', ['username']);
  }
  issues.check();
  return username ?? '';
}

export interface TokenRequest {
  readonly name: string;
  readonly type: TokenType;
  readonly ttl: number | undefined;
  readonly description: string | undefined;
}

export function readTokenRequest(value: unknown): TokenRequest {
  const issues = new Issues();
  const root = issues.object(value, []);
  const { ttl, token_type: type, description } = root ?? {};
  const name = root && issues.string(root.name, ['name'], TOKEN_NAME_LENGTH);
  if (name !== undefined && RESERVED_TOKEN_NAMES.includes(name)) {
    issues.add('custom', `Token name "${name}" is reserved`, ['name']); // assumption: these words
  }
  const request = {
    name: name ?? '',
    ttl: ttl === undefined ? undefined : issues.integer(ttl, ['ttl'], TOKEN_TTL_SECONDS),
    type: type === undefined ? 'read_write' : (issues.oneOf(type, ['token_type'], TOKEN_TYPES) ?? 'read_write'),
    // An empty one is stored as null (REST API facts), so it is taken here and dropped.
    description:
      description === undefined
        ? undefined
        : issues.string(description, ['description'], { max: TOKEN_DESCRIPTION_LENGTH.max }) || undefined,
  } as const;
  issues.check();
  return request;
}

/** `{config:{read_write, read_scaling}}`; both parts are required. */
export function readDucklings(body: unknown): WireDucklings {
  const issues = new Issues();
  const root = issues.object(body, []);
  const config = root && issues.object(root.config, ['config']);
  const readWrite = readDuckling(issues, config, 'read_write');
  const readScaling = readDuckling(issues, config, 'read_scaling');
  const flock =
    readScaling && issues.integer(readScaling.part.flock_size, [...readScaling.path, 'flock_size'], POOL_SIZE);
  issues.check();
  return {
    read_write: readWrite?.duckling ?? { instance_size: 'pulse' },
    read_scaling: { ...(readScaling?.duckling ?? { instance_size: 'pulse' }), flock_size: flock ?? 0 },
  };
}

function readDuckling(issues: Issues, config: Record<string, unknown> | undefined, name: TokenType) {
  const path = ['config', name];
  const part = config && issues.object(config[name], path);
  if (part === undefined) return undefined;
  const size = issues.oneOf(part.instance_size, [...path, 'instance_size'], SIZES);
  const asked = part.cooldown_seconds;
  const cooldown =
    asked === undefined ? undefined : issues.integer(asked, [...path, 'cooldown_seconds'], COOLDOWN_SECONDS);
  if (size !== undefined && !sizeFacts(size).cooldown.settable && cooldown !== undefined) {
    issues.add(
      'custom',
      `cooldown_seconds cannot be set for ${size.charAt(0).toUpperCase()}${size.slice(1)} instances`,
      [...path, 'cooldown_seconds'],
    );
  }
  const duckling = {
    instance_size: size ?? 'pulse',
    ...(cooldown !== undefined && { cooldown_seconds: cooldown }),
  } as const;
  return { part, path, duckling };
}

export interface UserQuery {
  readonly isServiceAccount: boolean | undefined;
  readonly isDeprovisioned: boolean | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Assumption: 100 users a page unless `limit` says otherwise, at most 1000 ("1000 works" is all the facts say). */
const PAGE = { default: 100, min: 1, max: 1000 } as const;

export function readUserQuery(query: URLSearchParams): UserQuery {
  const issues = new Issues();
  const flag = (name: string): boolean | undefined => {
    const value = query.get(name);
    return value === null ? undefined : issues.oneOf(value, [name], ['true', 'false']) === 'true';
  };
  const limit = query.get('limit');
  const pageToken = query.get('page_token');
  const offset = pageToken === null ? 0 : readPageToken(pageToken);
  if (offset === undefined) issues.add('custom', 'Invalid page token', ['page_token']);
  const read = {
    isServiceAccount: flag('is_service_account'),
    isDeprovisioned: flag('is_deprovisioned'),
    limit:
      limit === null ? PAGE.default : (issues.integer(Number(limit || Number.NaN), ['limit'], PAGE) ?? PAGE.default),
    offset: offset ?? 0,
  };
  issues.check();
  return read;
}

/** A page token is opaque to clients; here it is the place in the list, so an insertion shifts it as the facts say. */
export function writePageToken(offset: number): string {
  return Buffer.from(`users:${offset}`).toString('base64url');
}

function readPageToken(token: string): number | undefined {
  const match = /^users:(\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString());
  return match === null ? undefined : Number(match[1]);
}
