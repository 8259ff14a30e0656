/** The kind `gcs` of a state, over emulators that others wrote. */
import * as sdk from '@google-cloud/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGcs } from '../../src/state/kinds/gcs/store.ts';
import { objectBackend } from '../../src/state/object-backend.ts';
import { LOCK_REQUEST, testObjectStore } from '../state/backend-behaviour.ts';
import { lossyFolder } from './lossy-store.ts';
import { type RunningServer, type ServerProgram, withServer } from './real-server.ts';

const BUCKET = 'acme-platform';

/** Creates the bucket, which shows that the server is ready. */
async function createBucket(url: string): Promise<boolean> {
  const body = JSON.stringify({ name: BUCKET });
  const headers = { 'content-type': 'application/json' };
  const { status } = await fetch(`${url}/storage/v1/b?project=acme`, { method: 'POST', headers, body });
  return status === 200 || status === 409;
}

/** https://github.com/fsouza/fake-gcs-server, in Go. */
const FAKE_GCS: ServerProgram = {
  program: 'fake-gcs-server',
  arguments: ([port], folder) => [
    ...['-scheme', 'http', '-host', '127.0.0.1', '-port', `${port}`, '-public-host', `127.0.0.1:${port}`],
    ...['-backend', 'filesystem', '-filesystem-root', folder],
  ],
  isReady: createBucket,
};

/** https://github.com/oittaa/gcp-storage-emulator, in Python, which ignores conditions. */
const EMULATOR: ServerProgram = {
  program: 'gcp-storage-emulator',
  arguments: ([port]) => ['start', '--host=127.0.0.1', `--port=${port}`, '--in-memory'],
  isReady: createBucket,
};

async function refuseOtherBucket(endpoint: string): Promise<void> {
  const missing = objectBackend(openGcs(sdk, { bucket: 'acme-other', endpoint }, {}));
  await expect(missing.read()).rejects.toMatchObject({
    code: 'STATE_UNREACHABLE',
    hint: { text: expect.stringContaining('gcloud storage buckets create gs://acme-other') },
  });
}

withServer('fake-gcs-server', FAKE_GCS, (start) => {
  testObjectStore(
    'fake-gcs-server',
    async () => {
      const { url, end } = await start();
      let places = 0;
      return {
        place: async () => {
          const prefix = `state-${places++}`;
          return lossyFolder(async () => openGcs(sdk, { bucket: BUCKET, prefix, endpoint: url }, {}));
        },
        end,
      };
    },
    { rounds: 10 },
  );
});

withServer('gcp-storage-emulator', EMULATOR, (start) => {
  describe('gcp-storage-emulator', () => {
    let server: RunningServer;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.end());

    it('keeps objects', async () => {
      const store = openGcs(sdk, { bucket: BUCKET, prefix: 'objects', endpoint: server.url }, {});
      expect(await store.get('log/1.json')).toBeUndefined();
      const text = '{"name":"Zoë 鴨 \u{1f986}"}\n';
      await store.put('log/1.json', text);
      expect((await store.get('log/1.json'))?.text).toBe(text);
      expect(await store.list('log/')).toEqual(['log/1.json']);
      await store.remove('log/1.json');
      await store.remove('log/1.json');
      expect(await store.list('')).toEqual([]);
    });

    it('ignores conditions, so that its lock is refused', async () => {
      const store = openGcs(sdk, { bucket: BUCKET, prefix: 'lock', endpoint: server.url }, {});
      await expect(objectBackend(store).lock(LOCK_REQUEST)).rejects.toMatchObject({
        code: 'STATE_UNREACHABLE',
        message: expect.stringContaining('If-None-Match'),
      });
      expect(await store.list('')).toEqual([]);
    });

    it('has no other bucket, which is said', () => refuseOtherBucket(server.url));
  });
});
