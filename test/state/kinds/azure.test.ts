/** The kind `azure` against a server that stands for Azure Blob Storage. */
import { inspect } from 'node:util';
import * as blobs from '@azure/storage-blob';

const sdk = { blobs, identity: () => import('@azure/identity') };

import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openAzure } from '../../../src/state/kinds/azure/store.ts';
import { objectBackend } from '../../../src/state/object-backend.ts';
import { LOCK_REQUEST, testObjectStore } from '../backend-behaviour.ts';
import { ACCOUNT, azureServer, EMULATOR_KEY, failure } from '../servers/azure.ts';
import { expectServiceTime, expectUndecided } from '../service-behaviour.ts';

testObjectStore(
  'Azure Blob Storage',
  async () => {
    const server = await azureServer();
    let places = 0;
    return {
      place: async () => {
        const prefix = `place/${++places}`;
        server.fate = () => 'answered';
        const config = { account: ACCOUNT, container: 'acme', prefix, endpoint: `${server.url}/${ACCOUNT}` };
        return {
          store: () => openAzure(sdk, config, {}),
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

async function started(env: NodeJS.ProcessEnv = {}, key = EMULATOR_KEY) {
  const server = await azureServer({ key });
  onTestFinished(() => server.end());
  const open = (limitMs?: number, container = 'acme') => {
    const place = { account: ACCOUNT, container, prefix: 'prod', endpoint: `${server.url}/${ACCOUNT}` };
    return openAzure(sdk, place, env, limitMs);
  };
  return { server, open };
}

const OWN_KEY = Buffer.from('marker of a key that is long').toString('base64');
const shown = (error: unknown) => inspect(error, { depth: 10, showHidden: true });

describe('the kind azure', () => {
  it('is named by its account, container and prefix', async () => {
    const place = { account: 'acmeplatform', container: 'state', prefix: 'motherduck/prod' };
    expect((await openAzure(sdk, place, {})).name).toBe('azure://acmeplatform/state/motherduck/prod');
    expect((await openAzure(sdk, { account: 'acmeplatform', container: 'state' }, {})).name).toBe(
      'azure://acmeplatform/state',
    );
  });

  it('signs with the key or the connection string of the environment', async () => {
    const { server, open } = await started({ AZURE_STORAGE_KEY: OWN_KEY }, OWN_KEY);
    await (await open()).put('a', 'text');
    const address = `BlobEndpoint=${server.url}/${ACCOUNT}`;
    const connection = `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${OWN_KEY};${address}`;
    const place = { account: ACCOUNT, container: 'acme', prefix: 'prod' };
    const store = await openAzure(sdk, place, { AZURE_STORAGE_CONNECTION_STRING: connection });
    expect((await store.get('a'))?.text).toBe('text');
  });

  it('refuses a connection string of another account, or none', async () => {
    const place = { account: 'acmeplatform', container: 'acme' };
    const connection = `DefaultEndpointsProtocol=https;AccountName=other;AccountKey=${OWN_KEY};EndpointSuffix=core.windows.net`;
    for (const [text, message] of [
      [connection, /is of the account other$/],
      [`marker ${OWN_KEY}`, /is not a connection string$/],
    ] as const) {
      const error: unknown = await openAzure(sdk, place, { AZURE_STORAGE_CONNECTION_STRING: text }).catch((e) => e);
      expect(error).toMatchObject({ code: 'STATE_UNREACHABLE', message: expect.stringMatching(message) });
      expect(shown(error)).not.toMatch(new RegExp(`marker|${OWN_KEY}`));
    }
  });

  it('knows the time of the service, and when it wrote an object', async () => {
    const { server, open } = await started();
    const store = await open();
    await expectServiceTime(store, server);
  });

  it.each([
    [429, 'TooManyRequests'],
    [408, 'RequestTimeout'],
    [500, 'OperationTimedOut'],
    [500, 'InternalError'],
    [503, 'ServerBusy'],
  ])('does not decide after %i %s, and asks once', async (status, code) => {
    const { server, open } = await started();
    const store = await open();
    server.answer = () => failure(status, code, 'Slow down');
    await expectUndecided(store, server);
  });

  it.each(['hangs', 'never_arrives', 'answer_lost'] as const)('does not decide when a request %s', async (fate) => {
    const { server, open } = await started();
    server.fate = () => fate;
    const store = await open(200);
    await expectUndecided(store, server);
  });

  it('takes no missing container for an empty one', async () => {
    const { open } = await started();
    const store = await open(undefined, 'other');
    const acts = [() => store.create('a', ''), () => store.list(''), () => store.get('a'), () => store.remove('a')];
    for (const act of acts) {
      await expect(act()).rejects.toMatchObject({
        code: 'STATE_UNREACHABLE',
        message: `${store.name}: the container other does not exist`,
        hint: { text: expect.stringContaining(`az storage container create --account-name ${ACCOUNT} --name other`) },
      });
    }
  });

  it.each([
    [403, 'AuthorizationPermissionMismatch', /permission is missing/, /--role "Storage Blob Data Contributor"/],
    [403, 'AuthorizationFailure', /does not allow this network/, /networking settings/],
    [403, 'AuthenticationFailed', /the credentials were refused/, /^Type: az login/],
    [401, 'InvalidAuthenticationInfo', /the credentials were refused/, /^Type: az login/],
    [403, 'KeyBasedAuthenticationNotPermitted', /does not accept keys/, /^Unset AZURE_STORAGE_KEY/],
    [409, 'ContainerBeingDeleted', /was deleted/, /az storage container create/],
    [400, 'InvalidUri', /400 InvalidUri/, /Correct the block/],
  ])('says what to do about %i %s', async (status, code, message, hint) => {
    const { server, open } = await started();
    const store = await open();
    server.answer = () => failure(status, code, 'It is not allowed.');
    for (const act of [() => store.create('a', ''), () => store.get('a'), () => store.list('')]) {
      await expect(act()).rejects.toMatchObject({
        code: 'STATE_UNREACHABLE',
        message: expect.stringMatching(message),
        hint: { text: expect.stringMatching(hint) },
      });
    }
  });

  it('refuses a wrong key, which is in no error', async () => {
    const { open } = await started({ AZURE_STORAGE_KEY: OWN_KEY });
    const error: unknown = await (await open()).create('a', '').catch((reason) => reason);
    expect(error).toMatchObject({ code: 'STATE_UNREACHABLE', message: expect.stringContaining('were refused') });
    expect(shown(error)).not.toContain(OWN_KEY);
  });

  it.each([
    [409, 'BlobAlreadyExists'],
    [412, 'ConditionNotMet'],
    [412, 'LeaseIdMissing'],
    [403, 'UnauthorizedBlobOverwrite'],
  ])('takes a %i %s for an object that exists', async (status, code) => {
    const { server, open } = await started();
    const store = await open();
    server.answer = () => failure(status, code, 'It exists.');
    expect(await store.create('a', '')).toBe('exists');
  });

  it('refuses a service that ignores conditions when the lock is taken', async () => {
    const { server, open } = await started();
    server.ignoresConditions = true;
    await expect(objectBackend(await open()).lock(LOCK_REQUEST)).rejects.toMatchObject({
      code: 'STATE_UNREACHABLE',
      message: expect.stringContaining('If-None-Match'),
    });
    expect(server.objects.size).toBe(0);
  });
});

describe('logins of Azure', () => {
  const TENANT = '11111111-1111-4111-8111-111111111111';
  const service = { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: TENANT, AZURE_CLIENT_SECRET: 'marker-secret' };
  const stand = (env: Record<string, string>, handlers: Parameters<typeof setupServer>) => {
    const azure = setupServer(...handlers);
    azure.listen({ onUnhandledRequest: 'error' });
    onTestFinished(() => azure.close());
    // Only what is named here is tried: no az, no metadata server.
    for (const [name, value] of Object.entries({ AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential', ...env })) {
      vi.stubEnv(name, value);
    }
    onTestFinished(() => void vi.unstubAllEnvs());
    return openAzure(sdk, { account: 'acmeplatform', container: 'acme' }, {});
  };
  const LOGIN = 'https://login.microsoftonline.com/*';
  const METADATA = {
    token_endpoint: `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`,
    authorization_endpoint: `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/authorize`,
    issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
    jwks_uri: `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`,
  };

  it('go to Microsoft', async () => {
    const seen: (string | null)[] = [];
    const store = await stand(service, [
      http.get(LOGIN, () => HttpResponse.json({ ...METADATA, tenant_discovery_endpoint: LOGIN, metadata: [] })),
      http.post(LOGIN, () =>
        HttpResponse.json({ token_type: 'Bearer', access_token: 'marker-access', expires_in: 3600 }),
      ),
      http.all('https://acmeplatform.blob.core.windows.net/*', ({ request }) => {
        seen.push(request.headers.get('authorization'));
        return new HttpResponse(null, {
          status: 403,
          headers: { 'x-ms-error-code': 'AuthorizationPermissionMismatch' },
        });
      }),
    ]);
    const error: unknown = await store.create('a', '').catch((reason) => reason);
    expect(seen).toEqual(['Bearer marker-access']);
    expect(error).toMatchObject({ code: 'STATE_UNREACHABLE', message: expect.stringContaining('permission') });
    expect(shown(error)).not.toContain('marker');
  });

  it('that have expired are said to be so', async () => {
    const store = await stand(service, [
      http.get(LOGIN, () => HttpResponse.json({ ...METADATA, tenant_discovery_endpoint: LOGIN, metadata: [] })),
      http.post(LOGIN, () =>
        HttpResponse.json(
          {
            error: 'invalid_client',
            error_description: 'AADSTS7000222: The provided client secret keys have expired.',
          },
          { status: 401 },
        ),
      ),
    ]);
    const error: unknown = await store.get('a').catch((reason) => reason);
    expect(error).toMatchObject({
      code: 'STATE_UNREACHABLE',
      message: expect.stringContaining('AADSTS7000222'),
      hint: { text: expect.stringContaining('az login') },
    });
    expect(shown(error)).not.toContain('marker');
  });

  it('that are missing are said to be so', async () => {
    const store = await stand({}, []);
    await expect(store.list('')).rejects.toMatchObject({
      code: 'STATE_UNREACHABLE',
      message: expect.stringContaining('no Azure'),
      hint: { text: expect.stringContaining('az login') },
    });
  });
});
