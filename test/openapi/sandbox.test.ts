/** The sandbox against the OpenAPI document: all that it answers is described, and all that is described it can answer. */
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import type { Organization } from '../../src/sandbox/organization.ts';
import { ROUTES } from '../../src/sandbox/rest-api.ts';
import { type ServeOptions, serve } from '../../src/sandbox/server.ts';
import { type SandboxSetting, SETTINGS, type Settings } from '../../src/sandbox/settings.ts';
import { memorySandbox } from '../sandbox/memory.ts';
import { type Answer, at, expectDescribed, type Operation, operations, requestProblems } from './document.ts';
import { perhapsValid, valid, variants } from './generate.ts';

const ADMIN = 'the-admin-token-of-these-tests';

function organizationWith(settings: Partial<Settings> = {}): Organization {
  return memorySandbox({ ...settings, adminToken: new Secret(ADMIN) });
}

interface Asked {
  /** null: none. */
  readonly token?: string | null;
  readonly json?: unknown;
  readonly body?: string;
}

/** Makes a request and checks that its answer is described. */
async function ask(sandbox: Organization, call: string, { token = ADMIN, json, body }: Asked = {}): Promise<Answer> {
  const [method = '', target = ''] = call.split(/ (.*)/s);
  const { status, type, text, headers } = await sandbox.respond({
    method,
    target,
    authorization: token === null ? undefined : `Bearer ${token}`,
    body: body ?? (json === undefined ? '' : JSON.stringify(json)),
  });
  const answer = { status, text, headers: { 'content-type': type, ...headers } };
  expectDescribed({ method, target }, answer, sandbox.settings.unknown_values ? 'closed' : 'known');
  return answer;
}

/** The call of an operation about an account and a token. */
function callOf({ method, path }: Operation, username = 'etl', tokenId = 'none'): string {
  const filled = path.replace('{username}', encodeURIComponent(username)).replace('{token_id}', tokenId);
  return `${method} ${filled}`;
}

const DUCKLINGS = { read_write: { instance_size: 'jumbo' }, read_scaling: { instance_size: 'pulse', flock_size: 2 } };
const BODIES: Readonly<Record<string, unknown>> = {
  createServiceAccount: { username: 'another' },
  createToken: { name: 'test', ttl: 3600, description: 'for a test' },
  setDucklings: { config: DUCKLINGS },
};

/** An organization with an account `etl`, its token, and its Duckling awake. */
async function staged(settings: Partial<Settings> = {}) {
  const sandbox = organizationWith(settings);
  await ask(sandbox, 'POST /v1/users', { json: { username: 'etl' } });
  const created = await ask(sandbox, 'POST /v1/users/etl/tokens', { json: { name: 'airflow', ttl: 3600 } });
  const { id, token } = JSON.parse(created.text);
  await sandbox.connect(new Secret(token));
  return { sandbox, id: String(id), token: String(token) };
}

/** Answers of a served sandbox, to each operation. */
async function overHttp(options: Partial<ServeOptions>): Promise<[Operation, Answer][]> {
  const { sandbox, id } = await staged();
  const server = await serve({ ...options, organization: sandbox, port: 0 });
  onTestFinished(() => server.close());
  const answers: [Operation, Answer][] = [];
  for (const operation of operations) {
    const [method = '', target = ''] = callOf(operation, 'etl', id).split(' ');
    const response = await fetch(server.url + target, { method, headers: { authorization: `Bearer ${ADMIN}` } });
    answers.push([
      operation,
      { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() },
    ]);
  }
  return answers;
}

describe('the routes', () => {
  it('are those of the sandbox', () => {
    const shape = ({ method, path }: { method: string; path: string }) =>
      `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`;
    expect(operations.map(shape).sort()).toEqual(ROUTES.map(shape).sort());
  });

  it('have no GET for one user, and no other methods', async () => {
    const { sandbox } = await staged();
    for (const call of ['GET /v1/users/etl', 'PATCH /v1/users', 'GET /v2/users', 'GET /', 'DELETE /v1/users']) {
      expect(await ask(sandbox, call), call).toMatchObject({ status: 404, text: 'Not Found' });
    }
  });
});

describe('every status that is described', () => {
  /** Makes the operation end with each status. */
  const SCENARIOS: Readonly<Record<number, (operation: Operation) => Promise<Answer | undefined>>> = {
    200: async (operation) => {
      const { sandbox, id } = await staged();
      return ask(sandbox, callOf(operation, 'etl', id), { json: BODIES[operation.id] });
    },
    400: async (operation) => ask((await staged()).sandbox, callOf(operation), { body: '{' }),
    401: async (operation) => {
      const { sandbox, id } = await staged();
      return ask(sandbox, callOf(operation, 'etl', id), { json: BODIES[operation.id], token: null });
    },
    403: async (operation) => {
      if (operation.id === 'listUsers') return ask(organizationWith({ users_list: 'forbidden' }), callOf(operation));
      const { sandbox, id, token } = await staged();
      return ask(sandbox, callOf(operation, 'etl', id), { json: BODIES[operation.id], token });
    },
    404: async (operation) => {
      if (operation.id === 'listUsers') return ask(organizationWith({ users_list: 'missing' }), callOf(operation));
      return ask(organizationWith(), callOf(operation, 'nobody'), { json: BODIES[operation.id] });
    },
    409: async (operation) => {
      const { sandbox } = await staged({ taken_name: 'conflict', token_names: 'unique' });
      await ask(sandbox, callOf(operation), { json: BODIES[operation.id] });
      return ask(sandbox, callOf(operation), { json: BODIES[operation.id] });
    },
    429: async (operation) => (await overHttp({ rateLimit: 0 })).find(([each]) => each === operation)?.[1],
    500: async (operation) =>
      (await overHttp({ failRate: 1, random: () => 0.5 })).find(([each]) => each === operation)?.[1],
  };

  const cases = operations.flatMap((operation) =>
    [...operation.responses.keys()].map((status) => ({ name: `${operation.id} ${status}`, operation, status })),
  );

  const withNames = operations
    .filter(({ responses }) => responses.has(409))
    .map((operation) => ({ id: operation.id, operation }));

  it.each(cases)('$name is given by the sandbox', async ({ operation, status }) => {
    const answer = await SCENARIOS[status]?.(operation);
    expect(answer?.status).toBe(status);
    const [method = '', target = ''] = callOf(operation).split(' ');
    if (answer !== undefined) expectDescribed({ method, target }, answer, 'known');
  });

  it.each(withNames)(
    '$id: 400 in place of 409, where a taken name violates a unique constraint',
    async ({ operation }) => {
      const { sandbox } = await staged({ taken_name: 'unique_constraint', token_names: 'unique' });
      await ask(sandbox, callOf(operation), { json: BODIES[operation.id] });
      const answer = await ask(sandbox, callOf(operation), { json: BODIES[operation.id] });
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('unique constraint');
    },
  );

  it("is MotherDuck's own: the pages of a proxy are not described", async () => {
    for (const [operation, answer] of await overHttp({ failRate: 1, random: () => 0.99 })) {
      const [method = '', target = ''] = callOf(operation).split(' ');
      expect(answer.status).toBe(503);
      expect(() => expectDescribed({ method, target }, answer, 'open')).toThrow('status 503 is not described');
    }
  });
});

/** The values of a setting that are worth a try. */
function valuesOf(setting: SandboxSetting): readonly (string | number | boolean | null)[] {
  switch (setting.kind) {
    case 'choice':
      return setting.values;
    case 'flag':
      return [false, true];
    case 'number':
      return [setting.fallback, setting.min, setting.min + 1, setting.min + 3];
  }
}
const settings = fc.record(
  Object.fromEntries(
    Object.entries(SETTINGS).map(([name, each]) => [
      name,
      fc.constantFrom(each.fallback, each.fallback, ...valuesOf(each)),
    ]),
  ),
) as fc.Arbitrary<Settings>;

describe('every answer is described', () => {
  const POOL = ['ETL_00001', 'dbt', 'sandbox_admin', 'anna.k@example.com', 'nobody', 'Müller_1', '%', 'a/b'];
  const withFields = (json: unknown, fields: object) =>
    typeof json === 'object' && json !== null ? { ...json, ...fields } : json;
  const step = fc.record({
    operation: fc.constantFrom(...operations),
    username: fc.oneof(
      { weight: 5, arbitrary: fc.constant('etl_00001') },
      { weight: 4, arbitrary: fc.constantFrom(...POOL) },
      fc.string({ minLength: 1, unit: 'grapheme' }),
    ),
    who: fc.oneof({ weight: 8, arbitrary: fc.constant('admin') }, fc.constantFrom('none', 'unknown', 'last')),
    query: fc.constantFrom('', '', '?limit=1', '?limit=0', '?is_deprovisioned=false', '?page_token=x', '?'),
    days: fc.constantFrom(0, 0, 0, 1),
    wake: fc.boolean(),
    seed: fc.nat(),
  });

  it('in any order of requests, by any caller, with every setting', async () => {
    const bodies = new Map(
      operations.flatMap(({ id, body }) =>
        body === undefined
          ? []
          : [[id, fc.sample(fc.oneof(valid(body), perhapsValid(body)), { seed: 13, numRuns: 400 })]],
      ),
    );
    const statuses = new Set<string>();
    await fc.assert(
      fc.asyncProperty(settings, fc.array(step, { minLength: 20, maxLength: 40 }), async (given, steps) => {
        // Not by requests: some settings refuse all of them.
        const sandbox = organizationWith(given);
        await sandbox.seed(1, { prefix: 'etl_' });
        await sandbox.addHuman('anna.k@example.com');
        const token = (await sandbox.mint({ username: 'etl_00001' })).reveal();
        const tokens = sandbox
          .inspect()
          .accounts.flatMap((account) => (account.username === 'etl_00001' ? account.tokens : []));
        let last = { id: tokens[0]?.id ?? '', token };
        for (const { operation, username, who, query, days, wake, seed } of steps) {
          if (days > 0) await sandbox.advance(days * 86_400);
          const token = { admin: ADMIN, none: null, unknown: 'unknown', last: last.token }[who] ?? null;
          const some = bodies.get(operation.id) ?? [undefined];
          // Names are repeated, since some settings refuse that.
          const name = operation.id === 'createToken' && wake ? { name: 'again' } : {};
          const call = callOf(operation, username, last.id) + query;
          const { status, text } = await ask(sandbox, call, {
            token,
            json: withFields(some[seed % some.length], name),
          });
          statuses.add(`${operation.id} ${status}`);
          if (operation.id !== 'createToken' || status !== 200) continue;
          last = JSON.parse(text);
          if (wake) await sandbox.connect(new Secret(last.token));
        }
      }),
      { numRuns: 150 },
    );
    // That it went everywhere and not only into refusals.
    for (const { id } of operations) expect([...statuses]).toContain(`${id} 200`);
  });
});

describe('requests made from the document', () => {
  /** What the document itself says that a request is answered with. */
  function expected(json: unknown, operation: Operation): number {
    const [method = '', target = ''] = callOf(operation).split(' ');
    if (requestProblems({ method, target, body: JSON.stringify(json) ?? '' }, 'open').length > 0) return 400;
    const { config } = (json ?? {}) as { config?: { read_scaling: { instance_size: string } } };
    const supported = at<readonly string[]>(
      '#/components/schemas/NewDucklings/properties/config/properties/read_scaling/properties/instance_size/x-without-support',
    );
    return config !== undefined && !supported.includes(config.read_scaling.instance_size) ? 400 : 200;
  }

  const withBody = operations.flatMap((operation) =>
    operation.body === undefined ? [] : [{ id: operation.id, operation, body: operation.body }],
  );

  async function answered(sandbox: Organization, operation: Operation, json: unknown): Promise<number> {
    const { status, text } = await ask(sandbox, callOf(operation), { json });
    if (status === 200 && operation.id === 'createServiceAccount') {
      await ask(sandbox, `DELETE /v1/users/${encodeURIComponent(JSON.parse(text).username)}`);
    }
    return status;
  }

  it.each(withBody)('are answered by $id as described at each limit', async ({ operation, body }) => {
    const { sandbox } = await staged();
    const counts = new Map<number, number>();
    for (const base of fc.sample(valid(body), { seed: 13, numRuns: 20 })) {
      for (const json of variants(base, body)) {
        const status = expected(json, operation);
        expect(await answered(sandbox, operation, json), JSON.stringify(json)?.slice(0, 300)).toBe(status);
        counts.set(status, (counts.get(status) ?? 0) + 1);
      }
    }
    expect(counts.get(200)).toBeGreaterThan(20);
    expect(counts.get(400)).toBeGreaterThan(100);
  });

  it.each(withBody)('are answered by $id as described, by chance', async ({ operation, body }) => {
    const { sandbox } = await staged();
    await fc.assert(
      fc.asyncProperty(fc.oneof(valid(body), perhapsValid(body)), async (json) => {
        fc.pre(
          !(
            operation.id === 'createServiceAccount' &&
            /^(etl|sandbox_admin)$/i.test(String((json as { username?: string })?.username))
          ),
        );
        expect(await answered(sandbox, operation, json)).toBe(expected(json, operation));
      }),
      { numRuns: 300 },
    );
  });

  it('list users as the query says', async () => {
    const { sandbox } = await staged();
    await sandbox.seed(3);
    const one = (name: string, values: readonly string[]) =>
      fc.option(
        fc.constantFrom(...values).map((value) => [name, value] as const),
        { nil: undefined },
      );
    const flags = ['true', 'false', 'true', 'false', 'yes', '1', '', 'TRUE', 'null'];
    const limits = ['1', '2', '1000', '0', '1001', '-1', '1.5', 'many', ''];
    const query = fc.tuple(one('is_service_account', flags), one('is_deprovisioned', flags), one('limit', limits));
    await fc.assert(
      fc.asyncProperty(query, async (given) => {
        const target = `/v1/users?${new URLSearchParams(given.filter((each) => each !== undefined).map(([...each]) => each))}`;
        const isValid = requestProblems({ method: 'GET', target, body: '' }, 'open').length === 0;
        const { status, text } = await ask(sandbox, `GET ${target}`);
        expect(status, target).toBe(isValid ? 200 : 400);
        if (!isValid) return;
        const { users, total_count, next_page_token } = JSON.parse(text);
        const limit = Number(new URLSearchParams(target.split('?')[1]).get('limit') ?? 1000);
        expect(users).toHaveLength(Math.min(limit, total_count));
        expect(next_page_token === null).toBe(users.length === total_count);
        if (next_page_token !== null) await ask(sandbox, `GET ${target}&page_token=${next_page_token}`);
      }),
      { numRuns: 200 },
    );
  });

  it('about users and tokens that do not exist are a JSON 404', async () => {
    const { sandbox, id } = await staged();
    const about = operations.filter(({ path }) => path.includes('{username}'));
    const name = fc.string({ minLength: 1 }).filter((text) => !/^(etl|sandbox_admin)$/i.test(text));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...about), name, fc.boolean(), async (operation, text, tokenOnly) => {
        const isToken = tokenOnly && operation.path.includes('{token_id}');
        const call = isToken ? callOf(operation, 'etl', encodeURIComponent(text)) : callOf(operation, text, id);
        const answer = await ask(sandbox, call, { json: BODIES[operation.id] });
        expect(JSON.parse(answer.text)).toMatchObject({ code: 'NOT_FOUND' });
        expect(answer.status).toBe(404);
      }),
      { numRuns: 200 },
    );
  });
});
