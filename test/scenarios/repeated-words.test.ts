/** A command to type next is of what was asked for: a rotation stays one, and a part of the accounts stays a part. */
import { describe, expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores: { vault: { kind: exec, command: [vault, kv, put, "{account}/{token}", "value=-"] } }
token_policies:
  load: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: vault }
accounts:
  tenant_a: { tokens: { app: load } }
  etl: { tokens: { airflow: load } }
`;

/** The commands that an output says to type. */
const commands = (text: string) => [...text.matchAll(/mdacc [^\n]*/g)].map(([command]) => command.replace(/\.$/, ''));

async function ran(stage: Stage, words: string): Promise<string> {
  const { stdout, stderr } = await stage.run(words);
  return stdout + stderr;
}

describe('a plan that was made with options', () => {
  it.each([
    '--rotate tenant_*/app',
    '--rotate tenant_a --revoke-old --force',
    '--rotate etl --only etl',
    '--rotate etl --revoke-old',
  ])('of %s and is stale says to make such a plan again', async (words) => {
    const stage = await Stage.applied(CONFIGURATION);
    expect(await stage.run(`plan --sandbox ${words} --out p`)).toMatchObject({ code: 0 });
    const noSmoke = words.endsWith('--revoke-old') ? '' : ' --no-smoke';
    expect(await stage.run(`apply p --sandbox --yes${noSmoke}`)).toMatchObject({ code: 0 });
    const [again = '', ...others] = commands(await ran(stage, `apply p --sandbox --yes${noSmoke}`));
    expect(others).toEqual([]);
    const asked = new Set(words.split(' '));
    expect(new Set(again.replaceAll("'", '').split(' '))).toEqual(
      new Set(['mdacc', 'plan', ...asked, '--out', 'today.plan', '--sandbox']),
    );
    const typed = again.replaceAll("'", '').split(' ').slice(1);
    expect(await stage.run([...typed, '--detailed-exitcode'])).toMatchObject({ code: 2 });
  });

  it('and is refused is saved without saying to apply it', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    const { code, stderr } = await stage.run('plan --sandbox --destroy --out d.plan');
    expect(code).toBe(1);
    expect(stderr).not.toContain('mdacc apply');
  });

  it('is shown where nobody can be asked', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    await stage.run('plan --sandbox --rotate etl --out p');
    expect(commands((await stage.run('apply p --sandbox')).stderr)).toEqual(['mdacc show p']);
  });
});

describe('without a terminal', () => {
  it.each([
    ['rotate tenant_* --revoke-old', "plan --rotate 'tenant_*' --revoke-old"],
    ['rotate etl --only etl', 'plan --rotate etl --only etl'],
    ['apply --rotate etl/airflow', 'plan --rotate etl/airflow'],
  ])('%s says to read its own plan', async (words, plan) => {
    const stage = await Stage.applied(CONFIGURATION);
    expect(commands((await stage.run(`${words} --sandbox`)).stderr)).toEqual([`mdacc ${plan} --sandbox`]);
  });
});

it('stores that are rehearsed are run by the same command', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  expect(commands((await stage.run('rotate tenant_a --sandbox --yes --no-smoke')).stdout)).toContain(
    'mdacc rotate tenant_a --real-stores --sandbox',
  );
  expect(commands((await stage.run('plan --rotate etl --revoke-old --sandbox')).stdout)).toContain(
    'mdacc rotate etl --revoke-old --real-stores --sandbox',
  );
});

it('what continues an apply of some accounts is of them', async () => {
  const stage = new Stage(CONFIGURATION);
  stage.edit((text) => text.replace('tenant_a: {', 'tenant_a: { setup: ["SELECT * FROM nosuch"],'));
  const { code, stdout } = await stage.run('apply --sandbox --only tenant_* --yes --no-smoke');
  expect(code).toBe(4);
  expect(commands(stdout).filter((command) => !command.includes('--real-stores'))).toEqual([
    "mdacc apply --sandbox --only 'tenant_*'",
  ]);
});
