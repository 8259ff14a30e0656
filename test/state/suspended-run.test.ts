/** A run that was suspended, as on a laptop that slept, while another run took the state over. */
import { expect, it, onTestFinished, vi } from 'vitest';
import { MINUTE_MS } from '../../src/model/time.ts';
import { SANDBOX, type Stage } from '../stage.ts';
import { S3Server } from './servers/s3.ts';
import { machineAt } from './shared-state-story.ts';

vi.setConfig({ testTimeout: 60_000 });

/** What was changed at MotherDuck. */
const changesAt = (stage: Stage) => stage.read(`${SANDBOX}/organization.jsonl`);

/** A machine that is suspended while it waits for the answer to its first change with such a text, and what was changed by then. */
async function suspendedAt(text: string) {
  const server = await S3Server.start();
  onTestFinished(() => server.end());
  const block = `{ kind: s3, bucket: acme-platform, region: ${server.region}, endpoint: "${server.url}" }`;
  const stage = machineAt({ block, env: S3Server.ENV, name: '', secrets: [] });
  onTestFinished(() => void vi.useRealTimers());
  const changes: string[] = [];
  server.atEffect = (when, action) => {
    const [, key = '', serial = ''] = /^CREATE (log\/0*(\d+)\.json)$/.exec(action) ?? [];
    const written = server.objects.get(`acme-platform/${key}`)?.text;
    if (when === 'before' || changes.length > 0 || !written?.includes(text)) return false;
    changes.push(changesAt(stage));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * MINUTE_MS });
    const next = `${Number(serial) + 1}`;
    const other = written
      .replace(/^\{"serial":\d+/, `{"serial":${next}`)
      .replace(/"writer":"[^"]+"/, '"writer":"other"');
    server.objects.set(`acme-platform/log/${next.padStart(13, '0')}.json`, { text: other, modified: Date.now() });
    return false;
  };
  return { stage, changes };
}

it.each([
  ['create an account', '"action":"create_account"'],
  ['create a token', '"storing":false'],
  ['store a secret', '"storing":true'],
])('does not %s after its intent was written, and calls nothing more', async (_, text) => {
  const { stage, changes } = await suspendedAt(text);
  const { code, stdout, stderr } = await stage.run('apply --sandbox --yes --parallelism 1');
  expect([code, stdout + stderr]).toEqual([3, expect.stringContaining('so nothing more was done')]);
  expect(changes).toEqual([changesAt(stage)]);
  expect(stage.has('.motherduck/secrets.env')).toBe(false);
});
