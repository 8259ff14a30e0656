import { randomUUID } from 'node:crypto';
import { MAX_USERS_A_PAGE, type WireUser } from '../model/wire.ts';
import { accountOf, ok, type RequestContext, RestError, type SandboxResponse, UNROUTED } from './endpoint.ts';
import { type Account, NEW_DUCKLINGS } from './organization-state.ts';
import { Issues } from './validation.ts';

/** GET /v1/users: by username, in pages. As at MotherDuck, a user inserted between two requests can be on two pages. */
export function listUsers({ store, settings, query }: RequestContext): SandboxResponse {
  if (settings.users_list === 'missing') return UNROUTED;
  if (settings.users_list === 'forbidden') {
    throw new RestError('FORBIDDEN', 'Missing privilege member_management.view_all_members'); // assumption: the text
  }
  const { isServiceAccount, isDeprovisioned, limit, offset } = readUserQuery(query);
  const all = store.read().accounts();
  const matching =
    isServiceAccount === undefined && isDeprovisioned === undefined
      ? all
      : all.filter(
          (account) =>
            (isServiceAccount ?? account.isServiceAccount) === account.isServiceAccount &&
            (isDeprovisioned ?? account.isDeprovisioned) === account.isDeprovisioned,
        );
  const end = offset + limit;
  return ok({
    users: matching.slice(offset, end).map(wireUser),
    total_count: matching.length,
    next_page_token: end < matching.length ? writePageToken(end) : null,
  });
}

/** POST /v1/users: creates a service account. Assumption: 409 for an existing username, which public clients expect. */
export function createUser({ store, settings, body }: RequestContext): Promise<SandboxResponse> {
  const username = readUsername(body);
  return store.write((state, at) => {
    if (state.account(username) !== undefined) {
      throw new RestError('CONFLICT', `A user with the username "${username}" already exists`); // assumption: the text
    }
    const ducklings = settings.plan === 'business' ? {} : { ducklings: NEW_DUCKLINGS[settings.plan] };
    return {
      events: [{ at, event: 'account_created', account: username, id: randomUUID(), ...ducklings }],
      result: ok({ username }),
    };
  });
}

/** DELETE /v1/users/{username}: deletes the account with its tokens and its data. */
export function deleteUser({ store, caller, username }: RequestContext): Promise<SandboxResponse> {
  return store.write((state, at) => {
    const account = accountOf(state, username);
    if (account.id === caller.account.id) throw new RestError('FORBIDDEN', 'You cannot delete yourself'); // assumption
    return {
      events: [{ at, event: 'account_deleted', account: account.username }],
      result: ok({ username: account.username }),
    };
  });
}

function wireUser(account: Account): WireUser {
  return {
    id: account.id,
    username: account.username,
    email: account.email,
    first_name: null,
    last_name: null,
    is_service_account: account.isServiceAccount,
    is_deprovisioned: account.isDeprovisioned,
    roles: [...account.roles],
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

/** Assumption: a page has 100 users unless `limit` is given, and no more than is known to work. */
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
