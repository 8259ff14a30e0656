/** A run that was suspended, as on a laptop that slept, while another run took the state over. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished, vi } from 'vitest';
import { MINUTE_MS } from '../../src/model/time.ts';
import { SANDBOX, type Stage } from '../stage.ts';
import { S3Server } from './servers/s3.ts';
import { machineAt } from './shared-state-story.ts';

vi.setConfig({ testTimeout: 60_000 });

/** What was changed at MotherDuck. */
const changesAt = (stage: Stage) => stage.read(`${SANDBOX}/organization.jsonl`);

interface Suspended {
  readonly stage: Stage;
  readonly server: S3Server;
  /** What was changed at MotherDuck by the time it was suspended. */
  readonly changes: string[];
  /** Suspends it, while another run writes the next change after that of the serial. */
  suspend(serial: number, written: string): void;
}

/** A machine whose state is in a bucket. */
async function machine(): Promise<Suspended> {
  const server = await S3Server.start();
  onTestFinished(() => server.end());
  const block = `{ kind: s3, bucket: acme-platform, region: ${server.region}, endpoint: "${server.url}" }`;
  const stage = machineAt({ block, env: S3Server.ENV, name: '', secrets: [] });
  onTestFinished(() => void vi.useRealTimers());
  const changes: string[] = [];
  const suspend = (serial: number, written: string) => {
    changes.push(changesAt(stage));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * MINUTE_MS });
    const next = serial + 1;
    const other = written
      .replace(/^\{"serial":\d+/, `{"serial":${next}`)
      .replace(/"writer":"[^"]+"/, '"writer":"other"');
    server.objects.set(keyOf(next), { text: other, modified: Date.now() });
  };
  return { stage, server, changes, suspend };
}

const keyOf = (serial: number) => `acme-platform/log/${String(serial).padStart(13, '0')}.json`;

it.each([
  ['create an account', '"action":"create_account"'],
  ['create a token', '"storing":false'],
  ['store a secret', '"storing":true'],
])('does not %s after its intent was written, and calls nothing more', async (_, mark) => {
  const { stage, server, changes, suspend } = await machine();
  server.atEffect = (when, action) => {
    const [, serial = ''] = /^CREATE log\/0*(\d+)\.json$/.exec(action) ?? [];
    const written = server.objects.get(keyOf(Number(serial)))?.text;
    if (when === 'after' && changes.length === 0 && written?.includes(mark)) suspend(Number(serial), written);
    return false;
  };
  const { code, stdout, stderr } = await stage.run('apply --sandbox --yes --parallelism 1');
  expect([code, stdout + stderr]).toEqual([3, expect.stringContaining('[STATE_LOST]')]);
  expect(changes).toEqual([changesAt(stage)]);
  expect(stage.has('.motherduck/secrets.env')).toBe(false);
});

it.each(['POST /v1/users', 'POST /v1/users/etl_prod/tokens'])(
  'does not look for what it created when the answer to %s was lost meanwhile',
  async (call) => {
    const { stage, server, changes, suspend } = await machine();
    const url = await stage.serve();
    const calls: string[] = [];
    const proxy = createServer(async (request, response) => {
      const { method = '', url: path = '', headers } = request;
      if (changes.length > 0) calls.push(`${method} ${path}`);
      const body = await text(request);
      // fetch counts the body itself, and may refuse a length that it is given.
      const { host: _, connection: __, 'content-length': ___, ...others } = headers;
      const init = { method, headers: others as Record<string, string>, ...(body === '' ? {} : { body }) };
      const answer = await fetch(`${url}${path}`, init);
      const answered = Buffer.from(await answer.arrayBuffer());
      if (changes.length === 0 && `${method} ${path}` === call) {
        const serial = [...server.objects.keys()].filter((key) => key.includes('/log/')).length;
        suspend(serial, server.objects.get(keyOf(serial))?.text ?? '');
        request.socket.destroy();
      } else {
        response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(answered);
      }
    });
    await new Promise<void>((listens) => proxy.listen(0, '127.0.0.1', listens));
    onTestFinished(() => void proxy.close());
    stage.env.MOTHERDUCK_API_URL = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const { code, stdout, stderr } = await stage.run('apply --yes --no-smoke --parallelism 1');
    expect([code, stdout + stderr]).toEqual([3, expect.stringContaining('[STATE_LOST]')]);
    expect(calls).toEqual([]);
  },
);
