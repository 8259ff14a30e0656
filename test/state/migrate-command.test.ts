/** `mdacc state migrate`, typed by a user. */
import { expect, it } from 'vitest';
import { CONFIG, STATE, Stage } from '../stage.ts';

const PLAN = 'plan --sandbox --detailed-exitcode';

it('moves the state to where the configuration says, once, and leaves the old file renamed', async () => {
  const stage = await Stage.applied();
  stage.write('old.state.json', stage.read(STATE));
  stage.remove(STATE);
  const { code, stdout, stderr } = await stage.run('state migrate --from old.state.json');
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^Moved the state of "acme" \(/) });
  expect(stderr).toContain('old.state.json.migrated');
  expect(stage.has('old.state.json')).toBe(false);
  expect(await stage.run(PLAN)).toMatchObject({ code: 0 });
  const written = stage.read(STATE);
  for (const again of ['state migrate --from old.state.json', 'state migrate']) {
    expect(await stage.run(again)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing to do: /) });
  }
  expect(stage.read(STATE)).toBe(written);
});

it('says what is to be committed, unless the state is of a sandbox', async () => {
  for (const [isSandbox, says] of [
    [true, expect.not.stringContaining('Then commit')],
    [false, expect.stringContaining(`Then commit ${CONFIG} and ${STATE}, and the removal of old.state.json.`)],
  ] as const) {
    const stage = await Stage.applied();
    const text = stage.read(STATE);
    stage.write('old.state.json', isSandbox ? text : text.replace('"sandbox": true,', ''));
    stage.remove(STATE);
    expect(await stage.run('state migrate --from old.state.json')).toMatchObject({ code: 0, stderr: says });
  }
});

it('says to a command with the old place where the state is, and writes nothing there', async () => {
  const stage = await Stage.applied();
  stage.write('old.state.json', stage.read(STATE));
  stage.remove(STATE);
  await stage.run('state migrate --from old.state.json');
  for (const command of [PLAN, 'apply --sandbox --yes', 'state list', 'state forget etl_prod --yes']) {
    const { code, stderr } = await stage.run(`${command} --state old.state.json`);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`to ${STATE} (`) });
    expect(stderr).toContain('state migrate --from FILE');
  }
  expect(stage.has('old.state.json')).toBe(false);
});

it('finds the place in the configuration as it was', async () => {
  const stage = await Stage.applied();
  stage.write('old.yaml', stage.read());
  stage.edit((text) => `${text}\nstate: { kind: file }\n`);
  const ran = await stage.run('state migrate --from old.yaml');
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(STATE) });
  stage.write('old.yaml', 'version: 1\norganization: acme\nstate: { kind: nowhere }\n');
  expect(await stage.run('state migrate --from old.yaml')).toMatchObject({ code: 1 });
});

it('says what to type where there is nothing to move, or where the configuration is overridden', async () => {
  const stage = new Stage();
  const nothing = await stage.run('state migrate');
  expect(nothing).toMatchObject({ code: 1, stderr: expect.stringContaining('--from FILE') });
  const overridden = await stage.run('state migrate --state other.state.json');
  expect(overridden).toMatchObject({ code: 64, stderr: expect.stringContaining('--from other.state.json') });
  expect(await stage.run(`state migrate --from missing.yaml -c ${CONFIG}`)).toMatchObject({ code: 1 });
});

it('refuses the state of another lineage, and a locked one', async () => {
  const stage = await Stage.applied();
  const other = stage.read(STATE).replace(/"lineage": "[0-9a-f]{8}/, '"lineage": "00000000');
  stage.write('other.state.json', other);
  const { code, stderr } = await stage.run('state migrate --from other.state.json');
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('nothing was overwritten') });
  expect(stage.read('other.state.json')).toBe(other);
  stage.write('third.state.json', other);
  const holder = { pid: process.pid, host: 'ci-7', command: 'apply', who: 'ann', since: '2026-11-29T12:00:00.000Z' };
  stage.write('third.state.json.lock', JSON.stringify(holder));
  const locked = await stage.run('state migrate --from third.state.json');
  expect(locked).toMatchObject({ code: 5, stderr: expect.stringContaining('state unlock --state third.state.json') });
  stage.write('my own.state.json', other);
  stage.write('my own.state.json.lock', JSON.stringify(holder));
  const spaced = await stage.run(['state', 'migrate', '--from', 'my own.state.json']);
  expect(spaced.stderr).toContain("state unlock --state 'my own.state.json'");
  await stage.run('state unlock --state third.state.json --yes');
  expect(await stage.run('state migrate --from third.state.json')).toMatchObject({ code: 1 });
});

it('takes no state away from a configuration that is still there', async () => {
  const stage = await Stage.applied();
  stage.write('staging.yaml', stage.read());
  const { code, stderr } = await stage.run(`state migrate -c staging.yaml --from ${STATE}`);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(CONFIG) });
  expect([stage.has(STATE), stage.has('staging.state.json')]).toEqual([true, false]);
  stage.remove(CONFIG);
  expect(await stage.run(`state migrate -c staging.yaml --from ${STATE}`)).toMatchObject({ code: 0 });
  expect(await stage.run('plan --sandbox -c staging.yaml')).toMatchObject({ code: 0 });
});
