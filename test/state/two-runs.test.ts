/** Two runs of one state at once: its lock was removed, or something else wrote the file. */
import { existsSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { isWindows } from '../platform.ts';
import { outputOf, STATE, Stage, until } from '../stage.ts';
import { documentIn } from './open.ts';

vi.setConfig({ testTimeout: 60_000 });

const CONFIGURATION = (store: string) => `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
  slow: ${store}
token_policies:
  rw: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
accounts:
  etl: { tokens: { airflow: rw } }
  ten: { tokens: { app: { policy: rw, secret_store: slow } } }
`;

/** A rotation that waits in its store's command until the test lets it go on. */
async function begun() {
  const stage = await Stage.applied(CONFIGURATION('{ kind: file, path: .motherduck/slow.env, format: dotenv }'));
  const [started, go] = [stage.file('started'), stage.file('go')];
  const script = `cat >/dev/null; : > ${started}; while [ ! -e ${go} ]; do sleep 0.05; done`;
  stage.write('motherduck.accounts.yaml', CONFIGURATION(`{ kind: exec, command: [sh, -c, '${script}'] }`));
  const slow = stage.spawn('rotate ten --sandbox --real-stores --yes --no-smoke');
  const ended = outputOf(slow);
  await until(() => existsSync(started), ended);
  return {
    stage,
    finish: () => {
      stage.write('go', '');
      return ended;
    },
  };
}

const document = (stage: Stage) => documentIn(stage.read(STATE));

it.skipIf(isWindows)('a run whose lock was removed does not overwrite what the next one wrote', async () => {
  const { stage, finish } = await begun();
  stage.remove(`${STATE}.lock`);
  const quick = await stage.runProgram('rotate etl --sandbox --yes --no-smoke');
  expect(quick.code).toBe(0);
  const written = stage.read(STATE);
  const { code, stdout } = await finish();
  expect({ code, stdout }).toMatchObject({ code: 3, stdout: expect.stringContaining('[STATE_LOST]') });
  expect(stage.read(STATE)).toBe(written);
  expect(document(stage).accounts.etl?.tokens.airflow?.current?.name).toBe('airflow.2');
});

it.skipIf(isWindows)('a run whose state was replaced does not overwrite it', async () => {
  const { stage, finish } = await begun();
  const now = { ...document(stage), serial: 90 };
  stage.write(STATE, `${JSON.stringify(now, null, 2)}\n`);
  const { code, stdout } = await finish();
  expect({ code, stdout }).toMatchObject({ code: 3, stdout: expect.stringContaining('during this run') });
  expect(document(stage)).toEqual(now);
  const { document: plan } = await stage.json('plan --sandbox');
  const reason = expect.objectContaining({ kind: 'interrupted', left: 'orphan', name: 'app.2' });
  expect(plan).toMatchObject({ actions: expect.arrayContaining([expect.objectContaining({ reason })]) });
});
