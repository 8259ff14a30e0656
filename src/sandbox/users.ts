import { randomUUID } from 'node:crypto';
import type { WireUser } from '../model/wire.ts';
import { NEW_DUCKLINGS } from './duckling-rules.ts';
import type { Account } from './organization-state.ts';
import { readUsername, readUserQuery, writePageToken } from './request-bodies.ts';
import { accountOf, type RequestContext } from './request-context.ts';
import { type Answer, fault, ok, UNROUTED } from './responses.ts';

/** GET /v1/users: by username, a page at a time. A user inserted during the walk can appear on two pages. */
export function listUsers({ store, rules, query }: RequestContext): Answer {
  if (rules.usersList === 'unrouted') return UNROUTED;
  if (rules.usersList === 'forbidden') {
    throw fault('FORBIDDEN', 'Missing privilege member_management.view_all_members'); // assumption: these words
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

/** POST /v1/users: a service account. The status of a name that exists is what public clients guard against (409). */
export function createUser({ store, rules, body }: RequestContext): Promise<Answer> {
  const username = readUsername(body);
  return store.write((state, at) => {
    if (state.account(username) !== undefined) {
      throw fault('CONFLICT', `A user with the username "${username}" already exists`); // assumption: these words
    }
    const ducklings = rules.tier === 'business' ? {} : { ducklings: NEW_DUCKLINGS[rules.tier] };
    return {
      events: [{ at, event: 'account_created', account: username, id: randomUUID(), ...ducklings }],
      result: ok({ username }),
    };
  });
}

/** DELETE /v1/users/{username}: the account, its tokens and its data. */
export function deleteUser({ store, caller, username }: RequestContext): Promise<Answer> {
  return store.write((state, at) => {
    const account = accountOf(state, username);
    if (account.id === caller.account.id) throw fault('FORBIDDEN', 'You cannot delete yourself'); // assumption
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
