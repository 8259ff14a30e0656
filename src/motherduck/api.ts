import { Secret } from '../model/secret.ts';
import { accountKey } from '../model/username.ts';
import type { WireActiveAccounts, WireDucklings, WireToken, WireTokenRequest, WireUser } from '../model/wire.ts';
import { notMotherDuck } from './response.ts';
import type { RestClient, RestResponse } from './rest-client.ts';
import { ApiError } from './transport-errors.ts';
import { Fields, readActiveAccount, readCreatedToken, readDucklings, readToken, readUser } from './wire.ts';

/** MotherDuck's REST API, a method an endpoint. Every method throws ApiError, and nothing else, when the call fails. */
export interface Api {
  /**
   * Walks all pages. `complete` is true only when MotherDuck's `total_count` is there and matches what was gathered;
   * nobody at all is never complete, since whoever asks is a user.
   */
  listUsers(): Promise<{ users: WireUser[]; complete: boolean }>;
  createUser(username: string): Promise<void>;
  /** Permanent: the account and all of its data. */
  deleteUser(username: string): Promise<void>;
  /** The secret comes with this answer and never again. */
  createToken(username: string, request: WireTokenRequest): Promise<{ record: WireToken; secret: Secret }>;
  listTokens(username: string): Promise<WireToken[]>;
  deleteToken(username: string, tokenId: string): Promise<void>;
  getDucklings(username: string): Promise<WireDucklings>;
  setDucklings(username: string, ducklings: WireDucklings): Promise<WireDucklings>;
  activeAccounts(): Promise<WireActiveAccounts['accounts']>;
  /** MotherDuck's time in milliseconds since 1970, by the `Date` headers of its answers (clock.ts); the local clock before one. */
  now(): number;
  /** How far MotherDuck's clock is ahead of ours, in milliseconds; undefined before its first answer. */
  clockDifference(): number | undefined;
  /** Makes `isSandbox` known, by one harmless request without the token. Never fails. */
  greet(): Promise<void>;
  /** Whether an answer so far came from a sandbox; undefined before any answer. */
  isSandbox(): boolean | undefined;
  /** Closes the connections. */
  close(): Promise<void>;
}

/**
 * The API over a REST client. It owns `client`: closing the one closes the other.
 *
 * @internal
 */
export function createApi(client: RestClient): Api {
  return {
    async listUsers() {
      const { items, total } = await walk(client, '/v1/users', 'users', readUser, (user) => user.id, { limit: '1000' });
      return { users: items, complete: items.length > 0 && total === items.length };
    },

    async createUser(username) {
      namesUser(await client.do({ method: 'POST', path: '/v1/users', body: { username } }), username);
    },

    async deleteUser(username) {
      namesUser(await client.do({ method: 'DELETE', path: userPath('DELETE', username) }), username);
    },

    async createToken(username, request) {
      const path = userPath('POST', username, 'tokens');
      const { json, answered } = await client.do({ method: 'POST', path, body: request });
      const fields = new Fields(json, answered);
      const secret = new Secret(fields.text('token'));
      if (secret.reveal() === '') throw notMotherDuck(answered, '"token" is empty');
      return { record: readCreatedToken(fields, request, client.now()), secret };
    },

    async listTokens(username) {
      const path = userPath('GET', username, 'tokens');
      return (await walk(client, path, 'tokens', readToken, (token) => token.id)).items;
    },

    async deleteToken(username, tokenId) {
      await client.do({ method: 'DELETE', path: userPath('DELETE', username, 'tokens', tokenId) });
    },

    async getDucklings(username) {
      const { json, answered } = await client.do({ method: 'GET', path: userPath('GET', username, 'instances') });
      return readDucklings(new Fields(json, answered));
    },

    async setDucklings(username, ducklings) {
      const path = userPath('PUT', username, 'instances');
      const { json, answered } = await client.do({ method: 'PUT', path, body: { config: ducklings } });
      return readDucklings(new Fields(json, answered));
    },

    async activeAccounts() {
      return (await walk(client, '/v1/active_accounts', 'accounts', readActiveAccount, ({ username }) => username))
        .items;
    },

    now: () => client.now(),
    clockDifference: () => client.clockDifference(),
    greet: () => client.greet(),
    isSandbox: () => client.isSandbox(),
    close: () => client.close(),
  };
}

/** More pages than an organization can have; a server that gives a new page token for ever must not hold us. */
const MOST_PAGES = 1000;
/** Nor may one whose pages are all as big as a page may be. Characters of JSON, over all pages. */
const MOST_GATHERED = 256 * 1024 * 1024;

/**
 * Gathers a list over its pages. MotherDuck's token and active-account lists have one page today, but its own
 * provider follows `next_page_token` there too. A user inserted during the walk can appear on two pages, so repeats
 * are dropped; a page token that comes a second time is an error, as it is in MotherDuck's provider.
 */
async function walk<T>(
  client: RestClient,
  path: string,
  name: string,
  read: (item: Fields) => T,
  idOf: (item: T) => string,
  query: Readonly<Record<string, string>> = {},
): Promise<{ items: T[]; total: number | undefined }> {
  const found = new Map<string, T>();
  const seen = new Set<string>();
  let next: string | undefined;
  let gathered = 0;
  for (;;) {
    const parameters = next === undefined ? query : { ...query, page_token: next };
    const { json, length, answered } = await client.do({ method: 'GET', path, query: parameters });
    gathered += length;
    if (gathered > MOST_GATHERED) throw notMotherDuck(answered, 'the list has more than 256 MB');
    const page = new Fields(json, answered);
    for (const item of page.objects(name).map(read)) if (!found.has(idOf(item))) found.set(idOf(item), item);
    next = page.textOr('next_page_token', '');
    if (next === '') return { items: [...found.values()], total: page.integerOr('total_count', undefined) };
    if (seen.has(next)) throw notMotherDuck(answered, 'the list came to the same page a second time');
    if (seen.add(next).size >= MOST_PAGES) throw notMotherDuck(answered, `the list has more than ${MOST_PAGES} pages`);
  }
}

/** `/v1/users/{username}/...`, each part percent-encoded, and none that would make it the path of something bigger. */
function userPath(method: string, ...parts: readonly string[]): string {
  if (!parts.some((part) => NO_PART.test(part))) return `/v1/users/${parts.map(encodeURIComponent).join('/')}`;
  const call = `${method} /v1/users/...`;
  throw new ApiError(
    'invalid',
    'API_FAILED',
    `${call}: a name or an id for the path is empty, only dots, or no text`,
    'Nothing was sent. The state file, or an answer of the API, holds an id that cannot be one.',
    { call, effect: 'none' },
  );
}

/** An empty part, or dots, would make the path of a token that of all tokens, or of the account. */
const NO_PART = /^\.{0,2}$|\p{Surrogate}/u;

/** Creating and deleting answer with the user's name; another answer came from something else. */
function namesUser({ json, answered }: RestResponse, username: string): void {
  const named = new Fields(json, answered).text('username');
  if (accountKey(named) !== accountKey(username)) throw notMotherDuck(answered, '"username" is another one than asked');
}
