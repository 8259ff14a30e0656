/** The client against the OpenAPI document: it sends what is described, and reads what is described. */
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import type {
  WireActiveAccounts,
  WireCreatedToken,
  WireDucklings,
  WireError,
  WireToken,
  WireTokenRequest,
  WireUser,
} from '../../src/model/wire.ts';
import type { Api } from '../../src/motherduck/api.ts';
import { queryString, type Transport, type TransportRequest } from '../../src/motherduck/transport.ts';
import type { ApiFailure } from '../../src/motherduck/transport-errors.ts';
import { WireFields } from '../../src/motherduck/wire.ts';
import { sandboxTransport } from '../../src/sandbox/sandbox-transport.ts';
import { failureOf, rig } from '../motherduck/support.ts';
import { memorySandbox } from '../sandbox/memory.ts';
import { type Answer, at, followed, operationOf, operations, requestProblems } from './document.ts';
import { schemaAt, valid } from './generate.ts';

/** The client with a sandbox; each of its requests must be valid by the document. */
function watched(): { api: Api; sent: Set<string> } {
  const sent = new Set<string>();
  const token = new Secret('the-admin-token-of-these-tests');
  const sandbox = sandboxTransport(memorySandbox({ adminToken: token }), token);
  const { api } = rig({
    transport: {
      ...sandbox,
      async send(request) {
        expect(problemsOfSent(request)).toEqual([]);
        sent.add(operationOf(request.method, request.path)?.id ?? '');
        return sandbox.send(request);
      },
    },
  });
  return { api, sent };
}

function problemsOfSent({ method, path, query, body }: TransportRequest): string[] {
  const text = body === undefined ? '' : JSON.stringify(body);
  return requestProblems({ method, target: path + queryString(query), body: text }, 'closed');
}

/** The client with a transport that gives one answer. */
function answeredWith(answer: Omit<Answer, 'headers'>): Api {
  const transport: Transport = {
    send: async () => ({ ...answer, headers: { 'content-type': 'application/json' } }),
    close: async () => {},
  };
  return rig({ transport }).api;
}

const json = (value: unknown) => answeredWith({ status: 200, text: JSON.stringify(value) });

const REQUEST: WireTokenRequest = { name: 'test', description: 'for a test' };
const DUCKLINGS: WireDucklings = {
  read_write: { instance_size: 'jumbo', cooldown_seconds: 60 },
  read_scaling: { instance_size: 'pulse', flock_size: 2 },
};

/** A call of each method of the client, by operation. */
const CALLS: Readonly<Record<string, (api: Api) => Promise<unknown>>> = {
  createServiceAccount: (api) => api.createUser('etl'),
  listUsers: (api) => api.listUsers(),
  createToken: (api) => api.createToken('etl', REQUEST),
  listTokens: (api) => api.listTokens('etl'),
  setDucklings: (api) => api.setDucklings('etl', DUCKLINGS),
  getDucklings: (api) => api.getDucklings('etl'),
  listActiveAccounts: (api) => api.activeAccounts(),
  deleteToken: async (api) => api.deleteToken('etl', (await api.listTokens('etl'))[0]?.id ?? ''),
  deleteUser: (api) => api.deleteUser('etl'),
};

/** The value without what is null, which the client takes as absent. */
function withoutNulls<T extends object>(value: T): T {
  const kept = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(
    kept.map(([name, each]) => [name, typeof each === 'object' && !Array.isArray(each) ? withoutNulls(each) : each]),
  ) as T;
}

describe('what the client sends', () => {
  it('is described, for each operation', async () => {
    const { api, sent } = watched();
    for (const call of Object.values(CALLS)) await call(api);
    expect([...sent].sort()).toEqual(operations.map(({ id }) => id).sort());
  });

  it.each(['listUsers', 'listTokens', 'listActiveAccounts'])('is described for a second page of %s', async (id) => {
    const sent: TransportRequest[] = [];
    const { api } = rig({
      transport: {
        async send(request) {
          expect(problemsOfSent(request)).toEqual([]);
          const next_page_token = sent.push(request) === 1 ? 'next' : '';
          const page = { users: [], tokens: [], accounts: [], next_page_token };
          return { status: 200, headers: { 'content-type': 'application/json' }, text: JSON.stringify(page) };
        },
        close: async () => {},
      },
    });
    await CALLS[id]?.(api);
    expect(sent.map(({ query }) => query?.page_token)).toEqual([undefined, 'next']);
  });

  it('is valid, whatever it is asked for', async () => {
    const { api } = watched();
    await api.createUser('etl');
    const token = valid('#/components/schemas/NewToken') as fc.Arbitrary<WireTokenRequest>;
    const config = valid('#/components/schemas/NewDucklings').map((body) => (body as { config: WireDucklings }).config);
    await fc.assert(
      fc.asyncProperty(token, config, fc.string({ minLength: 1 }), async (request, ducklings, name) => {
        await api.createToken('etl', request);
        // Large sizes are refused for read scaling.
        await api.setDucklings('etl', ducklings).catch(failureOfAny);
        await api.getDucklings(name).catch(failureOfAny);
        await api.deleteToken('etl', name).catch(failureOfAny);
      }),
      { numRuns: 100 },
    );
  });

  function failureOfAny(error: unknown): void {
    expect(error).toHaveProperty('failure');
  }
});

describe('what the client reads', () => {
  /** The fields of a schema, with lists as `users[].id`. */
  function* fieldsOf(pointer: string, path = ''): Generator<string> {
    const here = followed(pointer);
    const { properties, items } = schemaAt(here);
    if (items !== undefined) yield* fieldsOf(`${here}/items`, `${path}[]`);
    for (const name of Object.keys(properties ?? {})) {
      const field = path === '' ? name : `${path}.${name}`;
      yield field;
      yield* fieldsOf(`${here}/properties/${name}`, field);
    }
  }

  /** Notes which fields are read until the test ends. */
  function notedReads(): Set<string> {
    const noted = new Set<string>();
    const paths = new WeakMap<object, string>();
    const prototype = WireFields.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const method of Object.getOwnPropertyNames(WireFields.prototype)) {
      const original = prototype[method];
      if (method === 'constructor' || original === undefined) continue;
      prototype[method] = function (this: object, name, ...others) {
        const parent = paths.get(this) ?? '';
        const path = parent === '' ? String(name) : `${parent}.${name}`;
        noted.add(path);
        const value = original.call(this, name, ...others);
        if (value instanceof WireFields) paths.set(value, path);
        else if (method === 'objects') for (const each of value as object[]) paths.set(each, `${path}[]`);
        return value;
      };
      onTestFinished(() => {
        prototype[method] = original;
      });
    }
    return noted;
  }

  const reading = operations
    .filter(({ id }) => id !== 'deleteToken')
    .map((operation) => ({ id: operation.id, operation }));

  it.each(reading)('is described, and all of it, for $id', async ({ id, operation }) => {
    const pointer = `${operation.responses.get(200)}/content/application~1json/schema`;
    const noted = notedReads();
    for (const body of fc.sample(valid(pointer), { seed: 13, numRuns: 50 })) {
      // Pages do not end where their answer is always the same; names are compared with the request.
      const api = json({ ...(body as object), next_page_token: null, username: 'etl' });
      await CALLS[id]?.(api).catch(() => {});
    }
    expect([...noted].sort()).toEqual([...new Set(fieldsOf(pointer))].sort());
  });

  it('keeps every user', async () => {
    const list = fc.uniqueArray(valid('#/components/schemas/User') as fc.Arbitrary<WireUser>, {
      selector: ({ id }) => id,
    });
    await fc.assert(
      fc.asyncProperty(list, async (users) => {
        const { length } = users;
        expect(await json({ users, total_count: length, next_page_token: '' }).listUsers()).toEqual({
          users,
          complete: length > 0,
          total: length,
        });
      }),
    );
  });

  it('keeps every token', async () => {
    const tokens = fc.uniqueArray(valid('#/components/schemas/Token') as fc.Arbitrary<WireToken>, {
      selector: ({ id }) => id,
    });
    await fc.assert(
      fc.asyncProperty(tokens, async (list) => {
        expect(await json({ tokens: list, total_count: null }).listTokens('etl')).toEqual(list.map(withoutNulls));
      }),
    );
  });

  it('keeps a new token and its secret', async () => {
    await fc.assert(
      fc.asyncProperty(valid('#/components/schemas/CreatedToken'), async (body) => {
        const { token, created_ts: from, expire_at: until, ...record } = body as WireCreatedToken;
        const created = await json(body).createToken('etl', REQUEST);
        expect(created.secret.reveal()).toBe(token);
        const { created_ts: began, expire_at: ends, ...others } = created.record;
        expect(others).toEqual(withoutNulls(record));
        // A time that there is none of is one of the request.
        const isSame = (kept: string | undefined, given: string) =>
          Number.isNaN(Date.parse(given)) ? kept !== given : Date.parse(kept ?? '') === Date.parse(given);
        expect(isSame(began, from)).toBe(true);
        if (until != null) expect(isSame(ends, until)).toBe(true);
      }),
    );
  });

  it('keeps Ducklings', async () => {
    await fc.assert(
      fc.asyncProperty(valid('#/components/schemas/Ducklings'), async (body) => {
        expect(await json(body).getDucklings('etl')).toEqual(withoutNulls(body as object));
        expect(await json(body).setDucklings('etl', DUCKLINGS)).toEqual(withoutNulls(body as object));
      }),
    );
  });

  it('keeps active accounts', async () => {
    const list = fc.uniqueArray(
      valid('#/components/schemas/ActiveAccounts/properties/accounts/items') as fc.Arbitrary<
        WireActiveAccounts['accounts'][number]
      >,
      { selector: ({ username }) => username },
    );
    await fc.assert(
      fc.asyncProperty(list, async (accounts) => {
        expect(await json({ accounts }).activeAccounts()).toEqual(accounts);
      }),
    );
  });

  const FAILURES: Readonly<Record<number, ApiFailure>> = {
    400: 'invalid',
    401: 'unauthorized',
    403: 'forbidden',
    404: 'absent',
    409: 'conflict',
    429: 'throttled',
    500: 'unavailable',
  };
  const failing = operations.flatMap(({ id, responses }) =>
    [...responses].filter(([status]) => status !== 200).map(([status, pointer]) => ({ id, status, pointer })),
  );

  it.each(failing)('is an error of its own kind for $id $status', async ({ id, status, pointer }) => {
    const call = CALLS[id === 'deleteToken' ? 'listTokens' : id];
    if (pointer === followed('#/x-unrouted')) {
      const failure = await failureOf(call?.(answeredWith({ status, text: 'Not Found' })) ?? Promise.resolve());
      expect(failure.failure).toBe('not_motherduck');
      return;
    }
    for (const body of fc.sample(valid(`${pointer}/content/application~1json/schema`), { seed: 13, numRuns: 10 })) {
      const api = answeredWith({ status, text: JSON.stringify(body) });
      expect((await failureOf(call?.(api) ?? Promise.resolve())).failure).toBe(FAILURES[status]);
    }
  });
});

describe("the client's types", () => {
  type Keys<T> = Record<keyof Required<Omit<T, 'unreadable'>>, true>;
  type Ducklings = WireDucklings['read_scaling'];
  type Active = WireActiveAccounts['accounts'][number];
  const duckling = { instance_size: true, flock_size: true, cooldown_seconds: true } satisfies Keys<Ducklings>;
  const { flock_size, ...readWrite } = duckling;
  const request = { name: true, ttl: true, token_type: true, description: true } satisfies Keys<WireTokenRequest>;
  const token = {
    id: true,
    name: true,
    expire_at: true,
    created_ts: true,
    read_only: true,
    token_type: true,
    description: true,
  } satisfies Keys<WireToken>;
  const user = {
    id: true,
    username: true,
    email: true,
    first_name: true,
    last_name: true,
    is_service_account: true,
    is_deprovisioned: true,
    roles: true,
  } satisfies Keys<WireUser>;

  it.each([
    ['User', user],
    ['NewToken', request],
    ['Token', token],
    ['CreatedToken', { ...token, token: true } satisfies Keys<WireCreatedToken>],
    ['Ducklings', { read_write: true, read_scaling: true } satisfies Keys<WireDucklings>],
    ['Ducklings/properties/read_write', readWrite satisfies Keys<WireDucklings['read_write']>],
    ['Ducklings/properties/read_scaling', duckling],
    ['NewDucklings/properties/config', { read_write: true, read_scaling: true } satisfies Keys<WireDucklings>],
    ['NewDucklings/properties/config/properties/read_write', readWrite],
    ['NewDucklings/properties/config/properties/read_scaling', duckling],
    ['ActiveAccounts/properties/accounts/items', { username: true, ducklings: true } satisfies Keys<Active>],
    [
      'ActiveAccounts/properties/accounts/items/properties/ducklings/items',
      { id: true, type: true, status: true } satisfies Keys<Active['ducklings'][number]>,
    ],
    ['Error', { message: true, code: true, issues: true, data: true } satisfies Keys<WireError>],
    [
      'Error/properties/issues/items',
      { message: true, code: true, path: true } satisfies Keys<NonNullable<WireError['issues']>[number]>,
    ],
  ])('have the fields of %s', (name, keys) => {
    expect(Object.keys(keys).sort()).toEqual(Object.keys(at(`#/components/schemas/${name}/properties`)).sort());
  });
});
