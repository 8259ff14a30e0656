/** The state cannot be written any more while a command runs: what it says must be so. */
import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

const CONFIGURATION = `
version: 1
organization: acme
secret_stores:
  vault: { kind: exec, command: [node, store.cjs, "{account}/{token}"] }
token_policies:
  p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: vault }
accounts:
  etl_prod: { tokens: { airflow: p } }
  tenant_1: { tokens: { app: p } }
`;

/** Does to the state what the environment asks, once a secret is stored. */
const STORE = `
const fs = require('node:fs');
fs.readFileSync(0);
const { SPOIL, STATE } = process.env;
if (SPOIL) fs.rmSync(SPOIL === 'folder' ? 'states' : STATE, { recursive: true, force: true });
if (SPOIL === 'obstacle') fs.mkdirSync(STATE);
`;

const APPLY = '--sandbox --real-stores --yes --no-smoke --parallelism 1 --state states/my.json';

function stage(): Stage {
  const folder = new Stage(CONFIGURATION);
  folder.write('store.cjs', STORE);
  folder.write('states/.keep', '');
  return folder;
}

const run = (folder: Stage, command: string, SPOIL: string) =>
  folder.runProgram(`${command} ${APPLY}`, { SPOIL, STATE: 'states/my.json' });

describe('a state that is gone while it is used', () => {
  it.each(['folder', 'obstacle'])('is not said to be saved by apply: %s', async (spoil) => {
    const folder = stage();
    const { code, stdout } = await run(folder, 'apply', spoil);
    // The lock is gone too, or the file is another one, as where another run has the state.
    expect(code).toBe(3);
    expect(stdout).not.toContain('was saved');
    expect(stdout).toMatch(/\blacks what was done to .*\betl_prod\/airflow\b/);
    rmSync(folder.file('states/my.json'), { recursive: true, force: true });
    folder.write('states/.keep', '');
    expect((await run(folder, 'apply', '')).code).toBe(0);
    expect((await run(folder, 'apply', '')).stdout).toContain('No changes');
  });

  it('is not said to be saved by rotate, nor in JSON', async () => {
    const folder = stage();
    expect((await run(folder, 'apply', '')).code).toBe(0);
    const { code, stdout } = await run(folder, 'rotate etl_prod tenant_1 --format json', 'folder');
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ applied: { unsaved: ['etl_prod/airflow'] } });
  });

  it('is written again where only the file was removed', async () => {
    const folder = stage();
    const { code, stdout } = await run(folder, 'apply', 'file');
    expect([code, stdout]).toEqual([0, expect.not.stringContaining('not saved')]);
    expect(folder.has('states/my.json')).toBe(true);
  });

  it('is told by import, with what was written before', async () => {
    const folder = await Stage.applied();
    await folder.run('sandbox seed 1');
    folder.write(STATE, folder.read(STATE).replace('"version": 4', '"version": 2'));
    folder.write(`${STATE}.v2.backup/x`, '');
    const before = folder.read();
    const { code, stderr } = await folder.run('import --all --yes --sandbox');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/EISDIR; .*\.yaml\b/)]);
    expect(stderr).toMatch(/: mdacc apply --sandbox\n/);
    expect(folder.read()).not.toBe(before);
  });
});
