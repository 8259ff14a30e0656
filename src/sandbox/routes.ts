import { activeAccounts } from './active-accounts.ts';
import { getDucklings, setDucklings } from './ducklings.ts';
import type { Endpoint } from './request-context.ts';
import { createToken, deleteToken, listTokens } from './tokens.ts';
import { createUser, deleteUser, listUsers } from './users.ts';

export interface Route {
  readonly method: string;
  readonly path: string;
  /** Assumption for all but `users.createServiceAccount`, which is in the facts: how `data.path` names the endpoint. */
  readonly procedure: string;
  readonly endpoint: Endpoint;
}

/** The whole REST API. There is no `GET /v1/users/{username}`. */
export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/v1/users', procedure: 'users.list', endpoint: listUsers },
  { method: 'POST', path: '/v1/users', procedure: 'users.createServiceAccount', endpoint: createUser },
  { method: 'DELETE', path: '/v1/users/{username}', procedure: 'users.delete', endpoint: deleteUser },
  { method: 'POST', path: '/v1/users/{username}/tokens', procedure: 'users.createToken', endpoint: createToken },
  { method: 'GET', path: '/v1/users/{username}/tokens', procedure: 'users.listTokens', endpoint: listTokens },
  {
    method: 'DELETE',
    path: '/v1/users/{username}/tokens/{token}',
    procedure: 'users.deleteToken',
    endpoint: deleteToken,
  },
  { method: 'GET', path: '/v1/users/{username}/instances', procedure: 'ducklings.get', endpoint: getDucklings },
  { method: 'PUT', path: '/v1/users/{username}/instances', procedure: 'ducklings.set', endpoint: setDucklings },
  { method: 'GET', path: '/v1/active_accounts', procedure: 'activeAccounts.list', endpoint: activeAccounts },
];

export interface Routed {
  readonly route: Route;
  readonly username: string;
  readonly tokenId: string;
}

/** Finds the endpoint; undefined for a path or a method that is not routed. */
export function findRoute(method: string, path: string): Routed | undefined {
  const [root, version, collection, ...rest] = path.split('/');
  const [username = '', kind, tokenId = ''] = rest;
  if (root !== '' || rest.length > 3 || (rest.length > 0 && (username === '' || rest.at(-1) === ''))) return undefined;
  const shape = ['', version, collection, ...[username && '{username}', kind, tokenId && '{token}'].filter(Boolean)];
  const pattern = shape.join('/');
  const route = ROUTES.find((each) => each.method === method && each.path === pattern);
  return route && { route, username: decode(username), tokenId: decode(tokenId) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a broken escape names nothing
  }
}
