/** The wrong organization, and the wrong clock: nothing is done. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectGolden } from '../golden/golden.ts';
import { SANDBOX, STATE, Stage } from '../stage.ts';

const NOBODY = { first_name: null, last_name: null, email: null, is_deprovisioned: false, roles: ['admin'] };
const ADMIN = { id: 'u-1', username: 'root', is_service_account: false, ...NOBODY };

/** An organization with one person, whose server's clock is wrong, or not told. Returns the commands' environment. */
async function serveAt(ahead: number | undefined): Promise<Record<string, string>> {
  const server = createServer((_request, response) => {
    if (ahead === undefined) response.sendDate = false;
    else response.setHeader('Date', new Date(Date.now() + ahead * 1000).toUTCString());
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ users: [ADMIN], total_count: 1, next_page_token: null }));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { MOTHERDUCK_API_URL: `http://127.0.0.1:${port}`, MOTHERDUCK_ADMIN_TOKEN: 'admin' };
}

const DAY = 86_400;

describe("MotherDuck's clock", () => {
  it.each([
    ['a year ahead', 365 * DAY],
    ['two days behind', -2 * DAY],
  ])('%s is an error, and nothing is done', async (_what, ahead) => {
    const env = await serveAt(ahead);
    const folder = new Stage();
    for (const command of ['plan', 'apply --yes', 'audit', 'import --all --yes']) {
      const ran = await folder.run(command, env);
      expect(ran.code, ran.stderr).toBe(1);
      expect(ran.stderr, command).toContain('--api-url');
    }
    expect(folder.has('motherduck.accounts.state.json')).toBe(false);
    const { stderr } = await folder.run('plan', env);
    expectGolden('errors', `MotherDuck's clock > ${_what}`, stderr, { span: /\d+ (days|hours)/g });
  });

  it('minutes ahead is a warning', async () => {
    const ran = await new Stage().run('plan', await serveAt(600));
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).toMatch(/clock is \d+ minutes behind MotherDuck's/);
  });

  it('is a warning where it is not told', async () => {
    const env = await serveAt(undefined);
    for (const command of ['plan', 'apply --yes', 'audit', 'import --all --yes']) {
      const { stderr } = await new Stage().run(command, env);
      expect(stderr, command).toMatch(/ Date header, .*\d UTC/);
    }
  });
});

const ROTATED = `version: 1
organization: acme
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
token_policies:
  night: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
  quick: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1s, secret_store: local }
accounts:
  a_1: { tokens: { app: night } }
  a_2: { tokens: { app: night } }
  a_3: { tokens: { app: night } }
  z_1: { tokens: { app: quick } }
`;

/** Passes requests on to `target`, and the responses back, with what `change` does to their headers; it may answer by itself. */
async function proxyTo(
  target: string,
  change: (request: IncomingMessage, response: ServerResponse, answer: Response) => boolean,
): Promise<string> {
  const server = createServer(async (request, response) => {
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk as Buffer);
    const { method = 'GET', url = '' } = request;
    const { authorization = '' } = request.headers;
    const headers = { authorization, 'content-type': 'application/json' };
    const answer = await fetch(target + url, {
      method,
      headers,
      ...(body.length ? { body: Buffer.concat(body) } : {}),
    });
    response.setHeader('Content-Type', answer.headers.get('content-type') ?? '');
    if (!change(request, response, answer)) return;
    response.writeHead(answer.status);
    response.end(await answer.text());
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An applied organization that is no sandbox to the program, behind a proxy that changes `clock.ahead` at the first change. */
async function behindProxy() {
  const folder = new Stage(ROTATED);
  const target = await folder.serve();
  const clock = { ahead: 0, jump: 0 };
  const writes: string[] = [];
  const MOTHERDUCK_API_URL = await proxyTo(target, ({ method, url = '' }, response) => {
    if (method !== 'GET') {
      writes.push(`${method} ${url.replace(/\/[0-9a-f-]{36}$/, '')}`);
      clock.ahead += clock.jump;
      clock.jump = 0;
    }
    response.setHeader('Date', new Date(Date.now() + clock.ahead * 1000).toUTCString());
    return true;
  });
  delete folder.env.MDACC_SANDBOX;
  Object.assign(folder.env, { MOTHERDUCK_API_URL });
  expect((await folder.run('apply --yes --no-smoke')).code).toBe(0);
  writes.length = 0;
  return { folder, clock, writes };
}

interface Tokens {
  readonly tokens: { readonly app: { readonly retiring: readonly { name: string; retire_at: string }[] } };
}

function retiring(folder: Stage) {
  const { accounts } = JSON.parse(folder.read(STATE)) as { readonly accounts: Readonly<Record<string, Tokens>> };
  return Object.values(accounts).flatMap(({ tokens }) => tokens.app.retiring);
}

describe('a clock that moves by a day during an apply', () => {
  it.each([
    ['ahead', DAY],
    ['back', -DAY],
  ])('%s: no overlap begins at the wrong time', async (_, jump) => {
    const { folder, clock, writes } = await behindProxy();
    clock.jump = jump;
    const ran = await folder.run('rotate a_1 a_2 a_3 z_1 --yes --no-smoke --parallelism 1');
    expect(ran.code, ran.stderr).toBe(3);
    // Three responses agree before a new time is trusted.
    expect(writes).toEqual(['a_1', 'a_2', 'a_3'].map((name) => `POST /v1/users/${name}/tokens`));
    clock.ahead = 0;
    expect((await folder.run('apply --yes --no-smoke')).code).toBe(0);
    expect(writes.filter((write) => write.startsWith('DELETE'))).toEqual([]);
    const replaced = retiring(folder);
    expect(replaced.map(({ name }) => name)).toEqual(['app', 'app', 'app', 'app.2']);
    for (const { retire_at } of replaced) {
      const left = Date.parse(retire_at) - Date.now();
      expect(left).toBeGreaterThan((DAY - 120) * 1000);
      expect(left).toBeLessThan((DAY + 120) * 1000);
    }
  });

  it('stops before the next revocation, and says what to do', async () => {
    const { folder, clock, writes } = await behindProxy();
    expect((await folder.run('rotate z_1 --yes --no-smoke')).code).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    folder.edit((text) => text.replace('  z_1:', '  b_1: { tokens: { app: night } }\n  b_2: {}\n  z_1:'));
    writes.length = 0;
    clock.jump = DAY;
    const ran = await folder.run('apply --yes --no-smoke --parallelism 1');
    expect(ran.code, ran.stderr).toBe(3);
    const failed = ran.stdout.slice(ran.stdout.indexOf('Failed:'));
    expectGolden('errors', 'a clock that moves by a day', failed, { time: /\d{4}-[\d-]+[T ][\d:.]+(Z| UTC)/g });
    expect(writes).toEqual(['POST /v1/users', 'POST /v1/users/b_1/tokens', 'POST /v1/users']);
    clock.ahead = 0;
    expect((await folder.run('apply --yes --no-smoke')).code).toBe(0);
    expect(writes).toContain('DELETE /v1/users/z_1/tokens');
  });
});

/** Deletes accounts by hand in the served sandbox. */
async function deleteByHand({ env }: Stage, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const headers = { Authorization: `Bearer ${env.MOTHERDUCK_ADMIN_TOKEN}` };
    const { status } = await fetch(`${env.MOTHERDUCK_API_URL}/v1/users/${name}`, { method: 'DELETE', headers });
    expect(status).toBe(200);
  }
}

/** Creates accounts by hand in the served sandbox. */
async function createByHand({ env }: Stage, ...names: readonly string[]): Promise<void> {
  for (const username of names) {
    const headers = { Authorization: `Bearer ${env.MOTHERDUCK_ADMIN_TOKEN}`, 'Content-Type': 'application/json' };
    const body = JSON.stringify({ username });
    const { status } = await fetch(`${env.MOTHERDUCK_API_URL}/v1/users`, { method: 'POST', headers, body });
    expect(status).toBe(200);
  }
}

interface Refusal {
  readonly code?: string;
  readonly hint: { readonly command?: readonly string[] };
}

/** The errors of a document that are about missing accounts. */
function refusals(document: unknown): readonly Refusal[] {
  const { error, checks = [] } = document as { readonly error?: Refusal; readonly checks?: readonly Refusal[] };
  return [...(error ? [error] : []), ...checks].filter(({ code }) =>
    ['MANY_MISSING', 'ORGANIZATION_DIFFERS'].includes(code ?? ''),
  );
}

describe('an organization with none of the managed accounts', () => {
  const ALL = ['etl_prod', 'tenant_acme', 'tenant_globex'];

  it('is another one: nothing is done, and no secret is overwritten', async () => {
    const folder = new Stage();
    await folder.serve();
    expect((await folder.run('apply --yes --no-smoke')).code).toBe(0);
    await deleteByHand(folder, ...ALL);
    const before = [folder.read(STATE), folder.read('.motherduck/secrets.env')];
    const commands = [
      'plan',
      'apply --yes',
      'apply --yes --due',
      'rotate etl_prod --yes',
      'destroy --yes --allow-delete',
      'import --all --yes',
      'audit',
      'audit --only etl_*',
      'smoke',
    ];
    for (const command of commands) {
      const ran = await folder.run(command);
      expect(ran.code, `${command}: ${ran.stderr}`).toBe(1);
      expect(ran.stderr, command).toContain('another organization');
      for (const name of ALL) expect(ran.stderr).toContain(name);
    }
    expectGolden('errors', 'is another one', (await folder.run('plan')).stderr);
    expect([folder.read(STATE), folder.read('.motherduck/secrets.env')]).toEqual(before);
    expect((await folder.run('plan --allow-missing --detailed-exitcode')).code).toBe(2);
    expect((await folder.run('plan --allow-missing --out today.plan')).code).toBe(0);
    expect((await folder.run('apply today.plan --yes --no-smoke')).code).toBe(0);
    expect((await folder.run('plan --detailed-exitcode')).code).toBe(0);
  });

  it('is another one, also when it has accounts of the same names', async () => {
    const folder = new Stage();
    await folder.serve();
    expect((await folder.run('apply --yes --no-smoke')).code).toBe(0);
    await deleteByHand(folder, ...ALL);
    await createByHand(folder, ...ALL);
    const before = [folder.read(STATE), folder.read('.motherduck/secrets.env')];
    const commands = [
      ...['plan', 'apply --yes', 'apply --yes --due', 'rotate etl_prod --yes', 'destroy --yes --allow-delete'],
      ...['import --all --yes', 'audit', 'audit --usage', 'smoke', 'smoke --only etl_prod'],
    ];
    for (const command of commands) {
      const ran = await folder.run(`${command} --debug`);
      expect(ran.code, `${command}: ${ran.stderr}`).toBe(1);
      expect(ran.stderr, command).toContain('another organization');
      expect(ran.stderr, command).not.toMatch(/POST|PUT|DELETE/);
      if (command.startsWith('import')) continue; // it has no formats
      const { error } = (await folder.json(command)).document as { readonly error: { readonly code: string } };
      expect(error.code, command).toBe('ORGANIZATION_DIFFERS');
    }
    expect([folder.read(STATE), folder.read('.motherduck/secrets.env')]).toEqual(before);
    expectGolden('errors', 'of the same names > destroy', (await folder.run('destroy --yes --allow-delete')).stderr);
  });

  it('is no matter for commands that only use the state', async () => {
    const folder = new Stage();
    await folder.serve();
    expect((await folder.run('apply --yes --no-smoke')).code).toBe(0);
    await deleteByHand(folder, ...ALL);
    for (const command of ['state list', 'state show etl_prod', 'validate', 'state forget etl_prod --yes'])
      expect((await folder.run(command)).code, command).toBe(0);
  });

  it('is no matter for a smoke test before the first apply', async () => {
    const folder = new Stage();
    await folder.serve();
    const { code, stdout } = await folder.run('smoke');
    expect(code, stdout).toBe(4);
  });

  it.each([
    ['smoke', ['tenant_acme'], 'MANY_MISSING'],
    ['doctor', ['tenant_acme'], 'MANY_MISSING'],
    ['smoke', ALL, 'ORGANIZATION_DIFFERS'],
    ['doctor', ALL, 'ORGANIZATION_DIFFERS'],
    ['audit', ALL, 'ORGANIZATION_DIFFERS'],
  ])('%s without %j is refused until what it says is typed', async (command, gone, code) => {
    const folder = new Stage();
    folder.edit((text) => `${text}\nguardrails: { max_missing: 33% }\n`.replace(/^guardrails:\n( .*\n)*/m, ''));
    await folder.serve();
    expect((await folder.run('apply --yes --no-smoke')).code).toBe(0);
    await deleteByHand(folder, ...gone);
    const [refusal] = refusals((await folder.json(command)).document);
    expect(refusal).toMatchObject({ code, hint: { command: expect.arrayContaining(['--allow-missing']) } });
    const typed = [...(refusal?.hint.command ?? []), '--yes', '--no-smoke'];
    expect(await folder.run(typed)).toMatchObject({ code: 0 });
    expect(refusals((await folder.json(command)).document)).toEqual([]);
  });

  it('with some of them missing, guardrails.max_missing decides', async () => {
    const folder = new Stage();
    folder.edit((text) => `${text}\nguardrails: { max_missing: 33% }\n`.replace(/^guardrails:\n( .*\n)*/m, ''));
    await folder.serve();
    expect((await folder.run('apply --yes --no-smoke')).code).toBe(0);
    await deleteByHand(folder, 'tenant_acme');
    const ran = await folder.run('plan');
    expect(ran.code, ran.stderr).toBe(1);
    expectGolden('errors', 'with some of them missing', ran.stderr);
    // What was typed, with one option more.
    const again: Record<string, string> = {
      'plan --prune': 'plan --prune --allow-missing',
      'apply --due --yes': 'apply --due --allow-missing',
      'rotate etl_prod --revoke-old --yes': 'rotate etl_prod --revoke-old --allow-missing',
      'destroy --yes': 'destroy --allow-missing',
      smoke: 'apply --allow-missing',
    };
    for (const [command, hint] of Object.entries(again)) {
      const { code: exit, document } = await folder.json(command);
      expect(exit, command).toBe(1);
      expect(document, command).toMatchObject({ error: { code: 'MANY_MISSING', hint: { command: hint.split(' ') } } });
    }
    const imported = await folder.run('import --all --yes');
    expect(imported).toMatchObject({ code: 1, stderr: expect.stringContaining('import --all --allow-missing') });
    const rehearsed = await folder.run('import --all --dry-run --store local');
    expect(rehearsed.stderr).toContain('import --all --store local --dry-run --allow-missing');
    // An audit only reads, so it reports what is missing.
    expect(await folder.json('audit')).toMatchObject({
      code: 2,
      document: {
        findings: expect.arrayContaining([expect.objectContaining({ rule: 'MDA026', account: 'tenant_acme' })]),
      },
    });
    folder.edit((text) => text.replace('33%', '1'));
    expect((await folder.run('plan --detailed-exitcode')).code).toBe(2);
    expect((await folder.run('audit')).stdout).toContain('tenant_acme');
  });
});

/** A folder whose configuration was applied, and whose commands then use another sandbox, where it was applied too. */
async function inAnother(
  configuration: string | undefined,
  usersList: 'missing' | 'forbidden',
): Promise<{ folder: Stage; other: Stage }> {
  const [folder, other] = [new Stage(configuration), new Stage(configuration)];
  await folder.serve();
  await other.serve();
  for (const stage of [folder, other]) expect((await stage.run('apply --yes --no-smoke')).code).toBe(0);
  other.write(`${SANDBOX}/organization.json`, JSON.stringify({ users_list: usersList }));
  await other.serve();
  // As MotherDuck does, it does not send the id of its organization.
  const MOTHERDUCK_API_URL = await proxyTo(other.env.MOTHERDUCK_API_URL ?? '', (_request, response) => {
    response.setHeader('X-Sandbox', 'motherduck-accounts');
    return true;
  });
  Object.assign(folder.env, other.env, { MOTHERDUCK_API_URL });
  return { folder, other };
}

const ONE_TOKEN = `version: 1
organization: acme
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
token_policies: { p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local } }
accounts: { etl_prod: { tokens: { app: p } } }
`;

describe('an organization whose accounts have the same names, where users cannot be listed', () => {
  it.each([
    [undefined, 'missing'],
    [undefined, 'forbidden'],
    [ONE_TOKEN, 'missing'],
  ] as const)('is another one by its tokens (%#): nothing is done', async (configuration, usersList) => {
    const { folder, other } = await inAnother(configuration, usersList);
    const files = () => [folder.read(STATE), folder.read('.motherduck/secrets.env')];
    const before = files();
    const commands = [
      ...['plan', 'apply --yes', 'apply --yes --due', 'rotate etl_prod --yes', 'destroy --yes --allow-delete'],
      ...['import --all --yes', 'import etl_prod --yes', 'audit', 'smoke'],
    ];
    for (const command of commands) {
      const ran = await folder.run(`${command} --debug`);
      expect(ran.code, `${command}: ${ran.stderr}`).toBe(1);
      expect(ran.stderr, command).toContain('another organization');
      expect(ran.stderr, command).not.toMatch(/POST|PUT|DELETE/);
    }
    expect(files()).toEqual(before);
    if (configuration === undefined) {
      expectGolden('errors', 'of the same names > whose users cannot be listed', (await folder.run('plan')).stderr);
    }
    expect((await folder.json('plan')).document).toMatchObject({ error: { code: 'ORGANIZATION_DIFFERS' } });
    expect((await folder.run('plan --allow-missing --detailed-exitcode')).code).toBe(2);
    expect((await folder.run('apply --allow-missing --yes --no-smoke')).code).toBe(0);
    expect((await folder.run('plan --detailed-exitcode')).code).toBe(0);
    expect((await other.run('plan')).code).toBe(0);
  });

  it('is the same one after somebody revoked a token by hand', async () => {
    for (const configuration of [undefined, ONE_TOKEN]) {
      const folder = new Stage(configuration);
      folder.write(`${SANDBOX}/organization.json`, JSON.stringify({ users_list: 'missing' }));
      const url = await folder.serve();
      expect((await folder.run('apply --yes --no-smoke')).code).toBe(0);
      const headers = { Authorization: `Bearer ${folder.env.MOTHERDUCK_ADMIN_TOKEN}` };
      const { tokens } = (await (await fetch(`${url}/v1/users/etl_prod/tokens`, { headers })).json()) as {
        readonly tokens: readonly { readonly id: string }[];
      };
      await fetch(`${url}/v1/users/etl_prod/tokens/${tokens[0]?.id}`, { method: 'DELETE', headers });
      const ran = await folder.run('plan --detailed-exitcode');
      expect(ran.code, ran.stderr).toBe(2);
      expect((await folder.run('apply --yes --no-smoke')).code).toBe(0);
    }
  });
});

describe("the organization's id", () => {
  it('is recorded, and compared by the next runs', async () => {
    const folder = new Stage();
    expect((await folder.run('apply --sandbox --yes')).code).toBe(0);
    const { organization_id } = JSON.parse(folder.read(STATE));
    expect(organization_id).toBeTypeOf('string');
    expect((await folder.run('smoke --sandbox')).code).toBe(0);
    folder.write(STATE, folder.read(STATE).replace(organization_id, 'another-organization'));
    const refused = await folder.json('smoke --sandbox');
    expect(refused).toMatchObject({ code: 1, document: { error: { code: 'STATE_FOREIGN' } } });
  });

  it('tells another organization whose accounts have the same names, where users cannot be listed', async () => {
    const [folder, other] = [new Stage(), new Stage()];
    await folder.serve();
    expect((await folder.run('apply --yes')).code).toBe(0);
    const target = await other.serve();
    expect((await other.run('apply --yes')).code).toBe(0);
    const MOTHERDUCK_API_URL = await proxyTo(target, ({ url = '' }, response) => {
      response.setHeader('X-Sandbox', 'motherduck-accounts'); // an older one, which does not send its id
      if (!/^\/v1\/users(\?|$)/.test(url)) return true;
      response.writeHead(403);
      response.end(JSON.stringify({ code: 'FORBIDDEN', message: 'Requires a minimum role' }));
      return false;
    });
    Object.assign(folder.env, other.env, { MOTHERDUCK_API_URL });
    const { organization_id } = JSON.parse(folder.read(STATE));
    // Its tokens tell nothing when they have expired.
    folder.write(STATE, folder.read(STATE).replace(/"expires_at": "\d{4}/g, '"expires_at": "2020'));
    const { code, stdout, stderr } = await folder.run('smoke');
    expect(code, stderr).toBe(4);
    expectGolden('errors', 'the state is of another organization', stdout, { ms: /\d+ ms/g, id: /[0-9a-f-]{36}/g });
    expect(JSON.parse(folder.read(STATE)).organization_id).toBe(organization_id);
    const applied = await folder.json('rotate etl_prod/airflow --yes');
    const differs = { name: 'organization', passed: false, expected: organization_id };
    expect(applied).toMatchObject({
      code: 4,
      document: {
        smoke: {
          accounts: [{ connections: [{ checks: expect.arrayContaining([expect.objectContaining(differs)]) }] }],
        },
      },
    });
    expect(JSON.parse(folder.read(STATE)).organization_id).toBe(organization_id);
  });
});
