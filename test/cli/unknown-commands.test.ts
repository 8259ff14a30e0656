/** Commands and options that do not exist, where another way does what they say. */
import { expect, it } from 'vitest';
import { otherWords } from '../../src/cli/other-words.ts';
import { program } from '../../src/program.ts';
import { Stage } from '../stage.ts';

it.each([
  ['suspend etl_prod', 'suspended: true'],
  ['resume etl_prod', 'suspended: true'],
  ['delete etl_prod', 'mdacc apply --prune --only etl_prod'],
  ['remove', 'mdacc apply --prune --only ACCOUNT'],
  ['destroy etl_prod', 'mdacc destroy --only etl_prod'],
  ['connect', 'mdacc sandbox connect'],
  ['list', 'mdacc state list'],
  ['get etl_prod', 'mdacc state list'],
  ['secrets', 'mdacc state list'],
  ['token create', 'mdacc apply'],
  ['tokens', 'mdacc apply'],
  ['diff', 'mdacc plan'],
  ['status', 'mdacc plan'],
  ['login', 'mdacc doctor'],
  ['taint etl_prod/airflow', 'mdacc rotate etl_prod/airflow'],
  ['revoke etl_prod/airflow', 'mdacc rotate etl_prod/airflow --revoke-old'],
  ['revoke', 'mdacc rotate ACCOUNT/TOKEN --revoke-old'],
  ['rotate etl_prod/airflow --leaked', 'mdacc rotate ACCOUNT/TOKEN --revoke-old'],
  ['rotate etl_prod/airflow --dry-run', '--rotate ACCOUNT/TOKEN'],
  ['adopt etl_prod', 'mdacc import etl_prod'],
  ['adopt', 'mdacc import --all'],
  ['fmt', 'mdacc validate'],
  ['plan -o x.plan', 'mdacc plan --out x.plan'],
  ['state rm etl_prod', 'mdacc state forget etl_prod'],
  ['force-unlock', 'mdacc state unlock'],
  ['plan -out=x.plan', 'mdacc plan --out x.plan'],
  ['plan --target=etl_prod', '--only ACCOUNT'],
  ['apply -auto-approve', '--yes'],
])('the error of mdacc %s names the command to type', async (words, way) => {
  const { code, stderr } = await new Stage().runProgram(words);
  expect({ code, way: stderr.includes(way) }).toEqual({ code: 64, way: true });
});

it.each(['revoke etl_prod/airflow', 'status', 'rotate etl_prod/airflow --revoke', '--sandbox lab plan'])(
  'the error of mdacc %s suggests no other command',
  async (words) => {
    const { stderr } = await new Stage().runProgram(words);
    expect(stderr).not.toContain('Did you mean');
    expect(stderr.trimEnd().split('\n').at(-1)).toContain('--help');
  },
);

it('the JSON error of an option of Terraform has the same hint', async () => {
  const { stdout } = await new Stage().runProgram('plan -target=etl_prod --format json');
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: 'USAGE', hint: { text: expect.stringContaining('--only') } },
  });
});

it.each([
  ['aply --yes', ['apply', '--yes']],
  ['--sandbx plan -q', ['--sandbox', 'plan', '-q']],
  ['state lst etl_prod', ['state', 'list', 'etl_prod']],
  ['plan --ony=etl_prod', ['plan', '--only=etl_prod']],
  ['plan --only etl_prod --prun', ['plan', '--only', 'etl_prod', '--prune']],
  ['plan --halp', ['plan', '--help']],
])('the error of mdacc %s has what was probably meant, to type as it stands', async (words, command) => {
  const { stdout, stderr } = await new Stage().runProgram(`${words} --format json`);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: 'USAGE', hint: { command: [...command, '--format', 'json'] } },
  });
  expect(stderr).toContain(`: mdacc ${command.join(' ')} --format json`);
});

it('the error of words that are like no others has no command', async () => {
  for (const words of ['qqqqqq', 'plan --qqqqqq', 'plan -- --sandbx']) {
    const { stdout } = await new Stage().runProgram(`--format json ${words}`);
    expect(JSON.parse(stdout).error.hint, words).toEqual({ text: expect.stringContaining('--help') });
  }
});

it('leaves other words, and what follows --, alone', () => {
  const command = program(['plan']).commands.find((each) => each.name() === 'plan');
  if (command === undefined) throw new Error('no plan');
  for (const words of [
    ['plan', '--nothing'],
    ['plan', '--', '-out'],
    ['plan', '-o', 'x'],
    ['plan', 'toString'],
  ])
    expect(otherWords('commander.unknownOption', words, command)).toBeUndefined();
  expect(otherWords('commander.unknownCommand', ['toString'], command)).toBeUndefined();
});

it('no rotation deletes an account, so its help names no such option', async () => {
  const stage = new Stage();
  expect((await stage.run('rotate --help')).stdout).not.toContain('--allow-delete');
  expect((await stage.run('destroy --help')).stdout).toContain('--allow-delete');
});
