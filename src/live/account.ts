import { compareText } from '../model/collections.ts';
import { defined } from '../model/defined.ts';
import { NEW_AT_MOTHERDUCK, secretAccountFix } from '../model/hints.ts';
import {
  type LiveAccount,
  type LiveToken,
  type LiveUser,
  listedTokens,
  type Presence,
  type UnreadableToken,
} from '../model/live.ts';
import { isSecretName } from '../model/secret-name.ts';
import type { StateAccount } from '../model/state.ts';
import { parseTime } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import type { WireToken } from '../model/wire.ts';
import type { Api } from '../motherduck/api.ts';
import { ApiError } from '../motherduck/transport-errors.ts';
import { fromWire, UnknownValue } from '../motherduck/wire.ts';

/** The part of the API that reading uses. */
export type LiveApi = Pick<Api, 'listUsers' | 'listTokens' | 'getDucklings' | 'now'>;

/** An account to read. */
export interface AccountRequest {
  readonly key: string;
  /** As the configuration or the state spells it. */
  readonly username: string;
  readonly needsDucklings: boolean;
  /** From the list of users; undefined when it cannot be listed, or the list is incomplete and lacks it. */
  readonly user: LiveUser | undefined;
  /** What the state has of it. */
  readonly managed: StateAccount | undefined;
}

/** Reads one account. @throws ApiError if the token is refused, which concerns every account */
export async function readAccount(api: LiveApi, request: AccountRequest): Promise<Presence<LiveAccount>> {
  const { user } = request;
  // The name would be in the address of each request.
  if (user !== undefined && isSecretName(user.username)) return { presence: 'unknown', error: secretName(user) };
  // Humans' tokens are not managed, so they are not read: a plan only needs to know that the name is taken.
  if (user?.unreadable !== undefined) return { presence: 'unknown', error: unreadable(user.username, user.unreadable) };
  if (user !== undefined && !user.isServiceAccount) return present({ username: user.username, user, tokens: [] });
  try {
    const account = await (user === undefined ? probe(api, request) : readListed(api, request, user));
    refuseUnidentified(account, request, api.now());
    return present(account);
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

/**
 * Refuses a token without an id that may be one of the state's: only where all of those are listed, or have expired, is it another.
 *
 * @throws UserError ACCOUNT_UNREADABLE
 */
function refuseUnidentified(account: LiveAccount, { managed }: AccountRequest, now: number): void {
  const unidentified = account.unreadableTokens?.find(({ id }) => id === '');
  if (unidentified === undefined || managed === undefined) return;
  const { ids } = listedTokens(account);
  const isMissing = (record: { readonly id: string; readonly expires_at: string | null }) =>
    !ids.has(record.id) && (record.expires_at === null || Date.parse(record.expires_at) > now);
  const isAnyMissing = [...managed.tokens.values()].some(
    ({ current, retiring }) => (current !== undefined && isMissing(current)) || retiring.some(isMissing),
  );
  if (isAnyMissing) throw unreadable(account.username, unidentified.why);
}

function present(value: LiveAccount): Presence<LiveAccount> {
  return { presence: 'present', value };
}

async function readListed(api: LiveApi, request: AccountRequest, user: LiveUser): Promise<LiveAccount> {
  const { username } = user;
  const reads = [
    api.listTokens(username),
    request.needsDucklings ? readDucklings(api, username) : Promise.resolve({}),
  ] as const;
  // Waits for both even if one fails, so that no request is still running afterwards.
  await Promise.allSettled(reads);
  const [tokens, ducklings] = await Promise.all(reads);
  return {
    username,
    user,
    ...toTokens(tokens),
    ...ducklings,
  };
}

/** Reads an account that is not in the list. @throws ApiError with the failure `absent` if it does not exist */
async function probe(api: LiveApi, { username, needsDucklings }: AccountRequest): Promise<LiveAccount> {
  const ducklings = await readDucklings(api, username);
  const tokens = toTokens(await api.listTokens(username));
  return { username, ...tokens, ...(needsDucklings ? ducklings : {}) };
}

/** A size that this version does not know leaves the tokens of the account as they are known. */
async function readDucklings(
  api: LiveApi,
  username: string,
): Promise<Pick<LiveAccount, 'ducklings' | 'unreadableDucklings'>> {
  try {
    return { ducklings: fromWire(await api.getDucklings(username)) };
  } catch (error) {
    if (error instanceof UnknownValue) return { unreadableDucklings: error };
    throw error;
  }
}

/** The oldest first, so that a plan lists generations in their order. */
function byAge(a: WireToken, b: WireToken): number {
  return compareText(a.created_ts, b.created_ts) || compareText(a.id, b.id);
}

function toTokens(all: readonly WireToken[]): Pick<LiveAccount, 'tokens' | 'unreadableTokens'> {
  const tokens: LiveToken[] = [];
  const unreadableTokens: UnreadableToken[] = [];
  for (const wire of [...all].sort(byAge)) {
    const token = toToken(wire);
    if ('why' in token) unreadableTokens.push(token);
    else tokens.push(token);
  }
  return { tokens, ...(unreadableTokens.length > 0 ? { unreadableTokens } : {}) };
}

function toToken(wire: WireToken): LiveToken | UnreadableToken {
  const { id, name = '', token_type: type, description, expire_at: expiry } = wire;
  const createdAt = parseTime(wire.created_ts);
  const expiresAt = expiry === undefined ? null : parseTime(expiry);
  if (wire.unreadable !== undefined) return { id, name, why: wire.unreadable };
  if (createdAt === undefined) return { id, name, why: 'it has an invalid "created_ts"' };
  if (expiresAt === undefined) return { id, name, why: 'it has an invalid "expire_at"' };
  return { id, name, type, createdAt, expiresAt, ...defined({ description }) };
}

function secretName({ username, id }: LiveUser): UserError {
  return new UserError('ACCOUNT_UNREADABLE', `${username} is not read: its name is a secret`, secretAccountFix(id));
}

function unreadable(username: string, why: string): UserError {
  return new UserError('ACCOUNT_UNREADABLE', `${username} cannot be read: ${why}`, NEW_AT_MOTHERDUCK);
}
