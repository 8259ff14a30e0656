/** A setup that does not come to its end: by Ctrl-C, by a kill before the state has it, or by its time limit. The next apply runs it again. */
import { once } from 'node:events';
import path from 'node:path';
import { expect, it } from 'vitest';
import { isWindows } from '../platform.ts';
import { outputOf, STATE, Stage, until } from '../stage.ts';

const HOOK = path.resolve(import.meta.dirname, '../crash/file-hook.cjs');
const HEAD = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
accounts:
  etl:
    tokens: { load: pipeline }
`;
/** Takes hours. */
const SLOW = 'SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000000) b';
const FIRST = 'CREATE DATABASE IF NOT EXISTS a';
const LAST = 'CREATE DATABASE IF NOT EXISTS b';
const APPLY = 'apply --sandbox --yes --no-smoke';
const database = (name: string) => `.motherduck-sandbox/databases/etl/${name}.duckdb`;

/** An applied account that gets a setup. */
async function withSetup(...statements: readonly string[]): Promise<Stage> {
  const stage = await Stage.applied(HEAD);
  setSetup(stage, ...statements);
  return stage;
}

function setSetup(stage: Stage, ...statements: readonly string[]): void {
  stage.edit(() => `${HEAD}    setup:\n${statements.map((sql) => `      - ${sql}\n`).join('')}`);
}

const setupOf = (stage: Stage) =>
  (JSON.parse(stage.read(STATE)) as { accounts: { etl: { setup?: { passed: boolean; statements: string[] } } } })
    .accounts.etl.setup;

/** One apply runs the whole setup again, and then nothing is left to do. */
async function expectRepeated(stage: Stage): Promise<void> {
  const { document } = await stage.json('plan --sandbox');
  expect(document).toMatchObject({ actions: [{ action: 'run_setup', after: { statements: [FIRST, LAST] } }] });
  const ran = await stage.run(APPLY);
  expect(ran.code, ran.stderr).toBe(0);
  expect([stage.has(database('a')), stage.has(database('b'))]).toEqual([true, true]);
  expect((await stage.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
}

it.skipIf(isWindows)('by Ctrl-C: the statement ends, the state has what ran, and the exit code is 130', async () => {
  const stage = await withSetup(FIRST, SLOW);
  const child = stage.spawn(`${APPLY} --format json`);
  const ended = outputOf(child);
  await until(() => stage.has(database('a')), ended);
  child.kill('SIGINT');
  const { code, signal, stdout } = await ended;
  expect({ code, signal }).toEqual({ code: 130, signal: null });
  expect(JSON.parse(stdout)).toMatchObject({
    applied: { outcomes: [{ action: 'run_setup', result: 'failed', error: { code: 'INTERRUPTED' } }] },
  });
  const setup = setupOf(stage);
  expect(setup).toMatchObject({ passed: false });
  expect(setup?.statements.length).toBeLessThanOrEqual(1);
  setSetup(stage, FIRST, LAST);
  await expectRepeated(stage);
});

it.skipIf(isWindows).each(['before', 'torn'])('by a kill when the state is to have it (%s)', async (when) => {
  const stage = await withSetup(FIRST, LAST);
  const hook = { log: stage.file('log'), files: { [STATE]: 'state' }, kill: { what: 'state', when, at: 1 } };
  const child = stage.spawn(APPLY, { CRASH_HOOK: JSON.stringify(hook) }, { node: ['--require', HOOK] });
  expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
  expect([stage.has(database('a')), stage.has(database('b'))]).toEqual([true, true]);
  await stage.run('state unlock --yes');
  expect(setupOf(stage)).toBeUndefined();
  await expectRepeated(stage);
});

it('by its time limit: the statement is named, and what ran before it is kept', async () => {
  const stage = await withSetup(FIRST, SLOW);
  const { code, document } = await stage.json(`${APPLY} --timeout 3s`);
  expect({ code, document }).toMatchObject({
    code: 4,
    document: { applied: { outcomes: [{ action: 'run_setup', result: 'failed', error: { code: 'SETUP_FAILED' } }] } },
  });
  expect(setupOf(stage)).toMatchObject({ passed: false, statements: [expect.any(String)] });
  setSetup(stage, FIRST, LAST);
  await expectRepeated(stage);
});
