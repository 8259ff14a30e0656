import { Secret } from '../model/secret.ts';
import { type AdminHash, identify, requireAdmin } from './authentication.ts';
import { activeAccounts, getDucklings, setDucklings } from './ducklings.ts';
import { type Answer, type Endpoint, Fault, fault, type Rules, refusal, UNROUTED } from './endpoint.ts';
import type { OrganizationStore } from './log.ts';
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

/** A request without the ceremony: what the HTTP server and `handle` both make of theirs. */
export interface Call {
  readonly method: string;
  /** With the query, as on a request line. */
  readonly target: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** Answers one call: routing, then who asks, then the endpoint; a Fault on the way is the answer. */
export async function answerCall(
  call: Call,
  store: OrganizationStore,
  rules: Rules,
  adminHash: AdminHash,
): Promise<Answer> {
  const answer = await handle(call, store, rules, adminHash);
  return {
    ...answer,
    headers: {
      date: httpDate(store.now()), // the sandbox's clock
      'content-length': String(Buffer.byteLength(answer.text)),
      'x-sandbox': 'motherduck-accounts',
    },
  };
}

async function handle(call: Call, store: OrganizationStore, rules: Rules, adminHash: AdminHash): Promise<Answer> {
  const [path = '', ...query] = call.target.split('?');
  const routed = findRoute(call.method, path);
  if (routed === undefined) return UNROUTED;
  const { route, username, tokenId } = routed;
  try {
    const bearer = /^Bearer +(\S+)$/i.exec(call.authorization ?? '')?.[1];
    const found = bearer === undefined ? undefined : identify(store.read(), new Secret(bearer), store.now(), adminHash);
    const caller = requireAdmin(found);
    const body = readJson(call.body);
    const parameters = new URLSearchParams(query.join('?'));
    return await route.endpoint({ store, rules, caller, username, tokenId, query: parameters, body });
  } catch (error) {
    if (error instanceof Fault) return refusal(error, route.procedure);
    throw error;
  }
}

function readJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw fault('BAD_REQUEST', 'Failed to parse request body'); // assumption: these words
  }
}

function httpDate(milliseconds: number): string {
  return new Date(milliseconds).toUTCString();
}
