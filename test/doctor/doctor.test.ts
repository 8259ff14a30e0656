/** `mdacc doctor`: each failing check is provoked, and what it advises helps. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { CONNECTION } from '../../src/engine/doctor/connection.ts';
import { examine } from '../../src/engine/doctor/doctor.ts';
import type { CheckResult, Examination } from '../../src/engine/doctor/examination.ts';
import type { DoctorReport } from '../../src/model/doctor.ts';
import { isAcceptedVersion, readAcceptedVersions } from '../../src/motherduck/duckdb-versions.ts';
import type { ProbeReport } from '../../src/motherduck/probe-process.ts';
import { fileBackend } from '../../src/state/kinds/file/backend.ts';
import { asMotherDuck } from '../proxy/as-motherduck.ts';
import { HOST, startProxy } from '../proxy/connect-proxy.ts';
import { CONFIG, SANDBOX, STATE, Stage } from '../stage.ts';

const MARKER = 'MARKER-of-a-secret';
const isValid = new Ajv2020().compile(JSON.parse(readFileSync('schemas/doctor.schema.json', 'utf8')));

/** Runs doctor, and gives its checks by name. */
async function doctor(stage: Stage, words = '', env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await stage.run(`doctor ${words} --format json`, env);
  const report = JSON.parse(stdout) as DoctorReport;
  expect(isValid(report), JSON.stringify(isValid.errors)).toBe(true);
  expect(code).toBe(report.passed ? 0 : 1);
  expect(stdout + stderr).not.toContain(MARKER);
  const checks = Object.fromEntries(report.checks.map((check) => [check.subject ?? check.name, check]));
  return { checks, report, failed: report.checks.filter(({ status }) => status === 'failed').map(({ name }) => name) };
}

const jwt = (claims: object) =>
  ['{}', JSON.stringify(claims), MARKER].map((part) => Buffer.from(part).toString('base64url')).join('.');
const inDays = (days: number) => Math.round(Date.now() / 1000) + days * 86_400;

/** As `doctor`, in a process that trusts the private CA from its start. */
async function doctorProgram(stage: Stage, env: Record<string, string> = {}) {
  const { stdout } = await stage.runProgram('doctor --format json', env);
  const { checks } = JSON.parse(stdout) as DoctorReport;
  return Object.fromEntries(checks.map((check) => [check.subject ?? check.name, check]));
}

describe('doctor', () => {
  it('passes in the sandbox on a fresh init, before and after the first apply', async () => {
    const stage = new Stage('');
    stage.remove(CONFIG);
    expect((await stage.run('init')).code).toBe(0);
    for (const _ of Array(2)) {
      const { report } = await doctor(stage, '--sandbox');
      expect(report.checks.filter(({ status }) => status === 'failed' || status === 'warning')).toEqual([]);
      expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    }
    const { code, stdout } = await stage.run('doctor --sandbox');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/ok {7}store local .*\nDoctor \(sandbox\): \d+ of \d+ /)]);
    expect((await stage.run('doctor --sandbox --quiet')).stderr).toBe('');
  });

  it('counts the service accounts and the other users that MotherDuck lists', async () => {
    const stage = new Stage();
    await stage.run('sandbox seed 3');
    expect((await doctor(stage, '--sandbox')).checks.api).toMatchObject({
      message: expect.stringMatching(/\b3 service accounts\b.*\b1 other user$/),
    });
  });

  it('names the missing token, its variables, and checks what needs none', async () => {
    const { checks, failed } = await doctor(new Stage());
    expect(failed).toEqual(['token']);
    expect(checks.token).toMatchObject({
      code: 'TOKEN_MISSING',
      hint: { text: expect.stringContaining('export MOTHERDUCK_ADMIN_TOKEN') },
    });
    expect(checks.api).toMatchObject({ status: 'skipped' });
    expect(checks.local).toMatchObject({ status: 'ok' });
  });

  it.each([
    ['a read scaling token', { tokenType: 'read_scaling' }, 'failed', 'read scaling token'],
    ['an expired token', { exp: inDays(-1) }, 'failed', 'expired at'],
    ['a token that expires soon', { exp: inDays(3.5) }, 'warning', 'expires in 3 days'],
    ['a token that does not say when it expires', { tokenType: 'read_write' }, 'ok', 'it does not say when it expires'],
    ['a token that lives on', { exp: inDays(90) }, 'ok', 'in motherduck_token, expires in'],
  ])('knows %s by its claims', async (_name, claims, status, message) => {
    const stage = new Stage();
    await stage.serve();
    delete stage.env.MOTHERDUCK_ADMIN_TOKEN;
    const { checks } = await doctor(stage, '', { motherduck_token: jwt(claims) });
    expect(checks.token).toMatchObject({ status, message: expect.stringContaining(message) });
    // This server knows none of them.
    expect(checks.api).toMatchObject({ status: 'ok' });
    expect(checks.role).toMatchObject({ status: 'failed', code: 'TOKEN_REFUSED' });
  });

  it('refuses a token in quotes before it is sent', async () => {
    const { checks } = await doctor(new Stage(), '', { MOTHERDUCK_TOKEN: `"${MARKER}"` });
    expect(checks.token).toMatchObject({ code: 'TOKEN_REFUSED', message: expect.stringContaining('MOTHERDUCK_TOKEN') });
    expect(checks.extension).toMatchObject({ status: 'skipped' });
  });

  it('names a role that is not enough', async () => {
    const stage = new Stage();
    stage.write(`${SANDBOX}/organization.json`, JSON.stringify({ role: 'explorer' }));
    const { checks, failed } = await doctor(stage, '--sandbox');
    expect(failed).toEqual(['role']);
    expect(checks.role).toMatchObject({ code: 'NOT_ADMIN', message: expect.stringContaining('minimum role') });
    const custom = { role: 'explorer', users_list: 'forbidden' };
    stage.write(`${SANDBOX}/organization.json`, JSON.stringify(custom));
    const advice = { text: expect.stringContaining('member_management.view_all_members') };
    expect((await doctor(stage, '--sandbox')).checks.role).toMatchObject({ code: 'NOT_ADMIN', hint: advice });
    stage.write(`${SANDBOX}/organization.json`, JSON.stringify({ users_list: 'forbidden' }));
    const listless = await doctor(stage, '--sandbox');
    expect(listless.failed).toEqual([]);
    expect(listless.checks.role).toMatchObject({ status: 'warning', hint: advice });
  });

  it('says that a region has no list of users, which stops nothing', async () => {
    const stage = new Stage();
    stage.write(`${SANDBOX}/organization.json`, JSON.stringify({ users_list: 'missing' }));
    await stage.serve();
    const { checks, failed } = await doctor(stage);
    expect(failed).toEqual([]);
    expect(checks.api).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(/GET \/v1\/users\b.*\(404\)/),
    });
    expect(checks.role).toMatchObject({ status: 'ok' });
  });

  it('names an address that is none, one where nothing answers, and a proxy that cannot be used', async () => {
    const stage = new Stage();
    stage.env.MOTHERDUCK_ADMIN_TOKEN = jwt({});
    expect((await doctor(stage, '--api-url nowhere')).checks.api).toMatchObject({ code: 'API_URL_INVALID' });
    expect((await doctor(stage, '--api-url http://127.0.0.1:9')).checks.api).toMatchObject({ code: 'API_UNREACHABLE' });
    const named = `http://us%40er:${MARKER}/1@proxy.test:80`;
    const { checks, failed } = await doctor(stage, '', { HTTPS_PROXY: named });
    expect(failed).toEqual(['proxy']);
    expect(checks.proxy).toMatchObject({
      code: 'PROXY_INVALID',
      hint: { text: expect.stringContaining('HTTPS_PROXY') },
    });
  });

  it('shows what a proxy refuses, and what the environment says of certificates and hosts', async () => {
    const proxy = await startProxy({ credentials: 'other:one' });
    const stage = new Stage();
    Object.assign(stage.env, { MOTHERDUCK_API_URL: `https://${HOST}`, MOTHERDUCK_ADMIN_TOKEN: jwt({}) });
    const { checks } = await doctor(stage, '--timeout 5s', {
      HTTPS_PROXY: `http://us%40er:${MARKER}@127.0.0.1:${proxy.port}`,
      NODE_EXTRA_CA_CERTS: '/nowhere/ca.pem',
      MOTHERDUCK_HOST: 'pg.example',
    });
    expect(checks.proxy).toMatchObject({ status: 'ok', message: expect.stringContaining('(HTTPS_PROXY)') });
    expect(checks.api).toMatchObject({ code: 'API_UNREACHABLE', message: expect.stringContaining('(407)') });
    expect(checks.certificates).toMatchObject({ status: 'warning', hint: { text: 'Correct the path.' } });
    expect(checks.host_variable).toMatchObject({
      status: 'warning',
      hint: { text: expect.stringContaining('unset MOTHERDUCK_HOST') },
    });
    expect(checks.extension).toMatchObject({ status: 'failed' });
  });

  it('at MotherDuck: names the extension that cannot be downloaded, and clocks that differ', async () => {
    const stage = await asMotherDuck();
    const before = await doctorProgram(stage, { HTTP_PROXY: stage.env.HTTPS_PROXY ?? '' });
    expect(before.api).toMatchObject({ status: 'ok' });
    expect(before.clock).toMatchObject({ status: 'ok' });
    expect(before.extension).toMatchObject({
      code: 'CONNECT_FAILED',
      hint: { text: expect.stringMatching(/\.duckdb.* MOTHERDUCK_EXT_VERSION/) },
    });
    expect(before.duckdb).toMatchObject({ status: 'skipped', message: expect.stringMatching(/^\d+\.\d+\.\d+; /) });
    await stage.advance(3600);
    expect((await doctorProgram(stage)).clock).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('clock'),
    });
    await stage.advance(3 * 86_400);
    expect((await doctorProgram(stage)).clock).toMatchObject({ code: 'CLOCK_DIFFERS' });
  });

  it('names the store that git would publish, and its advice helps', async () => {
    const stage = new Stage();
    execFileSync('git', ['init', '-q'], { cwd: stage.path });
    const { checks } = await doctor(stage, '--sandbox');
    const found = Object.values(checks).find(({ status, name }) => name === 'store' && status === 'failed');
    expect(found).toMatchObject({ code: 'STORE_UNUSABLE' });
    const command = /(?:: |^)((?:echo|printf) .*)$/m.exec(found?.hint?.text ?? '')?.[1];
    expect(command, found?.hint?.text).toBeDefined();
    execFileSync('sh', ['-c', command ?? ''], { cwd: stage.path });
    expect((await doctor(stage, '--sandbox')).failed).toEqual([]);
  });

  it("names the lock of another machine's run on a file of secrets, and its advice helps", async () => {
    const stage = new Stage();
    const since = (ms: number) => new Date(Date.now() - ms).toISOString();
    const lock = (ms: number) =>
      JSON.stringify({ pid: 7, host: 'runner-7', command: 'store a secret', since: since(ms) });
    const path = '.motherduck/secrets.env.lock';
    stage.write(path, lock(0));
    expect((await doctor(stage, '--sandbox')).failed).toEqual([]);
    stage.write(path, lock(60_000));
    const { checks, failed } = await doctor(stage, '--sandbox');
    expect(failed).toEqual(['store']);
    expect(checks.local).toMatchObject({
      code: 'STORE_UNUSABLE',
      message: expect.stringContaining('locked by process 7 on runner-7'),
      hint: { text: expect.stringContaining(`remove ${stage.file(path)}`) },
    });
    stage.remove(path);
    expect((await doctor(stage, '--sandbox')).failed).toEqual([]);
  });

  it('runs the checks of stores, which are rehearsed in the sandbox', async () => {
    const stage = new Stage(
      'version: 1\norganization: acme\nsecret_stores:\n  vault: { kind: exec, command: [node, put.mjs, "{account}/{token}"], check: [node, check.mjs] }\n',
    );
    stage.write('put.mjs', '');
    stage.write('check.mjs', `console.error('sealed'); process.exit(3);`);
    expect((await doctor(stage)).checks.vault).toMatchObject({
      code: 'STORE_UNUSABLE',
      message: expect.stringContaining('check'),
    });
    expect((await doctor(stage, '--sandbox')).checks.vault).toMatchObject({
      status: 'ok',
      message: expect.stringContaining('rehearsed'),
    });
    stage.write('check.mjs', '');
    expect((await doctor(stage)).checks.vault).toMatchObject({ status: 'ok' });
  });

  it('says of the token that it is none of MotherDuck, and of DuckDB only what it saw', async () => {
    const served = new Stage();
    await served.serve();
    const garbage = (await doctor(served, '', { MOTHERDUCK_ADMIN_TOKEN: 'garbage' })).checks;
    expect(garbage.token).toMatchObject({ status: 'failed', code: 'TOKEN_REFUSED' });
    const stage = new Stage();
    stage.write('.motherduck-sandbox/organization.json', '{"connections":"newer_duckdb"}\n');
    const { checks } = await doctor(stage, '--sandbox');
    expect([checks.extension?.status, checks.duckdb?.status]).toEqual(['failed', 'skipped']);
  });

  it('names what is wrong with the configuration and the state, and who holds the lock', async () => {
    const stage = await Stage.applied();
    const lock = await fileBackend(stage.file(STATE)).lock({
      command: 'apply',
      who: 'anna',
      waitMs: 0,
      warn: () => {},
    });
    const held = (await doctor(stage, '--sandbox')).checks;
    expect(held.lock).toMatchObject({ status: 'failed', message: expect.stringContaining('anna') });
    expect((await stage.run('doctor --sandbox')).code).toBe(1);
    await lock.release();
    expect((await doctor(stage, '--sandbox')).checks.lock).toMatchObject({ status: 'ok' });

    expect((await stage.run('sandbox reset')).code).toBe(0);
    expect((await doctor(stage, '--sandbox')).checks.state).toMatchObject({ code: 'STATE_FOREIGN' });
    stage.write(STATE, `{"${MARKER}`);
    expect((await doctor(stage, '--sandbox')).checks.state).toMatchObject({ code: 'STATE_INVALID' });
    stage.edit((text) => text.replace('version: 1', 'version: 1\nnonsense: 1'));
    const { checks } = await doctor(stage, '--sandbox');
    expect(checks.configuration).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`${CONFIG}:`),
      hint: { command: ['validate'] },
    });
    expect(checks.stores).toMatchObject({ status: 'skipped' });
  });

  it('works without a configuration, and names the organization', async () => {
    const stage = new Stage();
    stage.remove(CONFIG);
    const { checks, failed } = await doctor(stage, '--sandbox');
    expect(failed).toEqual([]);
    expect(checks.configuration).toMatchObject({ status: 'skipped', hint: { command: ['init'] } });
    expect(checks.organization).toMatchObject({ status: 'ok', message: expect.stringContaining('business') });
  });

  it('is wrong usage with the options of two organizations', async () => {
    const { code, stdout } = await new Stage().run('doctor --sandbox --api-url http://127.0.0.1:1');
    expect([code, stdout]).toEqual([64, '']);
  });

  it('goes on after a check that has a bug', async () => {
    const stage = new Stage();
    const io = { env: {}, options: {}, note: () => {}, debug: () => {} };
    const options = { config: stage.file(CONFIG), parallelism: 1, apiUrl: 7 as unknown as string };
    const { checks, passed } = await examine(options, { ...io, env: { MOTHERDUCK_ADMIN_TOKEN: 'x' } });
    expect(passed).toBe(false);
    expect(checks.filter(({ code }) => code === 'BUG').length).toBeGreaterThan(0);
    expect(checks.find(({ name }) => name === 'configuration')).toMatchObject({ status: 'ok' });
  });
});

describe('what doctor says of connections to MotherDuck', () => {
  const about = { env: {}, options: { parallelism: 1 }, isSandbox: async () => false };
  const missing = () => Promise.reject(new Error('not there'));
  const service = async () => ({ isSandbox: false });
  const run = async (name: string, examination: object) => {
    const check = CONNECTION.find((each) => each.name === name);
    const fake = { ...about, service, configuration: missing, state: missing, ...examination };
    return (await check?.run(fake as unknown as Examination)) as CheckResult;
  };
  const report = (steps: Record<string, object>) => async (): Promise<ProbeReport> =>
    new Map(Object.entries(steps).map(([step, rest]) => [step, { ms: 1, ...rest }]));
  const organization = {
    answer: { rows: 1, row: { org_id: 'o-1', org_name: 'Acme', org_type: 'lite', region: 'eu' } },
  };

  it('compares the organization with the id that the state knows', async () => {
    const connection = report({ connect: {}, organization });
    const state = (id?: string) => async () => ({ state: { organization_id: id, accounts: new Map() } });
    expect(await run('organization', { connection, state: state('o-1') })).toMatchObject({
      status: 'ok',
      message: 'Acme (o-1, lite, eu), as the state says',
    });
    expect(await run('organization', { connection, state: state() })).toMatchObject({
      status: 'ok',
      message: 'Acme (o-1, lite, eu)',
    });
    expect(await run('organization', { connection })).toMatchObject({ status: 'ok' });
    expect(await run('organization', { connection, state: state('o-2') })).toMatchObject({
      status: 'failed',
      code: 'ORGANIZATION_DIFFERS',
    });
  });

  it('tells the two downloads of the extension apart', async () => {
    const failing = (text: string) =>
      report({
        connect: {
          failure: {
            kind: 'sql',
            text,
            duckdb: { version: 'v1.5.6', platform: 'linux_amd64', folder: '/h/.duckdb/x' },
          },
        },
      });
    const first = await run('extension', {
      connection: failing(
        'IO Error: Failed to download extension "motherduck" at URL "http://extensions.duckdb.org/v1.5.6/linux_amd64/motherduck.duckdb_extension.gz"',
      ),
    });
    const second = await run('extension', {
      connection: failing('MotherDuck extension is not available for this DuckDB version'),
    });
    expect(first.message).toContain('extensions.duckdb.org');
    expect(second.message).toContain('second part');
    for (const { hint } of [first, second]) expect(hint?.text).toMatch(/\.duckdb.* MOTHERDUCK_EXT_VERSION/);
  });

  it('reads the versions of DuckDB that MotherDuck publishes, in any form', async () => {
    const transport = (status: number, text: string) => ({
      send: async () => ({ status, headers: {}, text }),
      close: async () => {},
    });
    const text = JSON.stringify({
      regions: { 'us-east-1': ['1.4.0', 'v1.5.10'] },
      '1.5.6': { ok: true },
      note: 'since 0.0.1',
    });
    expect(await readAcceptedVersions(transport(200, text))).toEqual({ first: '1.4.0', last: '1.5.10' });
    expect(await readAcceptedVersions(transport(404, text))).toBeUndefined();
    expect(await readAcceptedVersions(transport(200, '{}'))).toBeUndefined();
    const range = { first: '1.4.1', last: '1.5.10' };
    expect(
      ['1.4.0', '1.4.1', '1.5.6', '1.5.10', '1.5.11', '2.0.0'].map((version) => isAcceptedVersion(version, range)),
    ).toEqual([false, true, true, true, false, false]);
  });
});
