import { randomUUID } from 'node:crypto';
import type { Secret } from '../model/secret.ts';
import type { TokenType } from '../model/tokens.ts';
import {
  RESERVED_TOKEN_NAMES,
  TOKEN_DESCRIPTION_LENGTH,
  TOKEN_NAME_LENGTH,
  TOKEN_TTL_SECONDS,
  TOKEN_TYPES,
} from '../model/tokens.ts';
import type { WireCreatedToken, WireToken } from '../model/wire.ts';
import { hashOf, newSecret } from './authentication.ts';
import { type Answer, accountOf, fault, ok, type RequestContext } from './endpoint.ts';
import type { Account, SandboxEvent, Token } from './organization-state.ts';
import { Issues } from './validation.ts';

/** POST /v1/users/{username}/tokens. Assumption: two tokens may have one name, as the facts forbid it nowhere. */
export function createToken({ store, rules, caller, username, body }: RequestContext): Promise<Answer> {
  const { name, type, ttl, description } = readTokenRequest(body);
  return store.write((state, at) => {
    const account = accountOf(state, username);
    if (!account.isServiceAccount && account.id !== caller.account.id) {
      throw fault('FORBIDDEN', 'Admins can create tokens for service accounts and for themselves only'); // assumption
    }
    if (account.isDeprovisioned) throw fault('FORBIDDEN', `User "${account.username}" is deprovisioned`); // assumption
    const made = issueToken(account, at, {
      name,
      type,
      ttl,
      ...(description !== undefined && rules.descriptions && { description }),
    });
    const answer: WireCreatedToken = { token: made.secret.reveal(), ...wireToken(made.token) };
    return { events: [made.event], result: ok(answer) };
  });
}

/** GET /v1/users/{username}/tokens: one page, oldest first. Assumption: expired tokens stay listed until deleted. */
export function listTokens({ store, username }: RequestContext): Answer {
  return ok({ tokens: [...accountOf(store.read(), username).tokens.values()].map(wireToken) });
}

/** DELETE /v1/users/{username}/tokens/{token_id}. */
export function deleteToken({ store, username, tokenId }: RequestContext): Promise<Answer> {
  return store.write((state, at) => {
    const account = accountOf(state, username);
    if (!account.tokens.has(tokenId)) throw fault('NOT_FOUND', `Token "${tokenId}" not found`); // assumption: words
    return { events: [{ at, event: 'token_deleted', account: account.username, id: tokenId }], result: ok({}) };
  });
}

/** A new token of an account: its secret, which goes into one answer, and the event, which has only its hash. */
export function issueToken(
  account: Account,
  at: number,
  asked: { name: string; type: TokenType; ttl: number | undefined; description?: string },
): { secret: Secret; token: Token; event: Extract<SandboxEvent, { event: 'token_created' }> } {
  const { name, type, ttl, description } = asked;
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
    read_only: type === 'read_scaling', // assumption: the facts do not say what makes a token read-only
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

function readTokenRequest(value: unknown): TokenRequest {
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
