/** The kind `gcs` against a server that stands for Google Cloud Storage. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import * as sdk from '@google-cloud/storage';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openGcs } from '../../../src/state/kinds/gcs/store.ts';
import { objectBackend } from '../../../src/state/object-backend.ts';
import { LOCK_REQUEST, testObjectStore } from '../backend-behaviour.ts';
import { failure, gcsServer } from '../servers/gcs.ts';
import { expectServiceTime, expectUndecided } from '../service-behaviour.ts';

testObjectStore(
  'Google Cloud Storage',
  async () => {
    const server = await gcsServer();
    let places = 0;
    return {
      place: async () => {
        const prefix = `place/${++places}`;
        server.fate = () => 'answered';
        return {
          store: async () => openGcs(sdk, { bucket: 'acme', prefix, endpoint: server.url }, {}),
          loses: (fate) => {
            server.fate = (action) => (action.startsWith('CREATE') ? fate() : 'answered');
          },
        };
      },
      end: () => server.end(),
    };
  },
  { rounds: 5 },
);

async function started() {
  const server = await gcsServer();
  onTestFinished(() => server.end());
  const open = (limitMs?: number, bucket = 'acme') =>
    openGcs(sdk, { bucket, prefix: 'prod', endpoint: server.url }, {}, limitMs);
  return { server, store: open(), open };
}

describe('the kind gcs', () => {
  it('is named by its bucket and prefix', async () => {
    expect(openGcs(sdk, { bucket: 'acme', prefix: 'motherduck/prod' }, {}).name).toBe('gs://acme/motherduck/prod');
    expect(openGcs(sdk, { bucket: 'acme' }, {}).name).toBe('gs://acme');
    const elsewhere = openGcs(sdk, { bucket: 'acme', endpoint: 'https://acme.example/' }, {});
    expect(elsewhere.name).toBe('gs://acme at https://acme.example');
  });

  it('sends no credentials to an emulator', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '/nowhere.json');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { server, store } = await started();
    await store.put('a', 'text');
    expect(server.headers.authorization).toBeUndefined();
  });

  it('knows the time of the service, and when it wrote an object', async () => {
    const { server, store } = await started();
    await expectServiceTime(store, server);
  });

  it.each([
    [429, 'rateLimitExceeded'],
    [403, 'userRateLimitExceeded'],
    [408, 'timeout'],
    [409, 'conflict'],
    [500, 'backendError'],
    [503, 'backendError'],
  ])('does not decide after %i %s, and asks once', async (status, reason) => {
    const { server, store } = await started();
    server.answer = () => failure(status, 'Slow down', reason);
    await expectUndecided(store, server);
  });

  it.each(['hangs', 'never_arrives', 'answer_lost'] as const)('does not decide when a request %s', async (fate) => {
    const { server, open } = await started();
    server.fate = () => fate;
    const store = open(200);
    await expectUndecided(store, server);
  });

  it('takes no other bucket for an empty one', async () => {
    const { open } = await started();
    const store = open(undefined, 'other');
    const acts = [() => store.create('a', ''), () => store.list(''), () => store.get('a')];
    for (const act of acts) {
      await expect(act()).rejects.toMatchObject({
        code: 'STATE_UNREACHABLE',
        message: `${store.name}: the bucket other does not exist`,
        hint: { text: expect.stringContaining('gcloud storage buckets create gs://other') },
      });
    }
  });

  it('says which role is missing', async () => {
    const { server, store } = await started();
    const message = 'ci@acme.iam.gserviceaccount.com does not have storage.objects.create access to the object.';
    server.answer = () => failure(403, message, 'forbidden');
    for (const act of [() => store.create('a', ''), () => store.get('a'), () => store.list('')]) {
      await expect(act()).rejects.toMatchObject({
        code: 'STATE_UNREACHABLE',
        message: expect.stringContaining('ci@acme.iam.gserviceaccount.com does not have storage.objects.create'),
        hint: { text: expect.stringContaining('--role=roles/storage.objectUser') },
      });
    }
  });

  it('refuses a service that ignores conditions when the lock is taken', async () => {
    const { server, store } = await started();
    server.ignoresConditions = true;
    await expect(objectBackend(store).lock(LOCK_REQUEST)).rejects.toMatchObject({
      code: 'STATE_UNREACHABLE',
      message: expect.stringContaining('If-None-Match'),
    });
    expect(server.objects.size).toBe(0);
  });

  it('frees its lock also when the service is busy at that moment', async () => {
    const { server, store } = await started();
    const lock = await objectBackend(store).lock(LOCK_REQUEST);
    let n = 0;
    server.answer = (action) => (/^(REMOVE|GET)/.test(action) && n++ % 3 !== 0 ? failure(503, 'Busy') : undefined);
    await lock.release();
    expect([...server.objects.keys()]).toEqual([]);
  });
});

describe('credentials of Google', () => {
  const stand = (handlers: Parameters<typeof setupServer>) => {
    const google = setupServer(...handlers);
    google.listen({ onUnhandledRequest: 'error' });
    onTestFinished(() => google.close());
    onTestFinished(() => void vi.unstubAllEnvs());
    const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    vi.stubEnv('HOME', folder);
    vi.stubEnv('CLOUDSDK_CONFIG', folder);
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none');
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined);
    const login = () => {
      const file = path.join(folder, 'login.json');
      const [client_secret, refresh_token] = ['marker-secret', 'marker-refresh'];
      writeFileSync(file, JSON.stringify({ type: 'authorized_user', client_id: 'id', client_secret, refresh_token }));
      vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file);
    };
    return { login, store: () => openGcs(sdk, { bucket: 'acme', prefix: 'prod' }, {}) };
  };
  const TOKEN = 'https://oauth2.googleapis.com/token';
  const STORAGE = 'https://storage.googleapis.com/*';
  const shown = (error: unknown) => inspect(error, { depth: 10, showHidden: true });

  it('go to Google', async () => {
    const seen: (string | null)[] = [];
    const { login, store } = stand([
      http.post(TOKEN, () => HttpResponse.json({ access_token: 'marker-access', expires_in: 3600 })),
      http.all(STORAGE, ({ request }) => {
        seen.push(request.headers.get('authorization'));
        return HttpResponse.json({ error: { code: 403, message: 'no', errors: [] } }, { status: 403 });
      }),
    ]);
    login();
    const error: unknown = await store()
      .create('a', 'text')
      .catch((reason) => reason);
    expect(seen).toEqual(['Bearer marker-access']);
    expect(error).toMatchObject({ code: 'STATE_UNREACHABLE' });
    expect(shown(error)).not.toContain('marker');
  });

  it('that have expired are said to be so', async () => {
    const { login, store } = stand([
      http.post(TOKEN, () =>
        HttpResponse.json({ error: 'invalid_grant', error_subtype: 'invalid_rapt' }, { status: 400 }),
      ),
    ]);
    login();
    for (const act of [() => store().create('a', ''), () => store().get('a'), () => store().list('')]) {
      const error: unknown = await act().catch((reason) => reason);
      expect(error).toMatchObject({
        code: 'STATE_UNREACHABLE',
        message: 'gs://acme/prod: the Google login has expired, or was revoked',
        hint: { text: 'Type: gcloud auth application-default login' },
      });
      expect(shown(error)).not.toContain('marker');
    }
  });

  it('that are missing are said to be so', async () => {
    const message = 'Anonymous caller does not have storage.objects.get access to the object.';
    const { store } = stand([
      http.all(STORAGE, () =>
        HttpResponse.json(
          { error: { code: 401, message, errors: [{ message, reason: 'required' }] } },
          { status: 401 },
        ),
      ),
    ]);
    for (const act of [() => store().create('a', ''), () => store().get('a'), () => store().list('')]) {
      await expect(act()).rejects.toMatchObject({
        code: 'STATE_UNREACHABLE',
        message: 'gs://acme/prod: no Google credentials were found',
        hint: { text: expect.stringContaining('gcloud auth application-default login') },
      });
    }
  });
});
