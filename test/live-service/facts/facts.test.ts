/** Facts are seen as they are: the sandbox is as documented, and what is not comes out as different or unseen. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/model/secret.ts';
import { type ProbeRunner, runProbe } from '../../../src/motherduck/probe-process.ts';
import { readUsage } from '../../../src/motherduck/usage.ts';
import { sandboxConnector } from '../../../src/sandbox/connector.ts';
import { newRun } from '../names.ts';
import { ADMIN, type Answering, answering, populate, usernames } from '../served.ts';
import type { FactContext } from './context.ts';
import type { Fact, Verdict } from './fact.ts';
import { lookAtFacts } from './facts.ts';

const RUN = newRun();
const PROBING = { timeoutMs: 30_000, probePath: 'dist/probe.cjs', env: process.env };
const SETUP = [
  'CREATE DATABASE IF NOT EXISTS, twice',
  'CREATE DATABASE of one that exists',
  'CREATE TABLE in a database that was just created',
  'CREATE SHARE IF NOT EXISTS, twice',
  'CREATE SHARE of one that exists',
  'What CREATE SHARE answers',
  'ATTACH of a share that does not exist',
  'A local file in the SQL of a setup',
  'Two statements of DuckDB in one text',
  'Two statements of MotherDuck in one text',
  'DROP DATABASE',
  'DROP DATABASE of one that does not exist',
  'DROP DATABASE IF EXISTS of one that does not exist',
  'ATTACH IF NOT EXISTS of a share, twice',
  'ATTACH of a share that is attached',
  'A table of a share',
  'DETACH of a share',
  'DETACH of a share that is not attached',
  'DROP DATABASE of one that is shared',
];
const running = new AbortController().signal;

function siteOf({ organization, api }: Answering, differs: Partial<FactContext> = {}): FactContext {
  const connector = sandboxConnector(organization, { agent: 'test' });
  return {
    api,
    subject: `${RUN}_facts`,
    admin: new Secret(ADMIN),
    usage: true,
    wait: true,
    sleep: (ms) => organization.advance(ms / 1000),
    connect: async (secret, steps, shutdown = false) => {
      const foreign = steps.flatMap(({ sql, foreign }) => (foreign ? [sql] : []));
      const target = await connector.target(secret, undefined, undefined, foreign);
      const report = await runProbe(target, { steps, shutdown }, PROBING);
      await connector.noteStatements?.(secret, foreign);
      return report;
    },
    readUsage: () => {
      const probe: ProbeRunner = (target, request) => runProbe(target, request, PROBING);
      const about = { connector, probe, token: new Secret(ADMIN), timeoutMs: 30_000 };
      return readUsage(about, organization.now());
    },
    ...differs,
  };
}

function having(facts: readonly Fact[], verdict: Verdict): string[] {
  return facts.filter((fact) => fact.verdict === verdict).map(({ about }) => about);
}

describe('in the sandbox', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-facts-'));
  const world = answering(RUN, { folder });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let facts: readonly Fact[] = [];
  beforeAll(async () => {
    await populate(world.organization, 'etl_prod', 'tenant_acme');
    facts = await lookAtFacts(siteOf(world), running);
  });

  it('every fact is as documented, or noted where nothing is', () => {
    expect(having(facts, 'differs')).toEqual([]);
    expect(having(facts, 'unseen')).toEqual([]);
    const noted = facts.filter(({ verdict }) => verdict === 'noted').map(({ about, seen }) => `${about}: ${seen}`);
    expect(noted).toEqual([
      'Headers about rate limits: none',
      'read_only of a read/write and of a read scaling token: false and true',
      expect.stringMatching(/^Two living tokens of one name: 200 with .*; then 200 with /),
      expect.stringMatching(/^The name of a deleted token: 200 with /),
      'The list of users with a token of no Admin: 200 with next_page_token, total_count, users',
      'A username with a letter outside ASCII: 200 with username',
      expect.stringMatching(/^A username that exists: 409 CONFLICT ".*", a conflict$/),
      'The roles of a new service account: builder',
      'A page token that was never given: 400 BAD_REQUEST "Invalid page token" (page_token: custom)',
      'A page of 1001 users: 400 BAD_REQUEST "Number must be less than or equal to 1000" (limit: too_big)',
      'The default cooldown of each size: standard 60 s, jumbo 60 s, mega 300 s, giga 600 s',
      'A cooldown that is left out, while the size stays: it becomes 60 s',
      'A read scaling pool of 64: 200 with read_scaling, read_write',
      expect.stringMatching(/^A read scaling connection that attaches a share: .* attached in read-only mode!$/),
      'A Pulse three seconds after its connection: not active',
      expect.stringMatching(/^Two statements of MotherDuck in one text: .*the sandbox does not know this statement/),
      'DROP DATABASE of one that is shared: taken',
      'A deleted account in the list: not listed',
    ]);
    expect(having(facts, 'as documented').length).toBeGreaterThan(40);
  });

  it('only its own account was made and deleted', () => {
    expect(usernames(world.organization)).toEqual(['etl_prod', 'tenant_acme']);
    const foreign = world.calls.filter((call) => call !== 'POST /v1/users' && !call.includes(` /v1/users/${RUN}_`));
    expect(foreign).toEqual([]);
  });

  it('no secret and no name of others is in what was seen', () => {
    const text = facts.map(({ seen }) => seen).join('\n');
    expect(text).not.toMatch(/eyJ|etl_prod|tenant_acme/);
    expect([...world.api.secrets].filter((secret) => text.includes(secret))).toEqual([]);
  });
});

describe('where the service is another', () => {
  it('the differences are found, and only they', async () => {
    const world = answering(RUN, {}, async (request, answer) => {
      const { pathname } = new URL(request.url);
      const { status, headers, ...body } = await read(await answer());
      if (status === 409) return Response.json({ message: 'exists', code: 'BAD_REQUEST' }, { status: 400 });
      if (pathname === `/v1/users/${RUN}_facts` && request.method === 'GET') return Response.json({}, { status: 404 });
      headers.delete('date');
      if (pathname === '/v1/users' && request.method === 'GET' && status === 200) {
        return Response.json({ ...body.json, total: 1 }, { headers });
      }
      return new Response(body.text, { status, headers });
    });
    await populate(world.organization, 'etl_prod');
    const facts = await lookAtFacts(
      siteOf(world, { connect: async () => new Map(), usage: false, wait: false }),
      running,
    );
    expect(having(facts, 'differs')).toEqual([
      'A path that is not routed',
      'The Date header',
      'A username that exists in other letters',
      'The list of users',
    ]);
    expect(having(facts, 'unseen')).toEqual([
      'A read scaling token before the first read/write connection',
      'md_user()',
      'md_user_info()',
      'md_live_duckling_size()',
      'SHUTDOWN',
      'A read scaling token afterwards',
      '__md_duckling_id()',
      'A read scaling connection that creates a database',
      'A read scaling connection that attaches a share',
      'Active accounts',
      'A Pulse three seconds after its connection',
      'A token that was deleted',
      'A malformed token',
      'The query history',
      ...SETUP,
      'The columns of COMPUTE_USAGE',
      'The columns of STORAGE_INFO',
      'What the program reads of COMPUTE_USAGE',
      'What the program reads of STORAGE_INFO',
      'A token that expired, in the list',
      'A token that expired, in a connection',
    ]);
  });

  it('an account on the Lite plan is seen to be one', async () => {
    const world = answering(RUN, { plan: 'lite' });
    const facts = await lookAtFacts(siteOf(world, { connect: async () => new Map() }), running);
    const about = (name: string) => facts.find((fact) => fact.about === name);
    expect(about('The Ducklings of a new account')).toMatchObject({ verdict: 'differs', seen: 'pulse and pulse x4' });
    expect(about('The cooldown of a new account')).toMatchObject({ verdict: 'as documented', seen: 'none on pulse' });
  });

  it('nothing is seen of a service that does not answer, and that is no error', async () => {
    const world = answering(RUN, {}, () => Promise.reject(new TypeError('fetch failed')));
    const facts = await lookAtFacts(siteOf(world, { connect: async () => new Map() }), running);
    expect(facts.length).toBeGreaterThan(40);
    expect(having(facts, 'unseen')).toEqual(facts.map(({ about }) => about));
  });

  it('a connection that is refused otherwise, or allowed, is a difference, and a broken machine is not', async () => {
    const failing = (kind: 'sql' | 'time_limit', text: string): FactContext['connect'] => {
      return async () => new Map([['connect', { ms: 1, failure: { kind, text } }]]);
    };
    const look = async (connect: FactContext['connect']) => {
      const facts = await lookAtFacts(siteOf(answering(RUN), { connect }), running);
      return facts
        .filter(({ about }) => /read scaling token (before|after)|token that was deleted/.test(about))
        .map((fact) => fact.verdict);
    };
    expect(await look(failing('sql', 'Request failed: another reason'))).toEqual([
      'as documented',
      'differs',
      'differs',
    ]);
    const download =
      'IO Error: Failed to download extension "motherduck" at URL "http://extensions.duckdb.org/v1.5.6/x"';
    for (const connect of [failing('sql', download), failing('time_limit', 'no answer within 60 s')])
      expect(await look(connect)).toEqual(['unseen', 'unseen', 'unseen']);
    expect(await look(async () => new Map([['connect', { ms: 1 }]]))).toEqual(['differs', 'unseen', 'differs']);
  });

  it('nothing more is looked at when the run is to stop', async () => {
    const stopping = new AbortController();
    const world = answering(RUN, {}, async (request, answer) => {
      if (request.method === 'PUT') stopping.abort();
      return answer();
    });
    const facts = await lookAtFacts(siteOf(world, { connect: () => expect.unreachable() }), stopping.signal);
    expect(facts.at(-1)?.about).toBe('Setting Ducklings');
  });
});

async function read(response: Response) {
  const text = await response.text();
  const json: unknown = response.headers.get('content-type') === 'application/json' ? JSON.parse(text) : {};
  return { status: response.status, headers: new Headers(response.headers), text, json: json as object };
}
