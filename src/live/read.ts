/**
 * Reads the live organization with as few requests as possible.
 *
 * The list of users comes first. If it is complete, accounts that it lacks and that were never managed are absent, and only
 * the others need requests of their own: for their tokens and, if the configuration manages them, their Ducklings. A managed
 * account that the list lacks, and without the list each account, is looked up by its Ducklings, since MotherDuck has no
 * `GET /v1/users/{username}`. An account that cannot be read is `unknown` and does not stop the others.
 */
import { defined } from '../model/defined.ts';
import {
  chooseUsers,
  isServiceAccountInUse,
  type Live,
  type LiveAccount,
  type LiveUser,
  type Presence,
} from '../model/live.ts';
import type { State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { WireUser } from '../model/wire.ts';
import { inParallel } from '../motherduck/concurrency.ts';
import { ApiError } from '../motherduck/transport-errors.ts';
import { type AccountRequest, type LiveApi, readAccount } from './account.ts';

/** Which accounts are read, and how. */
export interface LiveRequest {
  readonly api: LiveApi;
  /** The accounts of the configuration and the state; repeated names are merged. */
  readonly names: readonly { readonly username: string; readonly needsDucklings: boolean }[];
  /** The managed accounts: one is absent only if a request for that account says so. */
  readonly managed: State['accounts'];
  /** Read only accounts that the list lacks: whether they are there is all that is asked. */
  readonly isAbsenceOnly?: boolean;
  /** Selects other listed service accounts, which are read with their Ducklings; default none. */
  readonly others?: (user: LiveUser) => boolean;
  /** Maximum number of accounts that are read at once. */
  readonly parallelism: number;
  /** Called after each account. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Reads the organization. An error that concerns all accounts is thrown once instead of being reported for each of them.
 *
 * @throws ApiError if the token is refused, MotherDuck cannot be reached, or all accounts fail for lack of permission
 * @throws UserError INTERRUPTED
 */
export async function readLive(request: LiveRequest): Promise<Live> {
  const { api, signal } = request;
  stopIf(signal);
  const users = await listUsers(api);
  const requested = toRequests([...request.names, ...otherNames(request, users)], users, request.managed).filter(
    ({ user }) => user === undefined || !request.isAbsenceOnly,
  );
  const accounts = new Map<string, Presence<LiveAccount>>(requested.map(({ key }) => [key, { presence: 'absent' }]));
  const toRead = requested.filter(({ certainlyAbsent }) => !certainlyAbsent);

  let done = 0;
  await inParallel(toRead, request.parallelism, async (account) => {
    stopIf(signal);
    accounts.set(account.key, await readAccount(api, account));
    done += 1;
    request.onProgress?.(done, toRead.length);
  });
  stopIf(signal);

  throwIfAllFailAlike(
    toRead.map(({ key }) => accounts.get(key)).filter((one) => one !== undefined),
    users,
  );
  return { now: api.now(), accounts: withoutRepeatedIds(accounts), users };
}

/** MotherDuck gives an id once, and the state tells tokens by it: those of two accounts with the same id are unreadable. */
function withoutRepeatedIds(accounts: Map<string, Presence<LiveAccount>>): Map<string, Presence<LiveAccount>> {
  const owners = new Map<string, string>();
  const repeated = new Set<string>();
  for (const [key, account] of accounts) {
    if (account.presence !== 'present') continue;
    for (const { id } of account.value.tokens) {
      if ((owners.get(id) ?? key) !== key) repeated.add(id);
      owners.set(id, key);
    }
  }
  if (repeated.size === 0) return accounts;
  const why = 'a token of another account has the same id';
  for (const [key, account] of accounts) {
    if (account.presence !== 'present') continue;
    const { tokens, unreadableTokens = [] } = account.value;
    const odd = tokens.filter(({ id }) => repeated.has(id)).map(({ id, name }) => ({ id, name, why }));
    if (odd.length === 0) continue;
    const readable = tokens.filter(({ id }) => !repeated.has(id));
    const value = { ...account.value, tokens: readable, unreadableTokens: [...unreadableTokens, ...odd] };
    accounts.set(key, { ...account, value });
  }
  return accounts;
}

type Users = Exclude<Live['users'], { readonly listed: false }> | { readonly listed: false; readonly why: ApiError };

/** Lists users, which is new (October 2026): without it in the region the status is 404, without the privilege 403. */
async function listUsers(api: LiveApi): Promise<Users> {
  try {
    const { users, ...count } = await api.listUsers();
    return { listed: true, all: users.map(toUser), ...count };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.failure === 'forbidden' || error.status === 404) return { listed: false, why: error };
    throw error;
  }
}

function otherNames({ others }: LiveRequest, users: Users): LiveRequest['names'] {
  if (others === undefined || !users.listed) return [];
  const selected = users.all.filter((user) => isServiceAccountInUse(user) && others(user));
  return selected.map(({ username }) => ({ username, needsDucklings: true }));
}

function toRequests(
  names: LiveRequest['names'],
  users: Users,
  managed: LiveRequest['managed'],
): (AccountRequest & { certainlyAbsent: boolean })[] {
  const byAccount = new Map<string, { username: string; needsDucklings: boolean }>();
  for (const { username, needsDucklings } of names) {
    const before = byAccount.get(accountKey(username));
    const needs = needsDucklings || before?.needsDucklings === true;
    byAccount.set(accountKey(username), { username: before?.username ?? username, needsDucklings: needs });
  }
  const byKey = users.listed ? chooseUsers(users.all, (user) => user.isDeprovisioned) : new Map<string, LiveUser>();
  const isComplete = users.listed && users.complete;
  return [...byAccount].map(([key, { username, needsDucklings }]) => {
    const user = byKey.get(key);
    const certainlyAbsent = isComplete && user === undefined && !managed.has(key);
    return { key, username, needsDucklings, user, managed: managed.get(key), certainlyAbsent };
  });
}

/** Throws the error that all accounts have in common, unless it concerns each account by itself. */
function throwIfAllFailAlike(read: readonly Presence<LiveAccount>[], users: Users): void {
  const errors = read.flatMap((one) =>
    one.presence === 'unknown' && one.error instanceof ApiError ? [one.error] : [],
  );
  const [first] = errors;
  if (first === undefined || errors.length < read.length) return;
  if (errors.some(({ failure }) => failure !== first.failure)) return;
  // Neither the list nor any account can be read: the address is not MotherDuck's.
  const isWrongAddress = first.failure === 'not_motherduck' && !users.listed;
  if (isWrongAddress || first.failure === 'forbidden' || first.failure === 'unauthorized') throw first;
}

function stopIf(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new UserError(
    'INTERRUPTED',
    'reading the organization was interrupted',
    'Nothing was changed. Run the command again.',
  );
}

/** Converts a user of the REST API. */
function toUser(wire: WireUser): LiveUser {
  return {
    id: wire.id,
    username: wire.username,
    ...(wire.email === null ? {} : { email: wire.email }),
    isServiceAccount: wire.is_service_account,
    isDeprovisioned: wire.is_deprovisioned,
    roles: wire.roles,
    ...defined({ unreadable: wire.unreadable }),
  };
}
