import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { hasEffect } from '../../src/cli/options.ts';
import { contextOf, inContext } from '../../src/cli/typed-options.ts';
import { program } from '../../src/program.ts';
import { commandText, hintsInContext, hintText, noContext } from '../../src/report/hint.ts';

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

  it('reach the same organization: a state may be kept in it', () => {
    const options = { config: 'prod.yaml', apiUrl: 'http://localhost:1' };
    const words = ['--config', 'prod.yaml', '--api-url', 'http://localhost:1'];
    expect(inContext(['state', 'unlock'], options)).toEqual(['state', 'unlock', ...words]);
    expect(inContext(['show', 'today.plan'], options)).not.toContain('--api-url');
  });

  it('leave commands alone that know no configuration', () => {
    expect(inContext(['schema', 'plan'], { config: 'prod.yaml', sandbox: true })).toEqual(['schema', 'plan']);
  });

  it('of the sandbox have what says where it is', () => {
    const typed = { config: 'prod.yaml', state: 's.json', sandbox: true, apiUrl: 'http://localhost:1' };
    expect(inContext(['sandbox', 'seed', '3'], typed)).toEqual(['sandbox', 'seed', '3', '--config', 'prod.yaml']);
    // It says how to remove the state of what it resets.
    expect(inContext(['sandbox', 'reset'], typed)).toContain('--state');
  });

  it('have all options of what the user works on that the command reads, and no other', () => {
    const typed = {
      ...{ config: 'prod.yaml', state: 's.json', sandbox: true, sandboxDir: 'lab', apiUrl: 'http://localhost:1' },
      ...{ allowEnv: ['A_KEY'], realStores: true },
    };
    const repeated = ['--config', '--state', '--sandbox-dir', '--api-url', '--allow-env', '--real-stores'];
    const visit = (command: Command, argv: readonly string[]): void => {
      for (const each of command.commands) visit(each, [...argv, each.name()]);
      if (command.commands.length > 0 || command.name() === '__complete') return;
      const words = argv[0] === 'init' ? ['init', '--from-live'] : argv;
      const added = inContext(words, typed).slice(words.length);
      const read = command.options.filter((option) => !option.hidden && hasEffect(option)).map(({ long }) => long);
      expect(added.filter((word) => word.startsWith('--')).sort(), argv.join(' ')).toEqual(
        repeated.filter((option) => read.includes(option)).sort(),
      );
    };
    visit(program(), []);
  });

  it('are what was typed, where they do it again', () => {
    const hint = { text: 'Run it.', command: ['apply', '--real-stores'], isAgain: true };
    const typed = { rotate: ['etl_prod'], revokeOld: true, sandbox: true };
    const again = 'mdacc rotate etl_prod --revoke-old --real-stores --sandbox';
    expect(hintText(hint, contextOf(typed))).toBe(`Run it: ${again}`);
    expect(hintText(hint, contextOf({ ...typed, planFile: 'a.plan' }))).toBe(
      'Run it: mdacc apply a.plan --real-stores --sandbox',
    );
    expect(hintText({ ...hint, isAgain: false }, contextOf(typed))).toBe('Run it: mdacc apply --real-stores --sandbox');
    // Schemas have no field that says so.
    for (const context of [contextOf(typed), noContext]) {
      expect(Object.keys(hintsInContext(hint, context))).toEqual(['text', 'command']);
    }
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
