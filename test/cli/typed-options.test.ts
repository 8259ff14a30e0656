import { describe, expect, it } from 'vitest';
import { contextOf, inContext } from '../../src/cli/typed-options.ts';
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
    expect(inContext(['import', '--', '-odd'], { sandbox: 'lab' })).toEqual(['import', '--sandbox=lab', '--', '-odd']);
  });

  it('leave out --api-url where no API is called', () => {
    const options = { config: 'prod.yaml', apiUrl: 'http://localhost:1' };
    expect(inContext(['state', 'unlock'], options)).toEqual(['state', 'unlock', '--config', 'prod.yaml']);
  });

  it('leave commands alone that know no configuration', () => {
    expect(inContext(['sandbox', 'serve'], { config: 'prod.yaml', sandbox: true })).toEqual(['sandbox', 'serve']);
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
