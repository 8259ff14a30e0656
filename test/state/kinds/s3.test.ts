/** The kind `s3` of a state, over a server in this process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as sdk from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { stateHttp } from '../../../src/engine/state-http.ts';
import { UserError } from '../../../src/model/user-error.ts';
import { openS3, type S3Limits, type S3Location } from '../../../src/state/kinds/s3/store.ts';
import { objectBackend } from '../../../src/state/object-backend.ts';
import { type ObjectStore, sure, UnsureError } from '../../../src/state/object-store.ts';
import { openState } from '../../../src/state/opened-state.ts';
import type { StateHttp } from '../../../src/state/state-kind.ts';
import { expectGoldenError } from '../../golden/golden.ts';
import { add, LOCK_REQUEST, testObjectStore } from '../backend-behaviour.ts';
import { type S3Fate, S3Server } from '../servers/s3.ts';

const SECRET = 'MARKER-wJalrXUtnFEMI';
/** The environment of the AWS SDK, which reads the process's. */
const ENV = {
  ...S3Server.ENV,
  AWS_SECRET_ACCESS_KEY: SECRET,
  AWS_CONFIG_FILE: '/nonexistent/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
};
const NAMES = ['AWS_PROFILE', 'AWS_REGION', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL', 'AWS_WEB_IDENTITY_TOKEN_FILE'];

beforeEach(() => {
  for (const name of NAMES) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(ENV)) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const LIMITS: S3Limits = { smallMs: 20_000, largeMs: 20_000 };

function open(server: S3Server, place: Partial<S3Location> = {}, limits = LIMITS): ObjectStore {
  const at = { bucket: 'acme-platform', prefix: 'prod', region: server.region, endpoint: server.url, pathStyle: true };
  return openS3(sdk, { ...at, ...place }, stateHttp({}), process.env, limits);
}

async function start(): Promise<S3Server> {
  const server = await S3Server.start();
  onTestFinished(() => server.end());
  return server;
}

async function errorOf(act: () => Promise<unknown>): Promise<UserError> {
  const error: unknown = await act().then(
    () => expect.unreachable('it succeeded'),
    (reason) => reason,
  );
  expect(JSON.stringify([error, String(error), (error as Error).cause])).not.toContain('MARKER');
  return error as UserError;
}

testObjectStore(
  's3',
  async () => {
    const server = await S3Server.start();
    let places = 0;
    return {
      place: async () => {
        const prefix = `state-${places++}`;
        server.fate = () => 'answered';
        return {
          store: async () => open(server, { prefix }),
          loses: (fate) => {
            server.fate = ({ isConditional }) => (isConditional ? fate() : 'answered');
          },
        };
      },
      end: () => server.end(),
    };
  },
  { rounds: 10 },
);

describe('a state in s3', () => {
  it('is named by its bucket, its prefix and its address', async () => {
    const server = await start();
    expect(open(server).name).toBe(`s3://acme-platform/prod at ${server.url}`);
    const store = openS3(
      sdk,
      { bucket: 'acme-platform', region: 'eu-central-1', endpoint: server.url, pathStyle: true },
      stateHttp({}),
      process.env,
    );
    expect(store.name).toBe(`s3://acme-platform at ${server.url}`);
    await store.put('lock.json', '{}');
    expect([...server.objects.keys()]).toEqual(['acme-platform/lock.json']);
  });

  it.each<[string, S3Fate]>([
    ['500', { status: 500, code: 'InternalError' }],
    ['500 after it took effect', { status: 500, code: 'InternalError', tookEffect: true }],
    ['503', { status: 503, code: 'SlowDown' }],
    ['409', { status: 409, code: 'ConditionalRequestConflict' }],
    ['429', { status: 429 }],
    ['no answer', 'never_arrives'],
    ['no answer after it took effect', 'answer_lost'],
    ['an answer that hangs', 'hangs'],
  ])('repeats a creation after %s, and takes the serial once', async (_, fate) => {
    const server = await start();
    const file = await openState(objectBackend(open(server, {}, { smallMs: 300, largeMs: 300 })), 'acme');
    let n = 0;
    server.fate = ({ isConditional }) => (isConditional && n++ === 0 ? fate : 'answered');
    await add(file, 'a_b');
    expect(n).toBe(2);
    const again = await openState(objectBackend(open(server)), 'acme');
    expect([again.state.serial, [...again.state.accounts.keys()]]).toEqual([1, ['a_b']]);
  });

  it('repeats reading after each of them', async () => {
    const server = await start();
    await add(await openState(objectBackend(open(server)), 'acme'), 'a_b');
    const fates: S3Fate[] = [{ status: 503, code: 'SlowDown' }, 'never_arrives', 'hangs'];
    server.fate = () => fates.pop() ?? 'answered';
    const again = await openState(objectBackend(open(server, {}, { smallMs: 300, largeMs: 300 })), 'acme');
    expect(again.state.serial).toBe(1);
  });

  it('has the clock of the service, also to sign requests', async () => {
    const server = await start();
    server.ahead = 3_600_000;
    const store = open(server);
    await sure(() => store.put('lock.json', '{}'), store.name);
    expect(server.requests).toHaveLength(2);
    expect(Math.abs(store.now() - Date.now() - server.ahead)).toBeLessThan(60_000);
    expect(Math.abs(((await store.get('lock.json'))?.modified ?? 0) - store.now())).toBeLessThan(60_000);
  });

  it('refuses a service that ignores conditions', async () => {
    const server = await start();
    server.ignoresConditions = true;
    await expect(objectBackend(open(server)).lock(LOCK_REQUEST)).rejects.toMatchObject({
      code: 'STATE_UNREACHABLE',
      message: expect.stringContaining('If-None-Match'),
    });
    expect(server.objects.size).toBe(0);
  });

  it('says when the bucket does not exist, whatever is asked', async () => {
    const server = await start();
    for (const act of [
      (store: ObjectStore) => store.get('lock.json'),
      (store: ObjectStore) => store.create('lock.json', '{}'),
      (store: ObjectStore) => store.list(''),
      (store: ObjectStore) => store.remove('lock.json'),
    ]) {
      const error = await errorOf(() => act(open(server, { bucket: 'acme-other' })));
      expectGoldenError('s3 > no bucket', error, { endpoint: server.url });
    }
  });

  const create = (store: ObjectStore) => store.create('lock.json', '{}');
  const denied = { status: 403, code: 'AccessDenied' } as const;
  const perform = 'User: arn:aws:iam::1:user/MARKER is not authorized to perform: kms:GenerateDataKey on: MARKER';

  it.each<[string, S3Fate, ((store: ObjectStore) => Promise<unknown>)?]>([
    ['may not read', denied],
    ['may not write', denied, create],
    ['may not remove', denied, (store) => store.remove('lock.json')],
    ['may not list', denied, (store) => store.list('')],
    ['may not use the key', { ...denied, message: perform }, create],
    ['no answer to a condition', { status: 501, code: 'NotImplemented' }, create],
    ['expired', { status: 400, code: 'ExpiredToken' }],
    ['wrong secret key', { status: 403, code: 'SignatureDoesNotMatch' }],
    ['moved', { status: 301, code: 'PermanentRedirect', headers: { 'x-amz-bucket-region': 'ap-southeast-2' } }],
    ['moved, without a document', { status: 400, headers: { 'x-amz-bucket-region': 'ap-southeast-2' } }],
    ['moved, who knows where to', { status: 301, code: 'PermanentRedirect' }],
    ['no S3', { status: 405, code: 'MethodNotAllowed' }],
  ])('says what is wrong, and what to do: %s', async (name, fate, act = (store) => store.get('lock.json')) => {
    const server = await start();
    server.fate = () => fate;
    const error = await errorOf(() => act(open(server)));
    expect(error.code).toBe('STATE_UNREACHABLE');
    expectGoldenError(`s3 > ${name}`, error, { endpoint: server.url });
    // Nothing of that goes away by itself.
    expect(server.requests).toHaveLength(1);
  });

  it('says what is wrong with the credentials, the region or the connection', async () => {
    const server = await start();
    const golden = async (name: string, place: Partial<S3Location> = {}) => {
      const error = await errorOf(() => open(server, place).get('lock.json'));
      expectGoldenError(`s3 > ${name}`, error, { endpoint: server.url, host: new URL(server.url).host });
    };
    await golden('another region', { region: 'us-east-2' });
    await golden('no TLS', { endpoint: server.url.replace('http:', 'https:') });
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAOTHER');
    await golden('unknown access key');
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    await golden('no credentials');
    vi.stubEnv('AWS_PROFILE', 'nosuchprofile');
    await golden('no such profile');
    await server.end();
    vi.unstubAllEnvs();
    for (const [name, value] of Object.entries(ENV)) vi.stubEnv(name, value);
    const gone = await errorOf(() => open(server).get('lock.json'));
    expect(gone).toBeInstanceOf(UnsureError);
    expect(gone.message).toContain('ECONNREFUSED');
  });

  it('does not take a missing permission for another region, where the environment names the region', async () => {
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    const server = await start();
    server.fate = () => ({ ...denied, headers: { 'x-amz-bucket-region': 'eu-central-1' } });
    const store = openS3(
      sdk,
      { bucket: 'acme-platform', endpoint: server.url, pathStyle: true },
      stateHttp({}),
      process.env,
    );
    expect((await errorOf(() => store.list(''))).message).toContain('s3:ListBucket');
  });

  it('gets the credentials of a role with the same client', async () => {
    const server = await start();
    const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(path.join(folder, 'token'), 'MARKER');
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', path.join(folder, 'token'));
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/ci');
    const sent: string[] = [];
    const http = stateHttp({});
    const hosts: StateHttp = {
      ...http,
      send: async (request) => {
        sent.push(request.url.host);
        throw new UserError('STATE_UNREACHABLE', 'refused by the proxy', 'Correct it.');
      },
    };
    const at = { bucket: 'acme-platform', region: 'eu-central-1', endpoint: server.url, pathStyle: true };
    const error = await errorOf(() => openS3(sdk, at, hosts, process.env).get('lock.json'));
    expect(sent).toEqual(['sts.eu-central-1.amazonaws.com']);
    expect(error.message).toBe('refused by the proxy');
  });

  it('has no region but what is said, at Amazon', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_DEFAULT_REGION', undefined);
    const store = openS3(sdk, { bucket: 'acme-platform', pathStyle: false }, stateHttp({}), process.env);
    expectGoldenError('s3 > no region', await errorOf(() => store.get('lock.json')));
  });
});
