/** What users do with a state that several machines share, as tests of each kind. */
import { expect } from 'vitest';
import { CONFIG, SANDBOX, STATE, Stage } from '../stage.ts';

/** A place for a state of its own. */
export interface SharedPlace {
  /** The block `state` of a configuration, on one line. */
  readonly block: string;
  /** What the commands find in their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** How output names the state. */
  readonly name: string;
  /** What no output may contain. */
  readonly secrets: readonly string[];
}

/** A machine with the repository's configuration, with its state in the place. */
export function machineAt({ block, env }: SharedPlace): Stage {
  const stage = new Stage();
  stage.edit((text) => text.replace('organization: acme', `organization: acme\nstate: ${block}`));
  Object.assign(stage.env, env);
  return stage;
}

/** Another machine with the same configuration and organization. */
function besides(stage: Stage): Stage {
  const other = new Stage(stage.read(CONFIG));
  Object.assign(other.env, stage.env, { MDACC_SANDBOX: stage.file(SANDBOX) });
  return other;
}

/** A state is used by one machine, then by another. */
export async function useFromTwoMachines(place: SharedPlace): Promise<void> {
  const stage = machineAt(place);
  const run = async (machine: Stage, words: string, code = 0) => {
    const ran = await machine.run(words);
    expect([words, ran.code, ran.stderr]).toEqual([words, code, expect.any(String)]);
    for (const secret of place.secrets) expect(ran.stdout + ran.stderr).not.toContain(secret);
    return ran;
  };
  await run(stage, 'plan --sandbox --detailed-exitcode', 2);
  await run(stage, 'apply --sandbox --yes');
  await run(stage, 'plan --sandbox --detailed-exitcode');
  await run(stage, 'rotate etl_prod/airflow --sandbox --yes');
  expect((await run(stage, 'state list')).stdout).toContain('airflow.2');
  expect(stage.has(STATE)).toBe(false);
  const other = besides(stage);
  expect((await run(other, 'state show etl_prod/airflow')).stdout).toContain('airflow.2');
  await run(other, 'plan --sandbox --detailed-exitcode');
  await run(other, 'rotate etl_prod/airflow --sandbox --yes');
  expect((await run(stage, 'state show etl_prod/airflow')).stdout).toContain('airflow.3');
  expect((await run(stage, 'state unlock')).stdout).toContain(place.name);
}

/** Of two applies at the same time, one works and the other says who holds the lock; then the other one works too. */
export async function applyTwiceAtOnce(place: SharedPlace): Promise<void> {
  const stage = machineAt(place);
  await stage.serve({ latency: 300 });
  const other = besides(stage);
  const apply = (machine: Stage) => machine.runProgram('apply --yes --no-smoke');
  const ran = await Promise.all([apply(stage), apply(other)]);
  const [first, second] = ran.sort((a, b) => (a.code ?? 0) - (b.code ?? 0));
  expect([first?.code, second?.code, second?.stderr]).toEqual([0, 5, expect.stringContaining(place.name)]);
  expect(second?.stderr).toMatch(/apply/);
  const waiting = await Promise.all(
    [stage, other].map((one) => one.runProgram('apply --yes --no-smoke --lock-timeout 2m')),
  );
  expect(waiting.map(({ code }) => code)).toEqual([0, 0]);
  for (const { stdout, stderr } of [...ran, ...waiting]) {
    for (const secret of place.secrets) expect(stdout + stderr).not.toContain(secret);
    // Of the libraries.
    expect(stderr).not.toMatch(/\bWarning\b/);
  }
}

/** A state moves from its file to the place, is used there with every command, and moves back. */
export async function moveThereAndBack(place: SharedPlace): Promise<void> {
  const stage = await Stage.applied();
  Object.assign(stage.env, place.env);
  const text = stage.read(CONFIG);
  const run = async (machine: Stage, words: string, code = 0) => {
    const ran = await machine.run(words);
    expect([words, ran.code, ran.stdout + ran.stderr]).toEqual([words, code, expect.any(String)]);
    for (const secret of place.secrets) expect(ran.stdout + ran.stderr).not.toContain(secret);
    return ran.stdout + ran.stderr;
  };
  stage.edit((before) => before.replace('organization: acme', `organization: acme\nstate: ${place.block}`));
  for (const words of ['plan --sandbox', 'apply --sandbox --yes'])
    expect(await run(stage, words, 1)).toContain('mdacc state migrate');
  expect(await run(stage, 'state migrate --sandbox')).toContain(place.name);
  expect([stage.has(STATE), stage.has(`${STATE}.migrated`)]).toEqual([false, true]);
  await run(stage, 'state migrate --sandbox');
  await run(stage, 'plan --sandbox --detailed-exitcode');
  expect(await run(stage, 'state history --sandbox')).toContain('state migrate');
  expect(await run(stage, 'state list --sandbox')).toContain('etl_prod');
  await run(stage, 'state forget tenant_acme --sandbox --yes');
  await run(stage, 'state show tenant_acme --sandbox', 64);
  await run(stage, 'import tenant_acme --sandbox --yes');
  await run(stage, 'state unlock --sandbox');
  // A machine with the older configuration.
  const old = new Stage(stage.read(CONFIG));
  Object.assign(old.env, stage.env, { MDACC_SANDBOX: stage.file(SANDBOX) });
  stage.write('old.yaml', stage.read(CONFIG));
  stage.write(CONFIG, `${text}\nstate: { kind: file }\n`);
  const refused = await stage.json('plan --sandbox');
  expect(refused).toMatchObject({ code: 1, document: { error: { code: 'STATE_MOVED' } } });
  await run(stage, 'state migrate --sandbox --from old.yaml');
  await run(stage, 'plan --sandbox --detailed-exitcode');
  expect(await old.json('apply --sandbox --yes')).toMatchObject({
    code: 1,
    document: { error: { code: 'STATE_MOVED', message: expect.stringContaining(STATE) } },
  });
  expect(old.has(STATE)).toBe(false);
}
