/** A state in a bucket, behind a proxy with a private CA, which Node trusts from its start. */
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Stage } from '../stage.ts';
import { S3Server } from '../state/servers/s3.ts';
import { machineAt } from '../state/shared-state-story.ts';
import { CA, HOST, refusal, startProxy, startTls } from './connect-proxy.ts';

const MARKER = 'MARKER-of-the-proxy';

let stage: Stage;
let tls: number;

beforeEach(async () => {
  const server = await S3Server.start();
  onTestFinished(() => server.end());
  tls = await startTls(Number(new URL(server.url).port));
  const block = `{ kind: s3, bucket: acme-platform, region: eu-central-1, endpoint: "https://${HOST}" }`;
  stage = machineAt({ block, env: { ...S3Server.ENV, NODE_EXTRA_CA_CERTS: CA }, name: '', secrets: [] });
});

describe('a state behind a proxy', () => {
  it('is written through it', async () => {
    const proxy = await startProxy({ hosts: { [HOST]: tls }, credentials: `user:${MARKER}` });
    const HTTPS_PROXY = `http://user:${MARKER}@127.0.0.1:${proxy.port}`;
    const { code, stdout, stderr } = await stage.runProgram('apply --sandbox --yes --no-smoke', { HTTPS_PROXY });
    expect([code, stdout + stderr]).toEqual([0, expect.not.stringContaining(MARKER)]);
    expect(new Set(proxy.targets)).toEqual(new Set([`${HOST}:443`]));
    expect((await stage.runProgram('state list', { HTTPS_PROXY })).stdout).toContain('etl_prod');
  });

  it('says what the proxy refuses, or that none was named', async () => {
    const proxy = await startProxy({ answer: () => refusal(403) });
    const refused = await stage.run('state list', { HTTPS_PROXY: proxy.url });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('HTTPS_PROXY')]);
    expect(proxy.targets).toHaveLength(1);
    const without = await stage.run('state list');
    expect([without.code, without.stderr]).toEqual([1, expect.stringContaining('ENOTFOUND')]);
  });
});
