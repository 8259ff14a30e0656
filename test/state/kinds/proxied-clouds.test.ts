/** The kinds whose libraries send their own requests, behind a proxy of the environment. */
import * as blobs from '@azure/storage-blob';
import * as google from '@google-cloud/storage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { extraCaAdvice } from '../../../src/motherduck/certificate-errors.ts';
import { openAzure } from '../../../src/state/kinds/azure/store.ts';
import { openGcs } from '../../../src/state/kinds/gcs/store.ts';
import type { ObjectStore } from '../../../src/state/object-store.ts';
import { refusal, startProxy, startTls } from '../../proxy/connect-proxy.ts';

const KEY = Buffer.from('MARKER').toString('base64');
const HOSTS = { gcs: 'storage.googleapis.com', azure: 'acme.blob.core.windows.net' };
const OPEN = {
  gcs: async (env: NodeJS.ProcessEnv = {}) => openGcs(google, { bucket: 'acme' }, env),
  azure: (env: NodeJS.ProcessEnv = {}) => {
    const sdk = { blobs, identity: () => import('@azure/identity') };
    return openAzure(sdk, { account: 'acme', container: 'acme' }, { ...env, AZURE_STORAGE_KEY: KEY });
  },
};
const OPERATIONS: readonly ((store: ObjectStore) => Promise<unknown>)[] = [
  (store) => store.get('a'),
  (store) => store.create('a', ''),
  (store) => store.list(''),
  (store) => store.remove('a'),
];

beforeEach(() => {
  for (const name of ['HTTP_PROXY', 'http_proxy', 'https_proxy', 'NO_PROXY', 'no_proxy', 'ALL_PROXY', 'all_proxy']) {
    vi.stubEnv(name, undefined);
  }
  // No credentials of Google are looked for on this machine.
  for (const [name, value] of [
    ['METADATA_SERVER_DETECTION', 'none'],
    ['GOOGLE_APPLICATION_CREDENTIALS', undefined],
    ['CLOUDSDK_CONFIG', '/nonexistent'],
  ] as const) {
    vi.stubEnv(name, value);
  }
});
afterEach(() => void vi.unstubAllEnvs());

describe.each(['gcs', 'azure'] as const)('the kind %s behind a proxy', (kind) => {
  it.each([
    [403, 'allow'],
    [404, 'allow'],
    [412, 'allow'],
    [407, 'USER:PASSWORD'],
  ])('takes its %i for no answer of the service', async (status, advice) => {
    vi.stubEnv('HTTPS_PROXY', (await startProxy({ answer: () => refusal(status) })).url);
    const store = await OPEN[kind]();
    for (const act of OPERATIONS) {
      await expect(act(store)).rejects.toMatchObject({
        code: 'STATE_UNREACHABLE',
        message: expect.stringContaining(`${HOSTS[kind]} answered ${status}`),
        hint: { text: expect.stringContaining(advice) },
      });
    }
  });

  it.each([502, 503, 504])('repeats a request after its %i', async (status) => {
    vi.stubEnv('HTTPS_PROXY', (await startProxy({ answer: () => refusal(status) })).url);
    const store = await OPEN[kind]();
    for (const act of OPERATIONS) {
      await expect(act(store)).rejects.toMatchObject({ name: 'UnsureError', message: `${status}` });
    }
  });

  it('does not repeat a request whose certificate is not trusted', async () => {
    const port = await startTls(1);
    vi.stubEnv('HTTPS_PROXY', (await startProxy({ hosts: { [HOSTS[kind]]: port } })).url);
    for (const file of [undefined, '/no/such.pem']) {
      const store = await OPEN[kind](file === undefined ? {} : { NODE_EXTRA_CA_CERTS: file });
      await expect(store.get('a')).rejects.toMatchObject({
        code: 'STATE_UNREACHABLE',
        hint: { text: expect.stringContaining(extraCaAdvice(file)) },
      });
    }
  });
});
