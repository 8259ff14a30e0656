import { randomUUID } from 'node:crypto';
import type { Secret } from '../model/secret.ts';
import {
  RESERVED_TOKEN_NAMES,
  TOKEN_DESCRIPTION_LENGTH,
  TOKEN_NAME_LENGTH,
  TOKEN_TTL_SECONDS,
  TOKEN_TYPES,
  type TokenType,
} from '../model/tokens.ts';
import type { WireCreatedToken, WireToken } from '../model/wire.ts';
import { hashOf, newSecret } from './authentication.ts';
import { accountOf, nameTaken, ok, type RequestContext, RestError, type SandboxResponse } from './endpoint.ts';
import type { Account, SandboxEvent, Token } from './organization-state.ts';
import { Issues } from './validation.ts';

/** POST /v1/users/{username}/tokens. Assumption: names of expired tokens are free again. */
export function createToken({ store, settings, caller, username, body }: RequestContext): Promise<SandboxResponse> {
  const { name, type, ttl, description } = readTokenRequest(body);
  return store.write((state, at) => {
    const account = accountOf(state, username);
    if (!account.isServiceAccount && account.id !== caller.account.id) {
      throw new RestError('FORBIDDEN', 'Admins can create tokens for service accounts and for themselves only'); // assumption
    }
    if (account.isDeprovisioned) throw new RestError('FORBIDDEN', `User "${account.username}" is deprovisioned`); // assumption
    const isTaken = unexpiredTokens(account, at).some((token) => token.name === name);
    if (settings.token_names === 'unique' && isTaken) {
      throw nameTaken(settings, `A token with the name "${name}" already exists`, 'tokens_user_id_name');
    }
    const issued = issueToken(account, at, {
      name,
      type,
      ttl,
      ...(description !== undefined && settings.descriptions === 'kept' && { description }),
    });
    const created: WireCreatedToken = { token: issued.secret.reveal(), ...wireToken(issued.token) };
    return { events: [issued.event], result: ok(created) };
  });
}

/** GET /v1/users/{username}/tokens: one page, oldest first, without expired and revoked tokens. */
export function listTokens({ store, username }: RequestContext): SandboxResponse {
  return ok({ tokens: unexpiredTokens(accountOf(store.read(), username), store.now()).map(wireToken) });
}

/** The tokens that have not expired. @param now the sandbox's time, in milliseconds since 1970 */
export function unexpiredTokens(account: Account, now: number): readonly Token[] {
  return [...account.tokens.values()].filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
}

/** DELETE /v1/users/{username}/tokens/{token_id}. Assumption: an expired token is not found, as it is not listed. */
export function deleteToken({ store, username, tokenId }: RequestContext): Promise<SandboxResponse> {
  return store.write((state, at) => {
    const account = accountOf(state, username);
    if (!unexpiredTokens(account, at).some(({ id }) => id === tokenId))
      throw new RestError('NOT_FOUND', `Token "${tokenId}" not found`); // assumption: the text
    return { events: [{ at, event: 'token_deleted', account: account.username, id: tokenId }], result: ok({}) };
  });
}

/**
 * Makes a token for an account: its secret, which only one response contains, and the event, which has only its hash.
 *
 * @param at the sandbox's time, in milliseconds since 1970
 * @param request.ttl seconds; undefined: until revoked
 */
export function issueToken(
  account: Account,
  at: number,
  request: { name: string; type: TokenType; ttl: number | undefined; description?: string },
): { secret: Secret; token: Token; event: Extract<SandboxEvent, { event: 'token_created' }> } {
  const { name, type, ttl, description } = request;
  const id = randomUUID();
  const expiresAt = ttl === undefined ? null : at + ttl * 1000;
  const secret = newSecret({ userId: account.id, type, at, expiresAt });
  const hash = hashOf(secret);
  const optional = {
    ...(expiresAt !== null && { expires: expiresAt }),
    ...(description !== undefined && { description }),
  };
  return {
    secret,
    token: { id, name, type, hash, createdAt: at, expiresAt, description },
    event: { at, event: 'token_created', account: account.username, id, name, type, hash, ...optional },
  };
}

function wireToken({ id, name, type, createdAt, expiresAt, description }: Token): WireToken {
  return {
    id,
    name,
    ...(expiresAt !== null && { expire_at: new Date(expiresAt).toISOString() }),
    created_ts: new Date(createdAt).toISOString(),
    read_only: type === 'read_scaling', // assumption: nothing else makes a token read-only
    token_type: type,
    ...(description !== undefined && { description }),
  };
}

interface TokenRequest {
  readonly name: string;
  readonly type: TokenType;
  readonly ttl: number | undefined;
  readonly description: string | undefined;
}

function readTokenRequest(body: unknown): TokenRequest {
  const issues = new Issues();
  const root = issues.object(body, []);
  const { ttl, token_type: type, description } = root ?? {};
  const name = root && issues.string(root.name, ['name'], TOKEN_NAME_LENGTH);
  if (name !== undefined && RESERVED_TOKEN_NAMES.includes(name)) {
    issues.add('custom', `Token name "${name}" is reserved`, ['name']); // assumption: the text
  }
  const request = {
    name: name ?? '',
    ttl: ttl === undefined ? undefined : issues.integer(ttl, ['ttl'], TOKEN_TTL_SECONDS),
    type: type === undefined ? 'read_write' : (issues.oneOf(type, ['token_type'], TOKEN_TYPES) ?? 'read_write'),
    // MotherDuck stores an empty description as null, so it is accepted and dropped.
    description:
      description === undefined
        ? undefined
        : issues.string(description, ['description'], { max: TOKEN_DESCRIPTION_LENGTH.max }) || undefined,
  } as const;
  return issues.check(request);
}
