/** The errors that people meet first: each says what happened and what to type next. */

import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectGolden, type Values } from '../golden/golden.ts';
import type { Ran } from '../in-process.ts';
import { isWindows } from '../platform.ts';
import { outputOf, STATE, Stage, until } from '../stage.ts';

/**
 * What every error must be: on stderr, without a stack trace, with the exit code and these names and options in it.
 * Its words are the entry of the test's name in the golden file.
 */
function expectError(ran: Ran, code: number, names: readonly string[], values: Values = {}) {
  expect(ran.code, ran.stderr).toBe(code);
  for (const name of names) expect(ran.stderr).toContain(name);
  expect(ran.stderr).not.toMatch(/^\s+at .+:\d+:\d+/m);
  const { currentTestName = '' } = expect.getState();
  expectGolden('errors', currentTestName, ran.stderr, values);
}

/** Which of the requests at once is refused first. */
const REQUEST = /GET \/v1\/users\S*(?=:)/g;

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the token', () => {
  it('is missing', async () => {
    const folder = new Stage();
    expectError(await folder.run('plan'), 1, ['MOTHERDUCK_ADMIN_TOKEN', '--sandbox']);
  });

  it('is unknown to MotherDuck', async () => {
    const folder = new Stage();
    await folder.serve();
    const ran = await folder.run('plan', { MOTHERDUCK_ADMIN_TOKEN: 'wrong' });
    expectError(ran, 1, ['MOTHERDUCK_ADMIN_TOKEN']);
  });

  it('is a read scaling one', async () => {
    const folder = new Stage();
    await folder.serve();
    const token = await folder.inSandbox((organization) => organization.mint({ type: 'read_scaling' }));
    const ran = await folder.run('plan', { MOTHERDUCK_ADMIN_TOKEN: token.reveal() });
    expectError(ran, 1, ['MOTHERDUCK_ADMIN_TOKEN'], { request: REQUEST });
  });

  it('is of somebody who is not an Admin', async () => {
    const folder = new Stage();
    await folder.serve();
    const token = await folder.inSandbox(async (organization) => {
      await organization.addHuman('anna', { roles: ['analyst'] });
      return organization.mint({ username: 'anna' });
    });
    const ran = await folder.run('plan', { MOTHERDUCK_ADMIN_TOKEN: token.reveal() });
    expectError(ran, 1, ['Admin'], { request: REQUEST });
    expect(ran.stderr.match(/Error:/g)).toHaveLength(1);
  });
});

describe('the address', () => {
  it('is not https', async () => {
    const ran = await new Stage().run('plan --api-url http://api.motherduck.com', { MOTHERDUCK_ADMIN_TOKEN: 'x' });
    expectError(ran, 1, ['http://api.motherduck.com']);
  });

  it('has nobody listening', async () => {
    const ran = await new Stage().run('plan --api-url http://127.0.0.1:9', { MOTHERDUCK_ADMIN_TOKEN: 'x' });
    expectError(ran, 1, ['127.0.0.1:9', 'ECONNREFUSED', '--api-url']);
  });

  it('cannot be reached: there is no network', async () => {
    const ran = await new Stage().run('plan --api-url https://mdacc-test.invalid', { MOTHERDUCK_ADMIN_TOKEN: 'x' });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/mdacc-test\.invalid.* \((ENOTFOUND|EAI_AGAIN)\)/);
    expect(ran.stderr).toContain('--api-url');
  });

  it('is something else than MotherDuck, or a proxy’s page', async () => {
    const url = await listen(
      createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<html>Sign in</html>')),
    );
    const ran = await new Stage().run(['plan', '--api-url', url], { MOTHERDUCK_ADMIN_TOKEN: 'x' });
    expectError(ran, 1, [url], { url });
  });
});

describe('the configuration', () => {
  it('is in another folder', async () => {
    const folder = new Stage();
    mkdirSync(folder.file('below'));
    const below = Object.assign(Object.create(folder) as Stage, { path: folder.file('below') });
    expectError(await below.run('plan --sandbox'), 1, ['motherduck.accounts.yaml', '--config']);
  });

  it('has errors: all are shown, and in JSON too', async () => {
    const folder = new Stage(
      'version: 1\norganization: acme\naccounts:\n  a_1: { tokns: {} }\n  b_1: { tokens: { x: nope } }\n',
    );
    const ran = await folder.run('plan --sandbox --format json');
    expectError(ran, 1, ['"tokens"', 'motherduck.accounts.yaml:5:']);
    const { error } = JSON.parse(ran.stdout) as { error: { code: string; diagnostics: unknown[] } };
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.diagnostics).toHaveLength(2);
  });
});

describe('the state', () => {
  it('is of another organization', async () => {
    const folder = await Stage.applied();
    folder.edit((text) => text.replace('organization: acme', 'organization: globex'));
    expectError(await folder.run('plan --sandbox'), 1, ['"acme"', '--state']);
  });

  it('is of the sandbox, and the run is not', async () => {
    const folder = await Stage.applied();
    const server = createServer((_request, response) => response.end());
    const ran = await folder.run(['plan', '--api-url', await listen(server)], { MOTHERDUCK_ADMIN_TOKEN: 'x' });
    expectError(ran, 1, ['rm motherduck.accounts.state.json']);
  });

  it('is locked by another run', async () => {
    const folder = new Stage();
    const server = createServer(() => {}); // answers never
    const child = folder.spawn(['apply', '--api-url', await listen(server)], { MOTHERDUCK_ADMIN_TOKEN: 'x' });
    onTestFinished(() => void child.kill('SIGKILL'));
    await until(() => folder.has(`${STATE}.lock`), outputOf(child));
    expectError(await folder.run('apply --sandbox --yes'), 5, [`${child.pid}`, '--lock-timeout 5m'], {
      pid: child.pid ?? '',
      host: hostname(),
    });
  });
});

describe('a store that cannot be written', () => {
  it.skipIf(isWindows)('stops everything before anything is made', async () => {
    const folder = new Stage();
    mkdirSync(folder.file('.motherduck'));
    folder.write('.motherduck/secrets.env', '');
    chmodSync(folder.file('.motherduck/secrets.env'), 0o644);
    expectError(await folder.run('apply --sandbox --yes'), 1, ['chmod 600']);
    const { document } = await folder.json('plan --sandbox');
    const { actions } = document as { actions: readonly { action: string }[] };
    expect(actions.filter(({ action }) => action === 'create_account')).toHaveLength(3);
  });
});

describe('wrong usage', () => {
  it.each([
    ['plann', '"plann"', 'mdacc plan'],
    ['plan --sandbx', '"--sandbx"', 'mdacc plan --sandbox'],
    ['plan --parallelism none', '--parallelism', '"none"'],
    ['plan --timeout soon', '30s'],
    ['plan --format yaml', 'text, json, markdown, html'],
    ['plan --sandbox --only nobody_*', '--only nobody_*', 'etl_prod'],
    ['plan --sandbox --only etl_prd', '--only etl_prd', '--only etl_prod?'],
    ['smoke --sandbox --only etl_prd', '--only etl_prd', '--only etl_prod?'],
    ['sandbox advance', '"duration"'],
    ['plan --sandbox lab', '--sandbox-dir lab'],
    ['plan --sandbox=lab', '--sandbox-dir lab'],
    ['--sandbox lab plan', '--sandbox-dir lab'],
    ['-q --sandbox lab state list', '--sandbox-dir lab'],
    ['--sandbox plam', 'mdacc --sandbox plan'],
    ['--sandbx plan', '"--sandbx"', 'mdacc --sandbox plan'],
    ['apply today.plan --sandbox --only etl_prod', '--only'],
    ['plan --sandbox --api-url http://localhost:1', '--sandbox', '--api-url'],
    ['plan --sandbox --timeout 0s', '--timeout', '30s'],
    ['plan --sandbox --timeout 52w', '--timeout', '1d'],
    ['sandbox advance 0d', '"0d"', '80d'],
    ['schema nonsense', 'config, plan, state'],
  ])('mdacc %s', async (words, ...names) => {
    expectError(await new Stage().run(words), 64, names);
  });
});

it('wrong usage is a document too, with --format json', async () => {
  const { code, stdout } = await new Stage().run('plan --format json --parallelism 0');
  expect(code).toBe(64);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: 'USAGE', message: expect.stringContaining('--parallelism') },
  });
});

it.runIf(existsSync('/dev/full'))(
  'an output that cannot be written is an error in the end, and not before',
  async () => {
    const folder = new Stage();
    const full = openSync('/dev/full', 'w');
    const child = folder.spawn('apply --sandbox --yes --no-smoke', {}, { stdio: ['ignore', full, full] });
    const code = await new Promise((resolve) => child.once('close', resolve));
    closeSync(full);
    expect(code).toBe(1);
    expect(await folder.json('plan --sandbox')).toMatchObject({ document: { actions: [] } });
    expect(folder.has('motherduck.accounts.state.json.lock')).toBe(false);
  },
);

it('help that nobody reads is no error', async () => {
  const child = new Stage().spawn('plan --help');
  child.stdout?.destroy();
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
});

it('apply without a terminal and without --yes does nothing', async () => {
  const folder = new Stage();
  expectError(await folder.run('apply --sandbox'), 1, ['--yes']);
  expect(folder.has('motherduck.accounts.state.json')).toBe(false);
  expect(folder.has('motherduck.accounts.state.json.lock')).toBe(false);
});

it('the word after --sandbox is no folder', async () => {
  const folder = await Stage.applied();
  expect((await folder.run('rotate --sandbox etl_prod/airflow --yes --no-smoke')).stdout).toContain('airflow.2');
  const applied = await folder.run('apply --sandbox etl_prod --yes');
  expectError(applied, 1, ['etl_prod', 'mdacc apply --only etl_prod --sandbox']);
  expect(folder.has('etl_prod')).toBe(false);
});

it('stdout that is closed early is no error', async () => {
  const folder = new Stage();
  const child = folder.spawn('plan --sandbox --quiet --format json');
  child.stdout?.destroy();
  let said = '';
  child.stderr?.on('data', (text) => {
    said += text;
  });
  await new Promise((resolve) => child.once('close', resolve));
  expect(said).toBe('');
});
