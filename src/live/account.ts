import type { LiveAccount, LiveToken, LiveUser, Presence } from '../model/live.ts';
import { UserError } from '../model/user-error.ts';
import type { WireToken } from '../model/wire.ts';
import type { Api } from '../motherduck/api.ts';
import { ApiError } from '../motherduck/transport-errors.ts';
import { fromWire } from '../motherduck/wire.ts';

/** The part of the API that reading uses. */
export type LiveApi = Pick<Api, 'listUsers' | 'listTokens' | 'getDucklings' | 'now'>;

export interface AccountRequest {
  readonly key: string;
  /** As the configuration or the state spells it. */
  readonly username: string;
  readonly needsDucklings: boolean;
  /** From the list of users; undefined when it cannot be listed, or the list is incomplete and lacks it. */
  readonly user: LiveUser | undefined;
}

/** Reads one account. @throws ApiError if the token is refused, which concerns every account */
export async function readAccount(api: LiveApi, request: AccountRequest): Promise<Presence<LiveAccount>> {
  const { user } = request;
  // Humans' tokens are not managed, so they are not read: a plan only needs to know that the name is taken.
  if (user !== undefined && !user.isServiceAccount) return present({ username: user.username, user, tokens: [] });
  try {
    return present(await (user === undefined ? probe(api, request) : readListed(api, request, user)));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const failure = error instanceof ApiError ? error.failure : undefined;
    if (failure === 'unauthorized') throw error;
    if (failure !== 'absent') return { presence: 'unknown', error };
    // A deprovisioned user's name is still taken: if it were absent, a plan would create it.
    if (user?.isDeprovisioned === true) return present({ username: user.username, user, tokens: [] });
    return { presence: 'absent' };
  }
}

function present(value: LiveAccount): Presence<LiveAccount> {
  return { presence: 'present', value };
}

async function readListed(api: LiveApi, request: AccountRequest, user: LiveUser): Promise<LiveAccount> {
  const { username } = user;
  const reads = [
    api.listTokens(username),
    request.needsDucklings ? api.getDucklings(username) : Promise.resolve(undefined),
  ] as const;
  // Waits for both even if one fails, so that no request is still running afterwards.
  await Promise.allSettled(reads);
  const [tokens, ducklings] = await Promise.all(reads);
  return {
    username,
    user,
    tokens: toTokens(username, tokens),
    ...(ducklings && { ducklings: fromWire(ducklings) }),
  };
}

/** Reads an account that is not in the list. @throws ApiError with the failure `absent` if it does not exist */
async function probe(api: LiveApi, { username, needsDucklings }: AccountRequest): Promise<LiveAccount> {
  const ducklings = await api.getDucklings(username);
  const tokens = toTokens(username, await api.listTokens(username));
  return { username, tokens, ...(needsDucklings ? { ducklings: fromWire(ducklings) } : {}) };
}

function toTokens(username: string, tokens: readonly WireToken[]): LiveToken[] {
  return tokens.map((token) => toToken(username, token)).sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

function toToken(username: string, wire: WireToken): LiveToken {
  return {
    id: wire.id,
    name: wire.name ?? '',
    type: wire.token_type,
    createdAt: toTime(username, 'created_ts', wire.created_ts),
    expiresAt: wire.expire_at === undefined ? null : toTime(username, 'expire_at', wire.expire_at),
    ...(wire.description === undefined ? {} : { description: wire.description }),
  };
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?$/i;

/**
 * Parses an ISO 8601 time into milliseconds since 1970; without a zone it is UTC.
 *
 * @throws UserError ACCOUNT_UNREADABLE
 */
function toTime(username: string, field: string, text: string): number {
  const [, , , zone] = ISO_TIME.exec(text) ?? [];
  const milliseconds = ISO_TIME.test(text) ? Date.parse(zone === undefined ? `${text}Z` : text) : Number.NaN;
  if (!Number.isNaN(milliseconds)) return milliseconds;
  throw new UserError(
    'ACCOUNT_UNREADABLE',
    `a token of ${username} has an invalid "${field}"`,
    'It is needed to plan rotations. Check --api-url, or install a newer version of motherduck-accounts.',
  );
}
