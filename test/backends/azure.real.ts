/** The kind `azure` of a state, over Microsoft's own emulator. */
import * as blobs from '@azure/storage-blob';
import { describe, expect, it } from 'vitest';
import { openAzure } from '../../src/state/kinds/azure/store.ts';
import { objectBackend } from '../../src/state/object-backend.ts';
import { testObjectStore } from '../state/backend-behaviour.ts';
import { ACCOUNT, EMULATOR_KEY } from '../state/servers/azure.ts';
import { lossyFolder } from './lossy-store.ts';
import { type ServerProgram, withServer } from './real-server.ts';

const sdk = { blobs, identity: () => import('@azure/identity') };
const CONTAINER = 'acme';

/** https://github.com/Azure/Azurite, which checks signatures. */
const AZURITE: ServerProgram = {
  program: 'azurite-blob',
  arguments: ([port]) => [
    ...['--blobHost', '127.0.0.1', '--blobPort', `${port}`, '--inMemoryPersistence'],
    ...['--silent', '--disableTelemetry', '--skipApiVersionCheck'],
  ],
  isReady: async (url) => {
    const credential = new blobs.StorageSharedKeyCredential(ACCOUNT, EMULATOR_KEY);
    const options = { retryOptions: { maxTries: 1 } };
    const service = new blobs.BlobServiceClient(`${url}/${ACCOUNT}`, credential, options);
    await service.getContainerClient(CONTAINER).createIfNotExists();
    return true;
  },
};

withServer('azurite', AZURITE, (start) => {
  testObjectStore(
    'azurite',
    async () => {
      const { url, end } = await start();
      let places = 0;
      return {
        place: async () => {
          const place = { account: ACCOUNT, container: CONTAINER, endpoint: `${url}/${ACCOUNT}` };
          const prefix = `state-${places++}`;
          return lossyFolder(() => openAzure(sdk, { ...place, prefix }, {}));
        },
        end,
      };
    },
    { rounds: 10 },
  );

  describe('azurite', () => {
    it('refuses what Azure refuses, which is said', async () => {
      const { url, end } = await start();
      try {
        const place = { account: ACCOUNT, container: CONTAINER, endpoint: `${url}/${ACCOUNT}` };
        const missing = objectBackend(await openAzure(sdk, { ...place, container: 'other' }, {}));
        await expect(missing.read()).rejects.toMatchObject({
          code: 'STATE_UNREACHABLE',
          hint: { text: expect.stringContaining('az storage container create') },
        });
        const key = Buffer.from('another key').toString('base64');
        const other = objectBackend(await openAzure(sdk, place, { AZURE_STORAGE_KEY: key }));
        await expect(other.read()).rejects.toMatchObject({
          code: 'STATE_UNREACHABLE',
          hint: { text: expect.stringContaining('networking settings') },
        });
      } finally {
        await end();
      }
    });
  });
});
