/** The kind `gcs` of a state, over an emulator that others wrote. */
import * as sdk from '@google-cloud/storage';
import { describe, expect, it } from 'vitest';
import { openGcs } from '../../src/state/kinds/gcs/store.ts';
import { objectBackend } from '../../src/state/object-backend.ts';
import { testObjectStore } from '../state/backend-behaviour.ts';
import { lossyFolder } from './lossy-store.ts';
import { type ServerProgram, withServer } from './real-server.ts';

const BUCKET = 'acme-platform';

/** https://github.com/oittaa/gcp-storage-emulator. */
const EMULATOR: ServerProgram = {
  program: 'gcp-storage-emulator',
  arguments: ([port]) => ['start', '--host=127.0.0.1', `--port=${port}`, '--in-memory', `--default-bucket=${BUCKET}`],
  isReady: async (url) => (await fetch(`${url}/storage/v1/b/${BUCKET}`)).ok,
};

withServer('gcp-storage-emulator', EMULATOR, (start) => {
  testObjectStore(
    'gcp-storage-emulator',
    async () => {
      const { url, end } = await start();
      let places = 0;
      return {
        place: async () => {
          const prefix = `state-${places++}`;
          return lossyFolder(async () => openGcs(sdk, { bucket: BUCKET, prefix, endpoint: url }));
        },
        end,
      };
    },
    { rounds: 10 },
  );

  describe('gcp-storage-emulator', () => {
    it('has no other bucket, which is said', async () => {
      const { url, end } = await start();
      try {
        const missing = objectBackend(openGcs(sdk, { bucket: 'acme-other', endpoint: url }));
        await expect(missing.read()).rejects.toMatchObject({
          code: 'STATE_UNREACHABLE',
          hint: { text: expect.stringContaining('gcloud storage buckets create gs://acme-other') },
        });
      } finally {
        await end();
      }
    });
  });
});
