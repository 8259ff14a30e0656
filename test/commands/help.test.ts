/** The help of every command: complete, and no wider than a terminal. */
import { describe, expect, it } from 'vitest';
import { mdaccIn } from '../examples/markdown.ts';
import { Folder } from '../scenarios/cli.ts';
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

    it('fits 80 columns', () => {
      expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
    });

    it('says something of everything', () => {
      expect(help).not.toMatch(/^ {2}\S+( <\S+>| \[\S+\])?$/m);
      expect(help).not.toContain('undefined');
    });
  },
);

describe('an error on the command line tells what to type next', () => {
  it.each([
    ['aply', 'unknown command', '(Did you mean apply?)', 'mdacc --help'],
    ['state lst', 'unknown command', '(Did you mean list?)', 'mdacc state --help'],
    ['plan --prun', 'unknown option', '(Did you mean --prune?)', 'mdacc plan --help'],
    ['plan today.plan', 'too many arguments', 'mdacc plan --help'],
    ['plan --format yaml', 'Allowed choices are text, json, markdown, html', 'mdacc plan --help'],
    ['rotate', 'missing required argument', 'For example: mdacc rotate etl_prod/airflow', 'mdacc rotate --help'],
    ['completion', 'missing required argument', 'For example: source <(mdacc completion bash)'],
    ['sandbox seed', 'missing required argument', 'For example: mdacc sandbox seed 20', 'mdacc sandbox seed --help'],
    ['sandbox advance 3', 'Write a number and a unit', 'For example: mdacc sandbox advance 80d'],
    ['--sandbox plan', 'unknown option', 'Options come after the command: mdacc plan --sandbox'],
    ['rotate --sandbox etl_prod', 'missing required argument', 'mdacc rotate etl_prod --sandbox'],
    ['import', 'nothing to import was named', 'mdacc import --all'],
    ['sandbox connect', 'there is no sandbox in .motherduck-sandbox', 'mdacc apply --sandbox'],
  ])('mdacc %s', async (words, ...said) => {
    const ran = await new Folder().run(words);
    expect(ran).toMatchObject({ code: 64, stdout: '' });
    for (const text of said) expect(ran.stderr).toContain(text);
  });

  it('a group of commands without one of them shows its help', async () => {
    const ran = await new Folder().run('state');
    expect(ran).toMatchObject({ code: 64, stdout: '', stderr: expect.stringContaining('mdacc state show etl_prod') });
  });

  it('sandbox connect, where there is no token', async () => {
    const folder = new Folder();
    await folder.run('sandbox seed 1');
    expect(await folder.run('sandbox connect', { MOTHERDUCK_TOKEN: ' ' })).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/no token in MOTHERDUCK_TOKEN\n.*MOTHERDUCK_TOKEN=… mdacc sandbox connect/),
    });
  });

  it('also in JSON', async () => {
    const { stdout } = await new Folder().run('state list --format json --al');
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'USAGE', hint: { text: 'See what can be typed: mdacc state list --help' } },
    });
  });

  it.each(['state list', 'state show etl_prod', 'state forget etl_prod'])(
    'mdacc %s, before the first apply',
    async (words) => {
      const ran = await new Folder().run(words);
      expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('The first mdacc apply makes it.') });
    },
  );
});
