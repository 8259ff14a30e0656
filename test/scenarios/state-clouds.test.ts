/** A state in a bucket of Google's, and in a container of Azure's, as users meet it. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { startProxy } from '../proxy/connect-proxy.ts';
import { CONFIG, Stage } from '../stage.ts';
import * as azure from '../state/servers/azure.ts';
import * as gcs from '../state/servers/gcs.ts';
import type { Answer, ObjectServer } from '../state/servers/object-server.ts';
import {
  applyTwiceAtOnce,
  machineAt,
  moveThereAndBack,
  type SharedPlace,
  useFromTwoMachines,
} from '../state/shared-state-story.ts';

interface Cloud {
  start(): Promise<ObjectServer>;
  place(url: string): SharedPlace;
  /** A missing permission, as the cloud words it. */
  readonly denied: Answer;
  readonly role: string;
  /** The same with other values, which are refused. */
  readonly wrong: readonly string[];
}

const { ACCOUNT } = azure;
const KEY = Buffer.from('MARKER of an account').toString('base64');
const CLOUDS: Readonly<Record<string, Cloud>> = {
  gcs: {
    start: () => gcs.gcsServer(['acme']),
    place: (url) => ({
      block: `{ kind: gcs, bucket: acme, prefix: motherduck/prod, endpoint: "${url}" }`,
      env: {},
      name: 'gs://acme/motherduck/prod',
      secrets: [],
    }),
    denied: gcs.failure(403, 'ci@acme.example does not have storage.objects.create access.', 'forbidden'),
    role: 'roles/storage.objectUser',
    wrong: [
      '{ kind: gcs, bucket: Acme }',
      '{ kind: gcs, bucket: acme/x }',
      '{ kind: gcs }',
      ...['https://evil.example', 'https://storage.googleapis.com.evil.example', 'http://127.0.0.1.evil.example'].map(
        (endpoint) => `{ kind: gcs, bucket: acme, endpoint: "${endpoint}" }`,
      ),
      ...['http://localhost@evil.example', 'http://127.0.0.1:1/x', ''].map(
        (endpoint) => `{ kind: gcs, bucket: acme, endpoint: "${endpoint}" }`,
      ),
      ...['/prod', 'prod/', 'a//b', 'a/../b', '.', 'a b', '{{projectId}}', ''].map(
        (prefix) => `{ kind: gcs, bucket: acme, prefix: "${prefix}" }`,
      ),
    ],
  },
  azure: {
    start: () => azure.azureServer({ key: KEY }),
    place: (url) => ({
      block: `{ kind: azure, account: ${ACCOUNT}, container: acme, prefix: motherduck/prod, endpoint: "${url}/${ACCOUNT}" }`,
      env: { AZURE_STORAGE_KEY: KEY },
      name: `azure://${ACCOUNT}/acme/motherduck/prod`,
      secrets: [KEY],
    }),
    denied: azure.failure(403, 'AuthorizationPermissionMismatch', 'This request is not authorized.'),
    role: 'Storage Blob Data Contributor',
    wrong: [
      '{ kind: azure, account: acme.evil, container: state }',
      '{ kind: azure, account: acme, container: "a/b" }',
      '{ kind: azure, account: acme, container: "-ab" }',
      '{ kind: azure, account: acme }',
      ...[
        'https://evil.example',
        'https://acme.blob.core.windows.net.evil.example',
        'http://acme.blob.core.windows.net',
      ],
      ...['https://acme.blob.core.windows.net@evil.example', 'https://other.blob.core.windows.net'],
      ...[
        'http://127.0.0.1:10000/other',
        'http://127.0.0.1.evil.example/acme',
        'https://evil.example/.blob.core.windows.net',
      ],
    ].map((each) =>
      each.startsWith('{') ? each : `{ kind: azure, account: acme, container: state, endpoint: "${each}" }`,
    ),
  },
};

describe.each(Object.entries(CLOUDS))('a state of the kind %s', (_, cloud) => {
  const start = async () => {
    const server = await cloud.start();
    onTestFinished(() => server.end());
    return { server, place: cloud.place(server.url) };
  };

  it('is used by two machines', async () => {
    const { server, place } = await start();
    await useFromTwoMachines(place);
    expect(server.objects.has('acme/motherduck/prod/lock.json')).toBe(false);
    expect(server.objects.has('acme/motherduck/prod/log/0000000000001.json')).toBe(true);
  });

  it('is moved there, used, and moved back', async () => {
    await moveThereAndBack((await start()).place);
  });

  it('is written by one of two applies at once', async () => {
    await applyTwiceAtOnce((await start()).place);
  });

  it('that refuses is a plain error, for each command', async () => {
    const { server, place } = await start();
    server.answer = () => cloud.denied;
    const stage = machineAt(place);
    for (const words of ['plan --sandbox', 'apply --sandbox --yes', 'state list', 'audit --sandbox']) {
      const { code, document } = await stage.json(words);
      const hint = expect.objectContaining({ text: expect.stringContaining(cloud.role) });
      const error = expect.objectContaining({ code: 'STATE_UNREACHABLE', hint });
      expect([words, code, document]).toEqual([words, 1, expect.objectContaining({ error })]);
    }
  });

  it('that refuses later ends an apply before its next call to MotherDuck', async () => {
    const { server, place } = await start();
    const stage = machineAt(place);
    let n = 0;
    server.answer = (action) => (/^CREATE .*\/log\//.test(action) && ++n > 3 ? cloud.denied : undefined);
    const { code, stdout } = await stage.run('apply --sandbox --yes --no-smoke');
    expect([code, stdout]).toEqual([1, expect.stringContaining(place.name)]);
    server.answer = () => undefined;
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    expect((await stage.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
  });

  it('keeps no process that has ended its work', async () => {
    const { place } = await start();
    expect(await machineAt(place).runWithoutLongTimers('plan --sandbox --detailed-exitcode')).toMatchObject({
      code: 2,
    });
  });

  it.each(cloud.wrong)('is not read from %s', async (block) => {
    const place = { block, env: {}, name: '', secrets: [] };
    expect((await machineAt(place).run('validate')).code).toBe(1);
    expect((await machineAt(place).run('state list')).code).toBe(1);
  });
});

it('moves from a file to one cloud, to the other, and back', async () => {
  const servers = [await gcs.gcsServer(['acme']), await azure.azureServer({ key: KEY })];
  onTestFinished(async () => void (await Promise.all(servers.map((server) => server.end()))));
  const [google, microsoft] = [CLOUDS.gcs, CLOUDS.azure].map((cloud, n) => cloud?.place(servers[n]?.url ?? '').block);
  const stage = new Stage();
  Object.assign(stage.env, { AZURE_STORAGE_KEY: KEY });
  const run = async (words: string) => {
    const { code, stdout, stderr } = await stage.run(words);
    expect([words, code, stdout + stderr]).toEqual([words, 0, expect.not.stringContaining(KEY)]);
    return stdout;
  };
  await run('apply --sandbox --yes --no-smoke');
  // A move is a change of its own.
  const list = async () => (await run('state list')).replace(/serial \d+/, '');
  const before = await list();
  const text = stage.read();
  for (const block of [google, microsoft, '{ kind: file }']) {
    stage.write('old.yaml', stage.read());
    stage.write(CONFIG, text.replace('organization: acme', `organization: acme\nstate: ${block}`));
    await run('state migrate --from old.yaml');
    expect(await list()).toBe(before);
    await run('plan --sandbox --detailed-exitcode');
    const old = await stage.json(['state', 'list', '--config', 'old.yaml']);
    expect(old.code).toBe(1);
  }
});

describe.each(Object.entries(CLOUDS))('the doctor, with a state of the kind %s', (_, cloud) => {
  it('says what the cloud refuses', async () => {
    const server = await cloud.start();
    onTestFinished(() => server.end());
    const stage = machineAt(cloud.place(server.url));
    expect((await stage.run('doctor --sandbox')).stdout).toContain(cloud.place(server.url).name);
    server.answer = () => cloud.denied;
    const { code, stdout } = await stage.run('doctor --sandbox');
    expect([code === 0, stdout]).toEqual([false, expect.stringContaining(cloud.role)]);
  });
});

describe('the proxy of the environment', () => {
  it.each([
    ['{ kind: gcs, bucket: acme }', 'storage.googleapis.com:443'],
    ['{ kind: azure, account: acmeplatform, container: acme }', 'acmeplatform.blob.core.windows.net:443'],
  ])('is used for %s', async (block, target) => {
    const proxy = await startProxy({ answer: () => 'HTTP/1.1 403 No\r\n\r\n' });
    const place = { block, env: { AZURE_STORAGE_KEY: KEY }, name: '', secrets: [] };
    const stage = machineAt(place);
    const env = { HTTPS_PROXY: proxy.url, METADATA_SERVER_DETECTION: 'none', HOME: stage.path };
    const running = stage.spawn('state list', env);
    const ended = new Promise((resolve) => running.once('close', resolve));
    await expect.poll(() => proxy.targets, { timeout: 30_000 }).toContain(target);
    running.kill('SIGKILL');
    await ended;
  });
});
