/** A state at MotherDuck: in the sandbox, a table of a local database. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { outputOf, SANDBOX, STATE, Stage } from '../stage.ts';
import { moveThereAndBack } from '../state/shared-state-story.ts';

const configuration = (state: string) => `version: 1
organization: acme
state: ${state}
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
token_policies:
  rw: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
accounts:
  etl: { tokens: { airflow: rw } }
  ten: { tokens: { app: rw } }
`;
const OPS = configuration('{ kind: motherduck, database: ops }');
const YES = '--sandbox --yes --no-smoke';

/** The names of all live tokens, by account. */
const live = (stage: Stage) =>
  stage.inSandbox(async (organization) => {
    const names = await Promise.all(
      ['etl', 'ten'].map(async (username) => {
        const { text } = await organization.respond({
          method: 'GET',
          target: `/v1/users/${username}/tokens`,
          authorization: `Bearer ${organization.newAdminToken().reveal()}`,
          body: '',
        });
        return (JSON.parse(text) as { tokens: { name: string }[] }).tokens.map(({ name }) => name).sort();
      }),
    );
    return { etl: names[0], ten: names[1] };
  });

describe('a state at MotherDuck', () => {
  it('is moved there, used, and moved back', { timeout: 120_000 }, async () => {
    const block = '{ kind: motherduck, database: ops }';
    await moveThereAndBack({ block, env: {}, name: 'motherduck_accounts_state', secrets: [] });
  });

  it('is created by an apply, and read by every command', async () => {
    const stage = new Stage(OPS);
    const first = await stage.run('plan --sandbox');
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('2 accounts to create') });
    expect(await stage.run('state list --sandbox')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ops.main.motherduck_accounts_state'),
    });

    expect(await stage.run(`apply ${YES}`)).toMatchObject({ code: 0 });
    expect(stage.has(STATE)).toBe(false);
    expect(await stage.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0 });
    expect(await stage.run(`rotate etl ${YES}`)).toMatchObject({ code: 0 });
    expect(await stage.run('state list --sandbox')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('airflow.2'),
    });
    expect(await stage.run('audit --sandbox --fail-on error')).toMatchObject({ code: 0 });
    expect(await stage.run('state unlock --sandbox')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('not locked'),
    });
    expect(await stage.run('state forget ten --sandbox --yes')).toMatchObject({ code: 0 });
    expect((await stage.run('state list --sandbox')).stdout).not.toContain('ten');
    // As a process, whose connection does not keep it running.
    expect(await stage.runWithoutLongTimers('plan --sandbox')).toMatchObject({ code: 0 });
  });

  it('takes the state of a file, and gives it back', async () => {
    const stage = await Stage.applied(OPS.replace(/^state: .*\n/m, ''));
    const before = stage.read();
    const [, lineage = ''] = /"lineage": "([^"]+)"/.exec(stage.read(STATE)) ?? [];
    stage.write('motherduck.accounts.yaml', OPS);
    // Nothing begins beside the file.
    expect(await stage.run(`apply ${YES}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('state migrate'),
    });
    for (let time = 1; time <= 2; time++) expect(await stage.run('state migrate --sandbox')).toMatchObject({ code: 0 });
    expect(await stage.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0 });
    expect(await stage.run('state history --sandbox')).toMatchObject({ code: 0 });
    expect(await stage.run('doctor --sandbox')).toMatchObject({ code: 0 });
    expect((await stage.run('state list --sandbox --format json')).stdout).toContain(lineage);
    stage.write('motherduck.accounts.yaml', before);
    stage.write('old.yaml', OPS);
    expect(await stage.run('state migrate --from old.yaml --sandbox')).toMatchObject({ code: 0 });
    expect(await stage.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0 });
    expect(await stage.run('plan --sandbox --config old.yaml')).toMatchObject({ code: 1 });
  });

  it('is served with a sandbox, and needs its folder', async () => {
    const stage = new Stage(OPS);
    await stage.serve();
    expect(await stage.run('apply --yes --no-smoke')).toMatchObject({ code: 0 });
    expect(await stage.run('state list')).toMatchObject({ code: 0, stdout: expect.stringContaining('2 accounts') });
    const { MDACC_SANDBOX: folder } = stage.env;
    delete stage.env.MDACC_SANDBOX;
    expect(await stage.run('plan')).toMatchObject({ code: 1, stderr: expect.stringContaining('MDACC_SANDBOX') });
    expect(folder).toBe(stage.file(SANDBOX));
  });

  it('says what is missing before MotherDuck is asked', async () => {
    const stage = new Stage(OPS);
    expect(await stage.run('state list')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('MOTHERDUCK_ADMIN_TOKEN'),
    });
    for (const database of ['a"b', "a'b", 'a;b', 'a?token=1', 'memory', '""']) {
      stage.write(
        'motherduck.accounts.yaml',
        configuration(`{ kind: motherduck, database: ${JSON.stringify(database)} }`),
      );
      expect(await stage.run('validate')).toMatchObject({ code: 1, stdout: expect.stringContaining('database') });
    }
    stage.write('motherduck.accounts.yaml', configuration('{ kind: motherduck }'));
    expect(await stage.run('validate')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('database'),
    });
  });

  it('survives momentary failures of connections', async () => {
    const stage = new Stage(OPS);
    expect(await stage.run(`apply ${YES}`)).toMatchObject({ code: 0 });
    stage.write(`${SANDBOX}/organization.json`, '{ "connections": "momentary" }');
    expect(await stage.run('state list --sandbox')).toMatchObject({ code: 0 });
    stage.write(`${SANDBOX}/organization.json`, '{ "connections": "compute_limit" }');
    expect(await stage.run('plan --sandbox')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('compute'),
    });
  });

  it('in another database is another one, which adopts nothing unseen', async () => {
    const stage = new Stage(OPS);
    expect(await stage.run(`apply ${YES}`)).toMatchObject({ code: 0 });
    const before = await live(stage);
    stage.edit((text) => text.replace('database: ops', 'database: other'));
    const planned = await stage.run('plan --sandbox --detailed-exitcode');
    expect(planned.stdout).toContain('adopt');
    expect(planned.stdout).not.toMatch(/to delete; .*[1-9]\d* to revoke/);
    expect(await live(stage)).toEqual(before);
    // Back again, nothing was lost.
    stage.edit((text) => text.replace('database: other', 'database: ops'));
    expect(await stage.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0 });
  });

  it('is kept apart by schema', async () => {
    const stage = new Stage(configuration('{ kind: motherduck, database: ops, schema: prod }'));
    expect(await stage.run(`apply ${YES}`)).toMatchObject({ code: 0 });
    expect((await stage.run('state list --sandbox --format json')).stdout).toContain('"airflow"');
    stage.edit((text) => text.replace('prod', 'dev'));
    expect(await stage.run('state list --sandbox')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ops.dev.motherduck_accounts_state'),
    });
  });

  it('is changed by one of two applies at once, and the other names it', async () => {
    const stage = new Stage(OPS);
    const runs = await Promise.all([0, 1, 2, 3].map(() => stage.runProgram(`apply ${YES} --parallelism 1`)));
    const won = runs.filter(({ code }) => code === 0);
    expect(won.length).toBeGreaterThan(0);
    for (const { code, stderr } of runs.filter((each) => !won.includes(each))) {
      expect({ code, stderr }).toMatchObject({
        code: 5,
        stderr: expect.stringMatching(/is locked by "apply" of .*process \d+/),
      });
    }
    const waiting = await Promise.all([0, 1].map(() => stage.runProgram(`rotate etl ${YES} --lock-timeout 1m`)));
    expect(waiting.map(({ code }) => code)).toEqual([0, 0]);
    expect(await live(stage)).toMatchObject({ ten: ['app'] });
    expect(await stage.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0 });
  });

  it('loses nothing when a run is killed, wherever it is', async () => {
    const stage = new Stage(OPS);
    let isDone = false;
    for (let after = 200; !isDone && after < 6000; after += 300) {
      const run = stage.spawn(`apply ${YES}`);
      const ended = outputOf(run);
      await sleep(after);
      run.kill('SIGKILL');
      isDone = (await ended).code === 0;
      const unlocked = await stage.run('state unlock --sandbox --yes');
      expect(unlocked).toMatchObject({ code: 0 });
    }
    expect(isDone).toBe(true);
    expect(await stage.run(`apply ${YES}`)).toMatchObject({ code: 0 });
    expect(await stage.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0 });
    // One whose secret may have been stored lives on for the overlap of a day.
    await stage.advance(25 * 3600);
    expect(await stage.run(`apply ${YES}`)).toMatchObject({ code: 0 });
    expect(await stage.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0 });
    const { etl, ten } = await live(stage);
    expect([etl?.length, ten?.length]).toEqual([1, 1]);
  });
});
