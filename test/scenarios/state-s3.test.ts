/** A state in a bucket, as users meet it. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MINUTE_MS } from '../../src/model/time.ts';
import { outputOf } from '../stage.ts';
import { S3Server } from '../state/servers/s3.ts';
import {
  applyTwiceAtOnce,
  machineAt,
  moveThereAndBack,
  type SharedPlace,
  useFromTwoMachines,
} from '../state/shared-state-story.ts';

async function start(): Promise<{ readonly server: S3Server; readonly place: SharedPlace }> {
  const server = await S3Server.start();
  onTestFinished(() => server.end());
  const block = `{ kind: s3, bucket: acme-platform, prefix: motherduck/prod, region: eu-central-1, endpoint: "${server.url}" }`;
  const env = S3Server.ENV;
  const place = { block, env, name: 's3://acme-platform/motherduck/prod', secrets: [env.AWS_SECRET_ACCESS_KEY] };
  return { server, place };
}

describe('a state in a bucket of S3', () => {
  it('is used by two machines', async () => {
    const { server, place } = await start();
    await useFromTwoMachines(place);
    expect(server.objects.has('acme-platform/motherduck/prod/lock.json')).toBe(false);
    expect(server.objects.has('acme-platform/motherduck/prod/log/0000000000001.json')).toBe(true);
    const texts = [...server.objects.values()].map(({ text }) => text).join('\n');
    expect(texts).toContain('etl_prod');
  });

  it('is only read by plan and audit, for which a role that reads suffices', async () => {
    const { server, place } = await start();
    const stage = machineAt(place);
    const readTwice = async () => {
      server.requests.length = 0;
      for (const words of ['plan --sandbox', 'plan --sandbox --out x.plan', 'audit --sandbox', 'plan --sandbox'])
        expect([0, 2]).toContain((await stage.run(words)).code);
      expect(server.requests.length).toBeGreaterThan(0);
      expect(server.requests.filter((request) => !/^(LIST|GET) /.test(request))).toEqual([]);
    };
    await readTwice();
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    stage.edit((text) => text.replace('standard, pool_size: 4', 'standard, pool_size: 5'));
    await readTwice();
  });

  it('is written by one of two applies at once', async () => {
    await applyTwiceAtOnce((await start()).place);
  });

  it('is moved there, used, and moved back', async () => {
    await moveThereAndBack((await start()).place);
  });

  it('is unlocked after ten minutes without a renewal, once somebody says that its holder has ended', async () => {
    const { server, place } = await start();
    const stage = machineAt(place);
    const holder = { pid: 4711, host: 'ci-runner-7', command: 'apply', who: 'ben', since: '2026-11-01T08:00:00.000Z' };
    const text = JSON.stringify({ id: randomUUID(), ...holder });
    const silentFor = (ms: number) =>
      server.objects.set('acme-platform/motherduck/prod/lock.json', { text, modified: Date.now() - ms });
    silentFor(9 * MINUTE_MS);
    expect(await stage.run('state unlock --yes')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('renewed the lock'),
    });
    silentFor(11 * MINUTE_MS);
    const asked = await stage.run('state unlock');
    expect([asked.code, asked.stderr]).toEqual([
      1,
      expect.stringContaining('"apply" of ben (process 4711 on ci-runner-7'),
    ]);
    expect((await stage.run('state unlock --yes')).code).toBe(0);
    expect((await stage.run('state unlock --yes')).stdout).toContain('is not locked');
  });

  it('is mended after a kill at an append, whether that took effect or not', async () => {
    for (const [at, fate] of [
      [2, 'answer_lost'],
      [4, 'never_arrives'],
      [7, 'answer_lost'],
      [9, 'never_arrives'],
    ] as const) {
      const { server, place } = await start();
      const stage = machineAt(place);
      let n = 0;
      server.fate = ({ isConditional, key }) => {
        if (!isConditional || !key.includes('/log/') || ++n !== at) return 'answered';
        killed.kill('SIGKILL');
        return fate;
      };
      const killed = stage.spawn('apply --sandbox --yes --no-smoke');
      expect((await outputOf(killed)).signal).toBe('SIGKILL');
      server.fate = () => 'answered';
      expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(5);
      expect((await stage.run('state unlock')).code).toBe(0);
      const mended = await stage.run('apply --sandbox --yes --no-smoke');
      expect([at, mended.code, mended.stderr]).toEqual([at, 0, expect.any(String)]);
      expect((await stage.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
    }
  });

  it('loses no rotation of four machines at once', async () => {
    const { place } = await start();
    const stage = machineAt(place);
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    const rotate = 'rotate etl_prod/airflow --sandbox --yes --no-smoke --lock-timeout 5m';
    const ran = await Promise.all(Array.from({ length: 4 }, () => stage.runProgram(rotate)));
    expect(ran.map(({ code, stderr }) => [code, code === 0 ? '' : stderr])).toEqual(Array(4).fill([0, '']));
    expect((await stage.run('state show etl_prod/airflow')).stdout).toContain('airflow.5');
  });

  it('that refuses is a plain error, for each command', async () => {
    const { server, place } = await start();
    server.buckets.clear();
    const stage = machineAt(place);
    for (const words of ['plan --sandbox', 'apply --sandbox --yes', 'state list', 'audit --sandbox']) {
      const { code, document } = await stage.json(words);
      const error = expect.objectContaining({ code: 'STATE_UNREACHABLE' });
      expect([words, code, document]).toEqual([words, 1, expect.objectContaining({ error })]);
    }
    expect((await stage.run('state unlock')).code).toBe(1);
  });

  it('that refuses later ends an apply before its next call to MotherDuck', async () => {
    const { server, place } = await start();
    const stage = machineAt(place);
    let n = 0;
    server.fate = ({ isConditional, key }) =>
      isConditional && key.includes('/log/') && ++n > 3 ? { status: 403, code: 'AccessDenied' } : 'answered';
    const { code, stdout } = await stage.run('apply --sandbox --yes --no-smoke');
    expect([code, stdout]).toEqual([1, expect.stringContaining('s3:PutObject')]);
    server.fate = () => 'answered';
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    expect((await stage.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
  });

  it.each([
    ['http://s3.example.com', 'https://s3.example.com'],
    ['s3.example.com', 'https://'],
    ['https://s3.example.com/bucket', 'bucket:'],
    ['https://key:MARKER@s3.example.com', 'AWS_ACCESS_KEY_ID'],
    ['ftp://s3.example.com', 'https://'],
  ])('has an endpoint that is checked: %s', async (endpoint, advice) => {
    const place = { block: `{ kind: s3, bucket: acme, endpoint: "${endpoint}" }`, env: {}, name: '', secrets: [] };
    const { code, stdout, stderr } = await machineAt(place).run('validate');
    expect([code, stdout + stderr]).toEqual([1, expect.stringContaining(advice)]);
  });

  it.each(['/prod', 'prod/', 'a//b', 'a/../b', '.', 'a b', 'a\\\\b', ''])(
    'has a prefix that is checked: "%s"',
    async (prefix) => {
      const place = { block: `{ kind: s3, bucket: acme, prefix: "${prefix}" }`, env: {}, name: '', secrets: [] };
      expect((await machineAt(place).run('validate')).code).toBe(1);
    },
  );
});
