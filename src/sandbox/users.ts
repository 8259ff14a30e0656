import { randomUUID } from 'node:crypto';
import { LITE_SERVICE_ACCOUNTS } from '../model/ducklings.ts';
import { MAX_USERS_A_PAGE, type WireUser } from '../model/wire.ts';
import { rolesOf } from './authentication.ts';
import { removeHome } from './databases.ts';
import {
  accountOf,
  nameTaken,
  ok,
  type RequestContext,
  RestError,
  type SandboxResponse,
  UNROUTED,
} from './endpoint.ts';
import type { OrganizationStore } from './log.ts';
import { type Account, newDucklingsOf, type OrganizationState, type SandboxEvent } from './organization-state.ts';
import type { Settings } from './settings.ts';
import { Issues } from './validation.ts';

/**
 * GET /v1/users: by username, in pages. As at MotherDuck, a user inserted between two requests can be on two pages.
 * Assumption: it has the deprovisioned users too, unless they are filtered.
 */
export async function listUsers({ store, settings, query }: RequestContext): Promise<SandboxResponse> {
  if (settings.users_list === 'missing') return UNROUTED;
  if (settings.users_list === 'forbidden') {
    throw new RestError('FORBIDDEN', 'Missing privilege member_management.view_all_members'); // assumption: the text
  }
  const { isServiceAccount, isDeprovisioned, limit, offset } = readUserQuery(query);
  if (settings.shifting_pages && offset > 0) await shiftUsers(store);
  const all = store.read().accounts();
  const matching =
    isServiceAccount === undefined && isDeprovisioned === undefined
      ? all
      : all.filter(
          (account) =>
            (isServiceAccount ?? account.isServiceAccount) === account.isServiceAccount &&
            (isDeprovisioned ?? account.isDeprovisioned) === account.isDeprovisioned,
        );
  const end = offset + Math.min(limit, pageSize(settings));
  return ok({
    users: matching.slice(offset, end).map((account) => wireUser(account, settings)),
    total_count: matching.length,
    next_page_token: end < matching.length ? writePageToken(end) : null,
  });
}

/** Assumption: a larger `limit` than a page may have is no error. */
function pageSize({ page_size, shifting_pages }: Settings): number {
  return page_size ?? (shifting_pages ? 3 : MAX_USERS_A_PAGE);
}

/** Sorted before the other users, so that it moves all of them. */
const VISITOR = 'a-visitor@sandbox.invalid';

/** A user who signs up or is deleted while the list is read: the next page repeats a user, or lacks one. */
function shiftUsers(store: OrganizationStore): Promise<void> {
  return store.write((state, at) => {
    const human = { email: VISITOR, roles: ['explorer'] };
    const event: SandboxEvent =
      state.account(VISITOR) === undefined
        ? { at, event: 'account_created', account: VISITOR, id: randomUUID(), human }
        : { at, event: 'account_deleted', account: VISITOR };
    return { events: [event], result: undefined };
  });
}

/** POST /v1/users: creates a service account. */
export function createUser({ store, settings, body }: RequestContext): Promise<SandboxResponse> {
  const username = readUsername(body);
  return store.write((state, at) => {
    if (state.account(username) !== undefined) {
      throw nameTaken(settings, `A user with the username "${username}" already exists`, 'users_username');
    }
    checkServiceAccounts(state, settings);
    const ducklings = isBusiness(settings) ? {} : { ducklings: newDucklingsOf(settings) };
    return {
      events: [{ at, event: 'account_created', account: username, id: randomUUID(), ...ducklings }],
      result: ok({ username }),
    };
  });
}

/** Whether a new account has the Ducklings that an event without any means. */
function isBusiness({ plan, max_pool_size }: Settings): boolean {
  return plan === 'business' && max_pool_size === null;
}

/** Assumption: status and text, and that the deprovisioned do not count. @throws RestError BAD_REQUEST */
function checkServiceAccounts(state: OrganizationState, settings: Settings): void {
  const most = settings.max_service_accounts ?? (settings.plan === 'lite' ? LITE_SERVICE_ACCOUNTS : null);
  if (most === null) return;
  const count = state.accounts().filter((each) => each.isServiceAccount && !each.isDeprovisioned).length;
  if (count < most) return;
  throw new RestError('BAD_REQUEST', `Service account limit reached for tier ${settings.plan}: at most ${most}`);
}

/** DELETE /v1/users/{username}: deletes the account with its tokens and its data. */
export function deleteUser({ store, folder, caller, username }: RequestContext): Promise<SandboxResponse> {
  return store.write((state, at) => {
    const account = accountOf(state, username);
    if (account.id === caller.account.id) throw new RestError('FORBIDDEN', 'You cannot delete yourself'); // assumption
    if (folder !== undefined) removeHome(folder, account.username);
    return {
      events: [{ at, event: 'account_deleted', account: account.username }],
      result: ok({ username: account.username }),
    };
  });
}

function wireUser(account: Account, settings: Settings): WireUser {
  return {
    id: account.id,
    username: account.username,
    email: account.email,
    first_name: null,
    last_name: null,
    is_service_account: account.isServiceAccount,
    is_deprovisioned: account.isDeprovisioned,
    roles: [...rolesOf(account, settings)],
  };
}

const USERNAME_LENGTH = { min: 3, max: 255 } as const;

/** Reads `{username}`. MotherDuck accepts Unicode letters, unlike our configuration. @throws RestError BAD_REQUEST */
function readUsername(body: unknown): string {
  const issues = new Issues();
  const root = issues.object(body, []);
  const username = root && issues.string(root.username, ['username'], USERNAME_LENGTH);
  if (username !== undefined && !/^\p{L}/u.test(username)) {
    issues.add('invalid_string', 'Username must start with an alphabetic character', ['username']);
  }
  if (username !== undefined && !/^[\p{L}0-9_]*$/u.test(username)) {
    // The rule is documented; assumption: the text.
    issues.add('invalid_string', 'Username can only contain alphanumeric characters and underscores', ['username']);
  }
  return issues.check(username);
}

interface UserQuery {
  readonly isServiceAccount: boolean | undefined;
  readonly isDeprovisioned: boolean | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Assumption: a page has 100 users unless `limit` is given, and a `limit` above what is known to work is refused. */
const PAGE = { default: 100, min: 1, max: MAX_USERS_A_PAGE } as const;

function readUserQuery(query: URLSearchParams): UserQuery {
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
  return issues.check(read);
}

/** The next user's position in the list, which an insertion shifts. Clients must not interpret it. */
function writePageToken(offset: number): string {
  return Buffer.from(`users:${offset}`).toString('base64url');
}

function readPageToken(token: string): number | undefined {
  const match = /^users:(\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString());
  return match === null ? undefined : Number(match[1]);
}
