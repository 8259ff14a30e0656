import { defined } from '../model/defined.ts';
import { Secret } from '../model/secret.ts';
import { accountKey } from '../model/username.ts';
import {
  MAX_USERS_A_PAGE,
  type WireActiveAccounts,
  type WireDucklings,
  type WireToken,
  type WireTokenRequest,
  type WireUser,
} from '../model/wire.ts';
import { notMotherDuck } from './response.ts';
import type { RestClient, RestResponse } from './rest-client.ts';
import { ApiError } from './transport-errors.ts';
import { readActiveAccount, readCreatedToken, readDucklings, readToken, readUser, WireFields } from './wire.ts';

/**
 * MotherDuck's REST API, one method for each endpoint. A method that fails throws ApiError. Source: MotherDuck's OpenAPI
 * document and its Terraform provider.
 */
export interface Api {
  /**
   * Reads all pages. `complete` is true only if `total_count` of every page is the number of users; an empty list is never
   * complete, because the admin token's user must be in it. `total` is the last page's `total_count`.
   */
  listUsers(): Promise<{ users: WireUser[]; complete: boolean; total?: number }>;
  /** Creates a service account. */
  createUser(username: string): Promise<void>;
  /** Deletes the account and all of its data, permanently. */
  deleteUser(username: string): Promise<void>;
  /** Creates a token. The secret is returned only here. */
  createToken(username: string, request: WireTokenRequest): Promise<{ record: WireToken; secret: Secret }>;
  /** Lists the tokens of an account, without their secrets. */
  listTokens(username: string): Promise<WireToken[]>;
  /** Revokes a token. */
  deleteToken(username: string, tokenId: string): Promise<void>;
  /** Reads the Ducklings of an account. */
  getDucklings(username: string): Promise<WireDucklings>;
  /** Sets the Ducklings of an account and returns them as MotherDuck stored them. */
  setDucklings(username: string, ducklings: WireDucklings): Promise<WireDucklings>;
  /** Lists the accounts with running Ducklings. */
  activeAccounts(): Promise<WireActiveAccounts['accounts']>;
  /**
   * The same API, which calls `check` before it repeats a change: while it waited, the run may have lost the state, or another
   * account got the name. What it throws ends the call. A check that is given later takes its place.
   */
  withCheck(check: () => Promise<void>): Api;
  /** MotherDuck's time in milliseconds since 1970, from its `Date` headers; the local time before the first response. */
  now(): number;
  /** How far MotherDuck's clock is ahead of the local one, in milliseconds; undefined before the first response. */
  clockDifference(): number | undefined;
  /** Sends a harmless request without the token, so that `isSandbox` is known. Never fails. Returns how its connection was cut. */
  detectSandbox(): Promise<string | undefined>;
  /** Whether the responses come from a sandbox; undefined before the first one. */
  isSandbox(): boolean | undefined;
  /** The id of a served sandbox's organization. */
  sandboxId(): string | undefined;
  /** Closes the connections. */
  close(): Promise<void>;
}

/**
 * Calls the API through a REST client, which its `close` closes.
 *
 * @param onNames Called with the names of users and tokens that were listed.
 * @internal
 */
export function createApi(client: RestClient, onNames: (names: readonly string[]) => void = () => {}): Api {
  return {
    async listUsers() {
      const idOf = (user: WireUser) => user.id || user.username;
      const { items, totals } = await readPages(client, '/v1/users', 'users', readUser, idOf, {
        limit: String(MAX_USERS_A_PAGE),
      });
      const total = totals.at(-1);
      // A user without a name may be any account that the list lacks.
      const users = items.filter(({ username }) => username !== '');
      onNames(users.map(({ username }) => username));
      return {
        users,
        complete: items.length > 0 && users.length === items.length && totals.every((each) => each === items.length),
        ...defined({ total }),
      };
    },

    async createUser(username) {
      checkUsername(await client.do({ method: 'POST', path: '/v1/users', body: { username } }), username);
    },

    async deleteUser(username) {
      checkUsername(await client.do({ method: 'DELETE', path: userPath('DELETE', username) }), username);
    },

    async createToken(username, request) {
      const path = userPath('POST', username, 'tokens');
      const { json, context } = await client.do({ method: 'POST', path, body: request });
      const fields = new WireFields(json, context);
      const secret = new Secret(fields.text('token'));
      if (secret.reveal() === '') throw notMotherDuck(context, '"token" is empty');
      return { record: readCreatedToken(fields, request, client.now()), secret };
    },

    async listTokens(username) {
      const path = userPath('GET', username, 'tokens');
      const tokens = await readAll(client, path, 'tokens', readToken, ({ id, name }) => id || `named ${name}`);
      onNames(tokens.flatMap(({ name }) => name ?? []));
      return tokens;
    },

    async deleteToken(username, tokenId) {
      await client.do({ method: 'DELETE', path: userPath('DELETE', username, 'tokens', tokenId) });
    },

    async getDucklings(username) {
      const { json, context } = await client.do({ method: 'GET', path: userPath('GET', username, 'instances') });
      return readDucklings(new WireFields(json, context));
    },

    async setDucklings(username, ducklings) {
      const path = userPath('PUT', username, 'instances');
      const { json, context } = await client.do({ method: 'PUT', path, body: { config: ducklings } });
      return readDucklings(new WireFields(json, context));
    },

    async activeAccounts() {
      return readAll(client, '/v1/active_accounts', 'accounts', readActiveAccount, ({ username }) => username);
    },

    withCheck: (check) => createApi({ ...client, do: (request, later = check) => client.do(request, later) }, onNames),
    now: () => client.now(),
    clockDifference: () => client.clockDifference(),
    detectSandbox: () => client.detectSandbox(),
    isSandbox: () => client.isSandbox(),
    sandboxId: () => client.sandboxId(),
    close: () => client.close(),
  };
}

/** More pages than an organization can have, for a server that never stops returning page tokens. */
const MAX_PAGES = 1000;
/** Characters of JSON, over all pages. */
const MAX_LIST_LENGTH = 256 * 1024 * 1024;

/**
 * Reads all pages of a list. MotherDuck's token and active-account lists have one page today, but its own provider
 * follows `next_page_token` there too. A user inserted meanwhile can be on two pages, so repeats are dropped; one deleted
 * meanwhile can hide another, which the pages' totals show. A page token that is returned twice is an error, as in
 * MotherDuck's provider.
 */
async function readPages<T>(
  client: RestClient,
  path: string,
  name: string,
  read: (item: WireFields) => T,
  idOf: (item: T) => string,
  query: Readonly<Record<string, string>> = {},
): Promise<{ items: T[]; totals: (number | undefined)[]; context: RestResponse['context'] }> {
  const items = new Map<string, T>();
  const totals: (number | undefined)[] = [];
  const seen = new Set<string>();
  let next: string | undefined;
  let gathered = 0;
  for (;;) {
    const parameters = next === undefined ? query : { ...query, page_token: next };
    const { json, length, context } = await client.do({ method: 'GET', path, query: parameters });
    gathered += length;
    if (gathered > MAX_LIST_LENGTH) throw notMotherDuck(context, 'the list has more than 256 MB');
    const page = new WireFields(json, context);
    for (const item of page.objects(name).map(read)) if (!items.has(idOf(item))) items.set(idOf(item), item);
    totals.push(page.integerOr('total_count', undefined));
    next = page.textOr('next_page_token', '');
    if (next === '') return { items: [...items.values()], totals, context };
    if (seen.has(next)) throw notMotherDuck(context, 'the list returned the same page token twice');
    if (seen.add(next).size >= MAX_PAGES) throw notMotherDuck(context, `the list has more than ${MAX_PAGES} pages`);
  }
}

/** Reads a list whose lack of an item means something: one that MotherDuck counts otherwise is an error. @throws ApiError */
async function readAll<T>(...list: Parameters<typeof readPages<T>>): Promise<T[]> {
  const { items, totals, context } = await readPages(...list);
  const other = totals.find((total) => total !== undefined && total !== items.length);
  if (other === undefined) return items;
  throw notMotherDuck(context, `"total_count" is ${other}, and the list has ${items.length}`);
}

/** `/v1/users/{username}/...` with each part percent-encoded. @throws ApiError for a part that could change the path's meaning */
function userPath(method: string, ...parts: readonly string[]): string {
  if (!parts.some((part) => UNSAFE_PART.test(part))) return `/v1/users/${parts.map(encodeURIComponent).join('/')}`;
  const call = `${method} /v1/users/...`;
  throw new ApiError(
    'invalid',
    'API_FAILED',
    `${call}: a name or an id in the path is empty, has only dots, or is not valid Unicode`,
    'Nothing was sent. Check the ids in the state file.',
    { call, effect: 'none' },
  );
}

/** An empty part or dots would turn the path of a token into that of all tokens, or of the account. */
const UNSAFE_PART = /^\.{0,2}$|\p{Surrogate}/u;

/** Creating and deleting a user return its name. */
function checkUsername({ json, context }: RestResponse, username: string): void {
  const named = new WireFields(json, context).text('username');
  if (accountKey(named) !== accountKey(username)) throw notMotherDuck(context, '"username" is not the requested one');
}
