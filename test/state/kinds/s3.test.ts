/** The kind `s3` of a state, over a server in this process. */
import * as sdk from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { stateHttp } from '../../../src/engine/state-http.ts';
import type { UserError } from '../../../src/model/user-error.ts';
import { openS3, type S3Limits, type S3Place } from '../../../src/state/kinds/s3/store.ts';
import { objectBackend } from '../../../src/state/object-backend.ts';
import { type ObjectStore, UnsureError } from '../../../src/state/object-store.ts';
import { openState } from '../../../src/state/opened-state.ts';
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

function open(server: S3Server, place: Partial<S3Place> = {}, limits = LIMITS): ObjectStore {
  const at = { bucket: 'acme-platform', prefix: 'prod', region: server.region, endpoint: server.url, pathStyle: true };
  return openS3(sdk, { ...at, ...place }, stateHttp({}), limits);
}

async function start(): Promise<S3Server> {
  const server = await S3Server.start();
  onTestFinished(() => server.end());
  return server;
}

/** What a store says when the server refuses everything. */
async function refusal(
  fate: S3Fate,
  operation: (store: ObjectStore) => Promise<unknown> = (one) => one.get('lock.json'),
) {
  const server = await start();
  server.fate = () => fate;
  return errorOf(() => operation(open(server)));
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
  it('is named by its bucket and its prefix', async () => {
    const server = await start();
    expect(open(server).name).toBe('s3://acme-platform/prod');
    const store = openS3(
      sdk,
      { bucket: 'acme-platform', region: 'eu-central-1', endpoint: server.url, pathStyle: true },
      stateHttp({}),
    );
    expect(store.name).toBe('s3://acme-platform');
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

  it('has the clock of the service', async () => {
    const server = await start();
    server.ahead = 3_600_000;
    const store = open(server);
    await store.put('lock.json', '{}');
    expect(Math.abs(store.now() - Date.now() - server.ahead)).toBeLessThan(5000);
    expect(Math.abs(((await store.get('lock.json'))?.modified ?? 0) - store.now())).toBeLessThan(5000);
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

  it('refuses a service that does not know conditions', async () => {
    const error = await refusal({ status: 501, code: 'NotImplemented' }, (store) => store.create('lock.json', '{}'));
    expect(error).toMatchObject({ code: 'STATE_UNREACHABLE', message: expect.stringContaining('If-None-Match') });
  });

  it('says when the bucket does not exist, and how to create it', async () => {
    const server = await start();
    for (const act of [
      (store: ObjectStore) => store.get('lock.json'),
      (store: ObjectStore) => store.create('lock.json', '{}'),
      (store: ObjectStore) => store.list(''),
      (store: ObjectStore) => store.remove('lock.json'),
    ]) {
      const error = await errorOf(() => act(open(server, { bucket: 'acme-other' })));
      expect(error.code).toBe('STATE_UNREACHABLE');
      expect(error.message).toBe('s3://acme-other/prod: the bucket acme-other does not exist');
      expect(error.hint?.text).toContain(
        `aws s3 mb s3://acme-other --region eu-central-1 --endpoint-url ${server.url}`,
      );
    }
  });

  it('names the permission that is missing', async () => {
    const denied: S3Fate = { status: 403, code: 'AccessDenied', message: 'Access Denied' };
    const get = await refusal(denied);
    expect(get.message).toBe(
      's3://acme-platform/prod: the permission s3:GetObject or s3:ListBucket is missing (403 AccessDenied)',
    );
    expect(get.hint?.text).toContain('s3:PutObject and s3:DeleteObject on arn:aws:s3:::acme-platform/prod/*');
    expect((await refusal(denied, (store) => store.create('lock.json', '{}'))).message).toContain('s3:PutObject');
    expect((await refusal(denied, (store) => store.remove('lock.json'))).message).toContain('s3:DeleteObject');
    expect((await refusal(denied, (store) => store.list(''))).message).toContain('s3:ListBucket');
    const message = 'User: arn:aws:iam::1:user/x is not authorized to perform: kms:GenerateDataKey on resource: MARKER';
    const key = await refusal({ ...denied, message }, (store) => store.create('lock.json', '{}'));
    expect(key.message).toContain('the permission kms:GenerateDataKey is missing');
    expect(key.hint?.text).toContain('Allow kms:GenerateDataKey on the key that encrypts the bucket');
  });

  it('names the region of a bucket', async () => {
    const server = await start();
    const wrong = await errorOf(() => open(server, { region: 'us-east-2' }).get('lock.json'));
    expect(wrong.message).toContain('the bucket is in the region eu-central-1, not us-east-2');
    expect(wrong.hint?.text).toContain('region: eu-central-1');
    const moved = await refusal({
      status: 301,
      code: 'PermanentRedirect',
      headers: { 'x-amz-bucket-region': 'ap-southeast-2' },
    });
    expect(moved.message).toContain('in the region ap-southeast-2, not eu-central-1');
    const bare = await refusal({ status: 400, headers: { 'x-amz-bucket-region': 'ap-southeast-2' } });
    expect(bare.hint?.text).toContain('region: ap-southeast-2');
  });

  it('says which credentials are missing, unknown or expired', async () => {
    expect((await refusal({ status: 400, code: 'ExpiredToken' })).message).toContain('credentials have expired');
    expect((await refusal({ status: 403, code: 'SignatureDoesNotMatch' })).message).toContain('does not accept');
    const server = await start();
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAOTHER');
    expect((await errorOf(() => open(server).get('lock.json'))).hint?.text).toContain('AWS_SECRET_ACCESS_KEY');
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    const missing = await errorOf(() => open(server).get('lock.json'));
    expect(missing.code).toBe('STATE_UNREACHABLE');
    expect(missing.message).toContain('no usable AWS credentials were found');
    expect(missing.hint?.text).toContain('AWS_PROFILE');
    vi.stubEnv('AWS_PROFILE', 'nosuchprofile');
    expect((await errorOf(() => open(server).get('lock.json'))).message).toContain('no usable AWS credentials');
  });

  it('says what else is wrong', async () => {
    const page = await refusal({ status: 405, code: 'MethodNotAllowed' });
    expect(page.message).toContain('405 MethodNotAllowed');
    const server = await start();
    const endpoint = server.url.replace('http:', 'https:');
    const tls = await errorOf(() => open(server, { endpoint }).get('lock.json'));
    expect(tls).toMatchObject({ code: 'STATE_UNREACHABLE', message: expect.stringContaining('does not use TLS') });
    await server.end();
    const gone = await errorOf(() => open(server).get('lock.json'));
    expect(gone).toBeInstanceOf(UnsureError);
    expect(gone.message).toMatch(/nothing answers at 127\.0\.0\.1:\d+ \(ECONNREFUSED\)/);
  });
});
