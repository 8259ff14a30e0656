/**
 * Live: one reading of the organization, in as few requests as answer the question.
 *
 * The list of users comes first. If it is complete, it settles which accounts are absent, and only those that are
 * present cost requests of their own: their tokens and, where the configuration manages them, their Ducklings.
 * Where the list is refused or not offered, each account is asked for by its Ducklings, since MotherDuck has no
 * `GET /v1/users/{username}`. One account that cannot be read is unknown and does not stop the others.
 */
import type { Live, LiveAccount, LiveUser, Presence } from '../model/live.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { WireUser } from '../model/wire.ts';
import type { Api } from '../motherduck/api.ts';
import { inParallel } from '../motherduck/concurrency.ts';
import { ApiError } from '../motherduck/transport-errors.ts';
import { type AccountRequest, readAccount } from './account.ts';

export interface LiveQuestion {
  readonly api: Api;
  /** The accounts that the configuration or the state names; repeats are put together. */
  readonly names: readonly { readonly username: string; readonly needsDucklings: boolean }[];
  /** Which of the other listed service accounts are read too, with their Ducklings; none unless given. */
  readonly others?: (user: LiveUser) => boolean;
  /** Accounts that are read at the same time. */
  readonly parallelism: number;
  /** Told after every account that was read. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Reads the organization. Throws when nothing can be said about it at all: the token was refused, MotherDuck cannot
 * be reached, or every account fails for the same lack of permission; a person shall read that once, not per account.
 */
export async function readLive(question: LiveQuestion): Promise<Live> {
  const { api, signal } = question;
  stopIf(signal);
  const users = await listUsers(api);
  const requests = toRequests([...question.names, ...otherNames(question, users)], users);
  const accounts = new Map<string, Presence<LiveAccount>>(requests.map(({ key }) => [key, { presence: 'absent' }]));
  const toRead = requests.filter(({ certainlyAbsent }) => !certainlyAbsent);

  let done = 0;
  await inParallel(toRead, question.parallelism, async (request) => {
    stopIf(signal);
    accounts.set(request.key, await readAccount(api, request));
    done += 1;
    question.onProgress?.(done, toRead.length);
  });
  stopIf(signal);

  throwIfAllAlike(
    toRead.map(({ key }) => accounts.get(key)).filter((one) => one !== undefined),
    users,
  );
  return { now: api.now(), accounts, users };
}

type Users = { readonly listed: true; readonly all: readonly LiveUser[]; readonly complete: boolean } | NotListed;
type NotListed = { readonly listed: false; readonly why: ApiError };

/** The list is young: a region without it answers an unrouted 404, a token without the privilege 403. */
async function listUsers(api: Api): Promise<Users> {
  try {
    const { users, complete } = await api.listUsers();
    return { listed: true, all: users.map(toUser), complete };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const isUnrouted = error.failure === 'not_motherduck' && error.status === 404;
    if (error.failure === 'forbidden' || isUnrouted) return { listed: false, why: error };
    throw error;
  }
}

function otherNames({ others }: LiveQuestion, users: Users): LiveQuestion['names'] {
  if (others === undefined || !users.listed) return [];
  const wanted = users.all.filter((user) => user.isServiceAccount && !user.isDeprovisioned && others(user));
  return wanted.map(({ username }) => ({ username, needsDucklings: true }));
}

function toRequests(names: LiveQuestion['names'], users: Users): (AccountRequest & { certainlyAbsent: boolean })[] {
  const wanted = new Map<string, { username: string; needsDucklings: boolean }>();
  for (const { username, needsDucklings } of names) {
    const before = wanted.get(accountKey(username));
    const needs = needsDucklings || before?.needsDucklings === true;
    wanted.set(accountKey(username), { username: before?.username ?? username, needsDucklings: needs });
  }
  const byKey = users.listed ? chooseUsers(users.all) : new Map<string, LiveUser>();
  const isComplete = users.listed && users.complete;
  return [...wanted].map(([key, { username, needsDucklings }]) => {
    const user = byKey.get(key);
    return { key, username, needsDucklings, user, certainlyAbsent: isComplete && user === undefined };
  });
}

/** One error for all, when all say the same and none of them is about the account. */
function throwIfAllAlike(read: readonly Presence<LiveAccount>[], users: Users): void {
  const errors = read.flatMap((one) =>
    one.presence === 'unknown' && one.error instanceof ApiError ? [one.error] : [],
  );
  const [first] = errors;
  if (first === undefined || errors.length < read.length) return;
  if (errors.some(({ failure }) => failure !== first.failure)) return;
  // Neither the list nor a single account: the address is not MotherDuck's, which is no account's fault.
  const isElsewhere = first.failure === 'not_motherduck' && !users.listed;
  if (isElsewhere || first.failure === 'forbidden' || first.failure === 'unauthorized') throw first;
}

function stopIf(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new UserError('INTERRUPTED', 'reading the organization was interrupted', 'Nothing was changed: run it again.');
}

export function toUser(wire: WireUser): LiveUser {
  return {
    id: wire.id,
    username: wire.username,
    ...(wire.email === null ? {} : { email: wire.email }),
    isServiceAccount: wire.is_service_account,
    isDeprovisioned: wire.is_deprovisioned,
    roles: wire.roles,
  };
}

/**
 * The users by `accountKey`. Usernames are unique among those who are active; a deprovisioned user may still be
 * listed under a name that is used again, so an active user goes before.
 */
export function chooseUsers(users: readonly LiveUser[]): Map<string, LiveUser> {
  const byKey = new Map<string, LiveUser>();
  for (const user of users) {
    const other = byKey.get(accountKey(user.username));
    if (other === undefined || (other.isDeprovisioned && !user.isDeprovisioned)) {
      byKey.set(accountKey(user.username), user);
    }
  }
  return byKey;
}
