/** The kind `s3` of a state, over servers that others wrote. */
import * as sdk from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stateHttp } from '../../src/engine/state-http.ts';
import { openS3 } from '../../src/state/kinds/s3/store.ts';
import { type TestedFolder, type TestedService, testObjectStore } from '../state/backend-behaviour.ts';
import { applyTwiceAtOnce, machineAt, type SharedPlace, useFromTwoMachines } from '../state/shared-state-story.ts';
import { lossyFolder } from './lossy-store.ts';
import { type RunningServer, type ServerProgram, withServer } from './real-server.ts';

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'testkey', AWS_SECRET_ACCESS_KEY: 'testsecret' };
const BUCKET = 'acme-platform';
const REGION = 'us-east-1';

beforeAll(() => {
  for (const [name, value] of Object.entries(CREDENTIALS)) vi.stubEnv(name, value);
});
afterAll(() => {
  vi.unstubAllEnvs();
});

const clientOf = (endpoint: string) =>
  new sdk.S3Client({
    endpoint,
    region: REGION,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID, secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY },
  });

/** Creates the bucket, which shows that the server is ready. */
async function createBucket(endpoint: string): Promise<boolean> {
  const client = clientOf(endpoint);
  try {
    await client.send(new sdk.CreateBucketCommand({ Bucket: BUCKET }));
    await client.send(new sdk.PutObjectCommand({ Bucket: BUCKET, Key: 'ready', Body: 'yes' }));
    return true;
  } finally {
    client.destroy();
  }
}

/** https://docs.getmoto.org: AWS's services in Python. */
const MOTO: ServerProgram = {
  program: 'moto_server',
  arguments: ([port]) => ['-H', '127.0.0.1', '-p', `${port}`],
  isReady: createBucket,
};

/** https://github.com/seaweedfs/seaweedfs: a distributed store with an S3 gateway, which checks signatures. */
const SEAWEEDFS: ServerProgram = {
  program: 'weed',
  ports: 8,
  arguments: ([s3, s3Grpc, master, masterGrpc, volume, volumeGrpc, filer, filerGrpc], folder) => [
    ...['server', `-dir=${folder}`, '-ip=127.0.0.1', '-ip.bind=127.0.0.1', '-s3', '-master.volumeSizeLimitMB=64'],
    ...[`-s3.port=${s3}`, `-s3.port.grpc=${s3Grpc}`, `-master.port=${master}`, `-master.port.grpc=${masterGrpc}`],
    ...[`-volume.port=${volume}`, `-volume.port.grpc=${volumeGrpc}`, '-volume.max=20'],
    ...[`-filer.port=${filer}`, `-filer.port.grpc=${filerGrpc}`],
  ],
  env: CREDENTIALS,
  isReady: createBucket,
};

function testS3(name: string, program: ServerProgram): void {
  withServer(name, program, (start) => {
    testObjectStore(name, async () => placesOf(await start()), { rounds: 10 });

    describe(`commands with a state in ${name}`, () => {
      let server: RunningServer;
      beforeAll(async () => {
        server = await start();
      });
      afterAll(() => server.end());
      const at = (prefix: string): SharedPlace => ({
        block: `{ kind: s3, bucket: ${BUCKET}, prefix: ${prefix}, region: ${REGION}, endpoint: "${server.url}" }`,
        env: CREDENTIALS,
        name: `s3://${BUCKET}/${prefix}`,
        secrets: [CREDENTIALS.AWS_SECRET_ACCESS_KEY],
      });

      it('are run by two machines', () => useFromTwoMachines(at('two-machines')));
      it('are run at the same time', () => applyTwiceAtOnce(at('at-once')));
      it('say that the bucket does not exist, or the credentials are unknown', async () => {
        const place = at('wrong');
        const missing = machineAt({ ...place, block: place.block.replace(BUCKET, 'acme-missing') });
        expect((await missing.run('state list')).stderr).toContain('aws s3 mb s3://acme-missing');
        if (program === MOTO) return;
        const unknown = machineAt({ ...place, env: { AWS_ACCESS_KEY_ID: 'other', AWS_SECRET_ACCESS_KEY: 'other' } });
        expect((await unknown.run('state list')).stderr).toContain('AWS_SECRET_ACCESS_KEY');
      });
    });
  });
}

function placesOf({ url, end }: RunningServer): TestedService<TestedFolder> {
  let places = 0;
  return {
    place: async () => {
      const at = { bucket: BUCKET, prefix: `state-${places++}`, region: REGION, endpoint: url, pathStyle: true };
      return lossyFolder(async () => openS3(sdk, at, stateHttp({}), process.env));
    },
    end,
  };
}

testS3('moto', MOTO);
testS3('SeaweedFS', SEAWEEDFS);
