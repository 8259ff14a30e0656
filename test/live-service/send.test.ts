/** Calls by hand and the facts go through the same proxy as the commands. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../in-process.ts';
import { CA, HOST, startProxy, startTls } from '../proxy/connect-proxy.ts';
import { outputOf, Stage } from '../stage.ts';

it.skipIf(process.platform === 'win32')(
  'the facts are recorded behind a proxy with a private CA, and it is not named',
  async () => {
    const stage = new Stage('');
    const served = await stage.serveByProgram();
    const proxy = await startProxy({
      hosts: { [HOST]: await startTls(Number(new URL(served).port)) },
      credentials: 'marker-user:marker-word',
    });
    const env = {
      ...{ PATH: process.env.PATH, HOME: stage.path, ...stage.env },
      ...{ MDACC_LIVE: '1', MOTHERDUCK_API_URL: `https://${HOST}`, NODE_EXTRA_CA_CERTS: CA },
      HTTPS_PROXY: `http://marker-user:marker-word@127.0.0.1:${proxy.port}`,
    };
    const start = path.join(ROOT, 'test/live-service/start.mjs');
    const args = [start, 'facts', '--record', 'recording.json', '--hide', 'explorer'];
    const { code, stdout, stderr } = await outputOf(spawn(process.execPath, args, { cwd: stage.path, env }));
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^A username that exists: 409 CONFLICT /m);
    expect(stdout).toContain('the journey was not run.');
    expect(stdout).not.toContain('## Steps');
    expect(new Set(proxy.targets)).toEqual(new Set([`${HOST}:443`]));
    const recording = stage.read('recording.json');
    expect(JSON.parse(recording).exchanges.length).toBeGreaterThan(60);
    for (const text of [recording, stdout, stderr]) expect(text).not.toMatch(/marker-/);
    expect(recording).not.toMatch(/sandbox\.test|127\.0\.0\.1|explorer/);
  },
);
