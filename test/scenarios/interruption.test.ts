/** Two runs at once, and runs that are stopped: real processes, real signals. */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { isRunning } from '../../src/files/process.ts';
import { expectGolden } from '../golden/golden.ts';
import { isWindows } from '../platform.ts';
import { outputOf, Stage, until } from '../stage.ts';

const LOCK = 'motherduck.accounts.state.json.lock';
const WAIT = { timeout: 30_000 };

/** Waits until the process has said a text on stderr. */
async function said(child: ChildProcess, text: string): Promise<void> {
  let all = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
      all += piece;
      if (all.includes(text)) resolve();
    });
    child.once('close', () => reject(new Error(`it ended without saying "${text}": ${all}`)));
  });
}

/** A folder whose sandbox takes its time at first, so that there is a middle to be stopped in. */
async function slow(): Promise<Stage> {
  const folder = new Stage();
  await folder.serve({ latency: 150 });
  return folder;
}

async function expectConverged(folder: Stage): Promise<void> {
  await folder.serve();
  const finished = await folder.run('apply --yes --no-smoke');
  expect(finished.code, finished.stderr).toBe(0);
  const after = await folder.json('plan --detailed-exitcode');
  expect(after).toMatchObject({ code: 0, document: { actions: [], unmanaged: { accounts: [], tokens: [] } } });
  expect(folder.has(LOCK)).toBe(false);
}

describe.skipIf(isWindows)('an apply that is interrupted', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s finishes the calls in flight, saves, unlocks and exits 130',
    async (signal) => {
      const folder = await slow();
      const child = folder.spawn('apply --yes --no-smoke --parallelism 1');
      const ended = once(child, 'close');
      await said(child, 'create account');
      child.kill(signal);
      expect(await ended).toEqual([130, null]);
      expect(folder.has(LOCK)).toBe(false);
      const state = JSON.parse(folder.read('motherduck.accounts.state.json')) as { accounts: Record<string, object> };
      expect(state.accounts.etl_prod).toMatchObject({ origin: 'created' });
      expect(state.accounts.etl_prod).not.toHaveProperty('intent');
      await expectConverged(folder);
    },
  );

  it('twice stops at once, and the next run goes on from what was noted', async () => {
    const folder = await slow();
    const child = folder.spawn('apply --yes --no-smoke');
    const ended = once(child, 'close');
    await said(child, 'create account');
    child.kill('SIGINT');
    await said(child, 'Interrupt again');
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    await expectConverged(folder);
  });

  it('twice ends the command of a store with it, which would overwrite what the next run stores', async () => {
    const folder = new Stage(`version: 1
organization: acme
secret_stores: { vault: { kind: exec, command: [sh, store.sh] } }
token_policies: { p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 0s, secret_store: vault } }
accounts: { etl: { tokens: { app: p } } }
`);
    folder.write('store.sh', 'secret=$(cat)\nsleep 60 &\necho $$ $! > pids\nwait\necho "$secret" > stored\n');
    const child = folder.spawn('apply --sandbox --real-stores --yes --no-smoke');
    const ended = once(child, 'close');
    await vi.waitUntil(() => folder.has('pids') && folder.read('pids').endsWith('\n'), WAIT);
    child.kill('SIGTERM');
    await said(child, 'Interrupted');
    child.kill('SIGTERM');
    expect(await ended).toEqual([130, null]);
    const pids = folder.read('pids').trim().split(' ').map(Number);
    await vi.waitUntil(() => !pids.some(isRunning), WAIT);
    expect(folder.has('stored')).toBe(false);
  });

  it('while it reads changes nothing', async () => {
    const folder = await slow();
    const child = folder.spawn('apply --yes --no-smoke');
    const ended = outputOf(child);
    await until(() => folder.has(LOCK), ended);
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(folder.has('motherduck.accounts.state.json')).toBe(false);
    expect(folder.has(LOCK)).toBe(false);
  });
});

/** The folder's served sandbox behind a server that is told of each request before it is passed on. */
async function watched(folder: Stage, before: (request: string) => Promise<void>): Promise<string> {
  const target = await folder.serve();
  const server = createServer(async (request, response) => {
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk as Buffer);
    const { method = 'GET', url = '', headers } = request;
    await before(`${method} ${url}`);
    const { authorization = '' } = headers;
    const answer = await fetch(target + url, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body.length > 0 ? { body: Buffer.concat(body) } : {}),
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('an audit beside an apply', () => {
  it('does not judge what the apply changed after the audit had read its state', async () => {
    const folder = new Stage();
    let isDone = false;
    const url = await watched(folder, async (request) => {
      if (isDone || !request.startsWith('GET /v1/users?limit')) return;
      isDone = true;
      expect((await folder.runProgram('apply --yes --no-smoke --only tenant_*')).code).toBe(0);
    });
    const audit = await folder.json('audit', { MOTHERDUCK_API_URL: url });
    expect(audit.stderr).toContain('another run was changing 2 accounts, not checked: tenant_acme, tenant_globex');
    const { findings } = audit.document as { findings: { account?: string }[] };
    expect(new Set(findings.map(({ account }) => account))).toEqual(new Set(['etl_prod']));
  });

  it('leaves the accounts to it that it is changing while it holds the lock, and names it', async () => {
    const folder = new Stage();
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reach = () => {};
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    const url = await watched(folder, async (request) => {
      if (request !== 'POST /v1/users/etl_prod/tokens') return;
      reach();
      await released;
    });
    const child = folder.spawn('apply --yes --no-smoke --only etl_prod', { MOTHERDUCK_API_URL: url });
    const ended = once(child, 'close');
    await reached;
    const audit = await folder.json('audit');
    expect(audit.stderr).toMatch(/not checked: etl_prod\b.*"apply"/s);
    const { findings } = audit.document as { findings: { account?: string }[] };
    expect(findings.map(({ account }) => account)).not.toContain('etl_prod');
    release();
    expect(await ended).toEqual([0, null]);
  });
});

describe('two runs at once', () => {
  it.skipIf(isWindows)('the second refuses, naming who holds the lock, or waits for it', async () => {
    const folder = new Stage();
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    onTestFinished(() => void silent.closeAllConnections());
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const first = folder.spawn(['apply', '--yes', '--api-url', url, '--timeout', '2s'], {
      MOTHERDUCK_ADMIN_TOKEN: 'x',
    });
    const ended = outputOf(first);
    await until(() => folder.has(LOCK), ended);
    first.kill('SIGSTOP'); // It holds the lock for as long as this test wants.
    const refused = await folder.run('apply --sandbox --yes --no-smoke');
    expect(refused.code).toBe(5);
    expect(refused.stderr).toMatch(new RegExp(`"apply" .*\\b${first.pid}\\b.*\\b20\\d\\d-`));
    expect((await folder.run('plan --sandbox')).code).toBe(5);
    const waiting = folder.run('apply --sandbox --yes --no-smoke --lock-timeout 1m');
    first.kill('SIGTERM');
    first.kill('SIGCONT');
    expect((await ended).code).not.toBe(0);
    const waited = await waiting;
    expect(waited.code, waited.stderr).toBe(0);
    expect(waited.stdout).toContain('10 of 10 ');
  });

  it.skipIf(isWindows)('one that waits for the lock can be interrupted', async () => {
    const folder = new Stage();
    folder.write(
      LOCK,
      JSON.stringify({ pid: 1, host: 'elsewhere', command: 'apply', since: '2026-11-01T00:00:00.000Z' }),
    );
    const child = folder.spawn('apply --sandbox --yes --lock-timeout 1h --debug');
    const ended = once(child, 'close');
    await said(child, 'elsewhere');
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(folder.has(LOCK)).toBe(true);
  });

  it('takes over the lock of a process that is gone, with a warning', async () => {
    const folder = await slow();
    const child = folder.spawn('apply --yes --no-smoke');
    const ended = once(child, 'close');
    await said(child, 'create account');
    child.kill('SIGKILL');
    await ended;
    expect(folder.has(LOCK)).toBe(true);
    await folder.serve();
    const next = await folder.run('apply --yes --no-smoke');
    expect(next.code, next.stderr).toBe(0);
    const warning = next.stderr.match(/^Warning: .*$/m)?.[0] ?? '';
    expect(warning).toContain(LOCK);
    expectGolden('warnings', 'takes over the lock of a process that is gone', warning, {
      pid: child.pid ?? '',
      host: hostname(),
    });
    await expectConverged(folder);
  });

  it('state unlock removes the lock of a dead process, and not that of a living one', async () => {
    const folder = await slow();
    const child = folder.spawn('apply --yes --no-smoke');
    const ended = outputOf(child);
    await until(() => folder.has(LOCK), ended);
    const refused = await folder.run('state unlock');
    expect(refused).toMatchObject({ code: 5 });
    expect(refused.stderr).toMatch(new RegExp(`kill .*${child.pid}`));
    child.kill('SIGKILL');
    await ended;
    const removed = await folder.run('state unlock');
    expect(removed.code).toBe(0);
    const values = { pid: child.pid ?? '', host: hostname() };
    expectGolden('reports', 'state unlock > removes the lock', removed.stdout + removed.stderr, values);
    expect(folder.has(LOCK)).toBe(false);
    const free = await folder.run('state unlock');
    expect(free.code).toBe(0);
    expectGolden('reports', 'state unlock', free.stdout + free.stderr);
  });
});
