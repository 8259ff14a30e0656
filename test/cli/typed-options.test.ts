import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { contextOf, inContext } from '../../src/cli/typed-options.ts';
import { program } from '../../src/program.ts';
import { commandText, hintsInContext } from '../../src/report/hint.ts';

describe('commands in context', () => {
  it('have what was typed, and no defaults', () => {
    expect(inContext(['plan'], { config: 'motherduck.accounts.yaml' })).toEqual(['plan']);
    expect(inContext(['plan'], { config: 'prod.yaml', state: 's.json', sandbox: true })).toEqual([
      'plan',
      '--config',
      'prod.yaml',
      '--state',
      's.json',
      '--sandbox',
    ]);
  });

  it('say an option once, and put it before the names that follow --', () => {
    expect(inContext(['plan', '--sandbox'], { sandbox: true })).toEqual(['plan', '--sandbox']);
    expect(inContext(['import', '--', '-odd'], { sandbox: true, sandboxDir: 'lab' })).toEqual([
      'import',
      '--sandbox-dir',
      'lab',
      '--',
      '-odd',
    ]);
  });

  it('let the configuration use the same variables', () => {
    expect(inContext(['apply'], { allowEnv: ['A_KEY', 'B_KEY'] })).toEqual([
      ...['apply', '--allow-env', 'A_KEY'],
      ...['--allow-env', 'B_KEY'],
    ]);
  });

  it('leave out --api-url where no API is called', () => {
    const options = { config: 'prod.yaml', apiUrl: 'http://localhost:1' };
    expect(inContext(['state', 'unlock'], options)).toEqual(['state', 'unlock', '--config', 'prod.yaml']);
  });

  it('leave commands alone that know no configuration', () => {
    expect(inContext(['schema', 'plan'], { config: 'prod.yaml', sandbox: true })).toEqual(['schema', 'plan']);
  });

  it('of the sandbox have what says where it is', () => {
    const typed = { config: 'prod.yaml', state: 's.json', sandbox: true, apiUrl: 'http://localhost:1' };
    expect(inContext(['sandbox', 'reset'], typed)).toEqual(['sandbox', 'reset', '--config', 'prod.yaml']);
  });

  it('have only options that the command has', () => {
    const typed = { config: 'prod.yaml', state: 's.json', sandbox: true, apiUrl: 'http://localhost:1' } as const;
    const visit = (command: Command, argv: readonly string[]): void => {
      for (const each of command.commands) visit(each, [...argv, each.name()]);
      if (command.commands.length > 0 || command.name() === '__complete') return;
      const added = inContext(argv, typed).filter((word) => word.startsWith('--'));
      const known = command.options.map(({ long }) => long);
      expect(added.filter((option) => !known.includes(option))).toEqual([]);
    };
    visit(program(), []);
  });

  it('are quoted for a shell', () => {
    expect(commandText(['plan'], contextOf({ config: 'my prod.yaml' }))).toBe("mdacc plan --config 'my prod.yaml'");
  });

  it('are found in data, wherever a hint stands', () => {
    const data = { warnings: [{ message: 'm', hint: { text: 't', command: ['plan'] } }], at: 'now', none: null };
    expect(hintsInContext(data, contextOf({ sandbox: true })).warnings[0]?.hint.command).toEqual(['plan', '--sandbox']);
    expect(data.warnings[0]?.hint.command).toEqual(['plan']);
  });
});
