/** The help of every command: complete, and no wider than a terminal. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mdaccIn } from '../examples/markdown.ts';
import { expectGolden } from '../golden/golden.ts';
import { Stage } from '../stage.ts';
import { commands, helpOf, linesUnder, pathOf, wrongWith } from './command-line.ts';

describe.each(commands().map((command) => ({ command, name: pathOf(command) })))(
  'mdacc $name --help',
  ({ command, name }) => {
    const help = helpOf(command);
    const examples = linesUnder('Examples:', help);

    it('has a few examples, of this command, that can be typed', () => {
      expect(examples.length).toBeGreaterThan(0);
      expect(examples.length).toBeLessThan(5);
      expect(examples.some((line) => line.includes(`mdacc ${name}`))).toBe(true);
      const typed = examples.flatMap(mdaccIn);
      expect(typed.map(wrongWith).filter((wrong) => wrong !== undefined)).toEqual([]);
    });

    it('reads as in test/golden/help.txt', () => {
      expectGolden('help', `help of > ${name === '' ? 'mdacc' : name}`, help);
    });

    it('fits 80 columns', () => {
      expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
    });

    it('says something of everything', () => {
      expect(help).not.toMatch(/^ {2}\S+( <\S+>| \[\S+\])?$/m);
      expect(help).not.toContain('undefined');
    });
  },
);

it('without a command is short, and ends with what to type', async () => {
  const { code, stderr } = await new Stage().run([]);
  expect(code).toBe(64);
  expect(stderr).toContain('mdacc plan --sandbox');
  expect(stderr).not.toContain('NODE_EXTRA_CA_CERTS');
  expect(stderr).toMatch(/mdacc --help\n*$/);
});

describe('an error on the command line tells what to type next', () => {
  it.each([
    ['aply', 'mdacc apply', 'mdacc --help'],
    ['state lst', 'mdacc state list', 'mdacc state --help'],
    ['plan --prun', 'mdacc plan --prune', 'mdacc plan --help'],
    ['plan today.plan', 'mdacc plan --help'],
    ['plan --format yaml', 'text, json, markdown, html', 'mdacc plan --help'],
    ['rotate', 'mdacc rotate etl_prod/airflow', 'mdacc rotate --help'],
    ['completion', 'source <(mdacc completion bash)'],
    ['sandbox seed', 'mdacc sandbox seed 20', 'mdacc sandbox seed --help'],
    ['sandbox advance 3', 'mdacc sandbox advance 80d'],
    ['plan --sandbox lab', '--sandbox-dir lab'],
    ['plan --only --sandbox', '--only has no value', 'mdacc plan --only "tenant_*"'],
    ['plan --out --sandbox', '--out has no value', 'mdacc plan --out today.plan'],
    ['--only --sandbox plan', '--only has no value'],
    ['plan -qo --sandbox', '--format has no value'],
    ['plan --parallelism -1', '--parallelism has no value'],
    ['plan --only', '--only has no value', 'mdacc plan --only "tenant_*"'],
    ['sandbox serve --plan --port 8080', '--plan has no value', 'mdacc sandbox serve --plan business'],
    ['plan --format markdwn', 'Did you mean markdown?'],
    ['sandbox serve --plan lit', 'Did you mean lite?'],
    ['schema pln', 'Did you mean plan?'],
    ['import', 'mdacc import --all'],
    ['sandbox connect', '.motherduck-sandbox', 'mdacc apply --sandbox'],
  ])('mdacc %s', async (words, ...names) => {
    const ran = await new Stage().run(words);
    expect(ran).toMatchObject({ code: 64, stdout: '' });
    for (const name of names) expect(ran.stderr).toContain(name);
    expectGolden('errors', `wrong usage > mdacc ${words}`, ran.stderr);
  });

  it('an option value that begins with "-" passes after "="', async () => {
    const ran = await new Stage().run('plan --sandbox --only=-x');
    expect(ran.stderr).toContain('--only -x matches no account');
  });

  it('no file is named after an option', async () => {
    const folder = new Stage();
    await folder.run('plan --out --sandbox');
    expect(existsSync(folder.file('--sandbox'))).toBe(false);
  });

  it('help finds a command in a group', async () => {
    const [{ stdout }, { stdout: same }] = [
      await new Stage().run('help sandbox serve'),
      await new Stage().run('sandbox serve --help'),
    ];
    expect(stdout).toBe(same);
    expect(stdout).toContain('--latency');
  });

  it('a group of commands without one of them shows its help', async () => {
    const ran = await new Stage().run('state');
    expect(ran).toMatchObject({ code: 64, stdout: '', stderr: expect.stringContaining('mdacc state show etl_prod') });
  });

  it('sandbox connect, where there is no token', async () => {
    const folder = new Stage();
    await folder.run('sandbox seed 1');
    expect(await folder.run('sandbox connect', { MOTHERDUCK_TOKEN: ' ' })).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/MOTHERDUCK_TOKEN.*\n.*: mdacc state list/),
    });
  });

  it('also in JSON', async () => {
    const { stdout } = await new Stage().run('state list --format json --al');
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'USAGE', hint: { text: expect.stringContaining('mdacc state list --help') } },
    });
  });

  it.each(['state list', 'state show etl_prod', 'state forget etl_prod'])(
    'mdacc %s, before the first apply',
    async (words) => {
      const ran = await new Stage().run(words);
      expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('mdacc apply') });
      expectGolden('errors', `before the first apply > mdacc ${words}`, ran.stderr);
    },
  );
});
