import { Secret } from '../model/secret.ts';
import { type AdminHash, authorize, identify, type PresetRole } from './authentication.ts';
import { activeAccounts, getDucklings, setDucklings } from './ducklings.ts';
import {
  type Endpoint,
  errorResponse,
  type RequestContext,
  RestError,
  type SandboxResponse,
  UNROUTED,
} from './endpoint.ts';
import { createToken, deleteToken, listTokens } from './tokens.ts';
import { createUser, deleteUser, listUsers } from './users.ts';

interface Route {
  readonly method: string;
  readonly path: string;
  /** MotherDuck's name of the endpoint in `data.path` of an error. Assumption for all but `users.createServiceAccount`. */
  readonly procedure: string;
  readonly endpoint: Endpoint;
  /** The least role that may call it; absent: any preset one. */
  readonly role?: PresetRole;
}

/** The endpoints of MotherDuck's REST API. There is no `GET /v1/users/{username}`. */
export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/v1/users', procedure: 'users.list', endpoint: listUsers },
  { method: 'POST', path: '/v1/users', procedure: 'users.createServiceAccount', endpoint: createUser, role: 'admin' },
  { method: 'DELETE', path: '/v1/users/{username}', procedure: 'users.delete', endpoint: deleteUser, role: 'admin' },
  {
    method: 'POST',
    path: '/v1/users/{username}/tokens',
    procedure: 'users.createToken',
    endpoint: createToken,
    role: 'admin',
  },
  {
    method: 'GET',
    path: '/v1/users/{username}/tokens',
    procedure: 'users.listTokens',
    endpoint: listTokens,
    role: 'admin',
  },
  {
    method: 'DELETE',
    path: '/v1/users/{username}/tokens/{token}',
    procedure: 'users.deleteToken',
    endpoint: deleteToken,
    role: 'admin',
  },
  {
    method: 'GET',
    path: '/v1/users/{username}/instances',
    procedure: 'ducklings.get',
    endpoint: getDucklings,
    role: 'admin',
  },
  {
    method: 'PUT',
    path: '/v1/users/{username}/instances',
    procedure: 'ducklings.set',
    endpoint: setDucklings,
    role: 'admin',
  },
  {
    method: 'GET',
    path: '/v1/active_accounts',
    procedure: 'activeAccounts.list',
    endpoint: activeAccounts,
    role: 'admin',
  },
];

interface Routed {
  readonly route: Route;
  readonly username: string;
  readonly tokenId: string;
}

/** Finds the endpoint for a method and a path; undefined if there is none. */
function findRoute(method: string, path: string): Routed | undefined {
  const segments = path.split('/');
  for (const route of ROUTES) {
    const parameters = route.method === method ? match(route.path.split('/'), segments) : undefined;
    if (parameters === undefined) continue;
    return { route, username: parameters.get('{username}') ?? '', tokenId: parameters.get('{token}') ?? '' };
  }
  return undefined;
}

function match(pattern: readonly string[], segments: readonly string[]): ReadonlyMap<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const parameters = new Map<string, string>();
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (!part.startsWith('{') && part !== segment) return undefined;
    if (part.startsWith('{') && segment === '') return undefined;
    if (part.startsWith('{')) parameters.set(part, decode(segment));
  }
  return parameters;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // an invalid escape: no account has this name
  }
}

/** A request to the REST API, from the HTTP server, the embedded transport or a fetch `Request`. */
export interface SandboxRequest {
  readonly method: string;
  /** The path and the query, as on a request line. */
  readonly target: string;
  /** The header of that name. */
  readonly authorization: string | undefined;
  readonly body: string;
}

/** What answers a request. */
interface Answering extends Pick<RequestContext, 'store' | 'settings' | 'folder'> {
  readonly adminHash: AdminHash;
}

/** Routes and authenticates a request, and runs its endpoint. A RestError becomes an error response. */
export async function respond(request: SandboxRequest, answering: Answering): Promise<SandboxResponse> {
  const response = await handle(request, answering);
  return {
    ...response,
    headers: {
      date: httpDate(answering.store.now()), // the sandbox's clock
      'content-length': String(Buffer.byteLength(response.text)),
      'x-sandbox': 'motherduck-accounts',
    },
  };
}

async function handle(request: SandboxRequest, { adminHash, ...context }: Answering): Promise<SandboxResponse> {
  const { store, settings } = context;
  const [path = '', ...query] = request.target.split('?');
  const routed = findRoute(request.method, path);
  if (routed === undefined) return UNROUTED;
  const { route, username, tokenId } = routed;
  try {
    const bearer = /^Bearer +(\S+)$/i.exec(request.authorization ?? '')?.[1];
    const identified =
      bearer === undefined ? undefined : identify(store.read(), new Secret(bearer), store.now(), adminHash);
    const caller = authorize(identified, route.role, settings);
    const body = readJson(request.body);
    const parameters = new URLSearchParams(query.join('?'));
    return await route.endpoint({ ...context, caller, username, tokenId, query: parameters, body });
  } catch (error) {
    if (error instanceof RestError) return errorResponse(error, route.procedure);
    throw error;
  }
}

function readJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new RestError('BAD_REQUEST', 'Failed to parse request body'); // assumption: the text
  }
}

function httpDate(milliseconds: number): string {
  return new Date(milliseconds).toUTCString();
}
