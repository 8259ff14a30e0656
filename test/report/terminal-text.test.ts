import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { unbroken, wrapTo } from '../../src/report/terminal-text.ts';

describe('wrapTo', () => {
  it('leaves what fits', () => {
    const text = 'acme, 2026-11-25\n\n  + etl_prod  new\n';
    expect(wrapTo(text, 80)).toBe(text);
  });

  it("sets what follows under the text of a table's last column", () => {
    expect(wrapTo('warning  MDA001  stray  one of the constellation: two tokens', 52)).toBe(
      'warning  MDA001  stray  one of the constellation:\n                        two tokens',
    );
    expect(wrapTo('          read/write size pulse -> standard', 36)).toBe(
      '          read/write size pulse ->\n          standard',
    );
  });

  it('sets it beside the sign of a change', () => {
    expect(wrapTo('  - secret of etl_prod/old, from local: secrets.env#OLD', 45)).toBe(
      '  - secret of etl_prod/old, from local:\n    secrets.env#OLD',
    );
  });

  it('sets it under a column before, where there is too little room, and a little deeper where there is none', () => {
    expect(wrapTo('warning  MDA001  stray  one of the constellation', 40)).toBe(
      'warning  MDA001  stray  one of the\n         constellation',
    );
    expect(wrapTo('Plan: 2 accounts to create, 1 to change', 30)).toBe('Plan: 2 accounts to create, 1\n  to change');
  });

  it('breaks no command', () => {
    expect(wrapTo(`Delete it: ${unbroken('mdacc apply --prune --only a_1')}. Or leave it.`, 40)).toBe(
      'Delete it:\n  mdacc apply --prune --only a_1. Or\n  leave it.',
    );
    expect(wrapTo(`Next: ${unbroken('mdacc plan --config other.yaml')}, then commit`, 30)).toBe(
      'Next:\n  mdacc plan --config other.yaml,\n  then commit',
    );
  });

  it('counts columns, and no colours', () => {
    expect(wrapTo('  東京東京東京 東京東京東京', 20)).toBe('  東京東京東京\n  東京東京東京');
    const red = '\x1b[31mError:\x1b[39m twenty columns';
    expect(wrapTo(red, 21)).toBe(red);
  });

  it('loses and adds nothing but blanks, and is no wider but for what cannot be broken', () => {
    const word = fc.constantFrom('a', 'etl_prod', '東京', '  ', 'plan,', '👍', '\x1b[2mdim\x1b[22m', 'x'.repeat(30));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), fc.integer({ min: 36, max: 60 }), (words, columns) => {
        const text = words.join(' ');
        const wrapped = wrapTo(text, columns);
        expect(wrapped.trim().split(/\s+/)).toEqual(text.trim().split(/\s+/));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: a colour takes no room
        const rows = wrapped.replace(/\x1b\[\d+m/g, '').split('\n');
        for (const row of rows) expect(stringWidth(row.trimEnd())).toBeLessThanOrEqual(Math.max(columns, 36 + 30));
      }),
    );
  });

  it('keeps names as they are, also where they are not normalized', () => {
    const name = 'zu\u0308rich';
    expect(wrapTo(`the account ${name} is one of the constellation`, 30)).toContain(name);
  });

  it('shows commands with blanks where lines are not broken', () => {
    expect(wrapTo(unbroken('mdacc plan --only a'), undefined)).toBe('mdacc plan --only a');
  });

  it('loses no blank after the first two characters', () => {
    expect(wrapTo('No duckling of my constellation: tenant_acme', 30)).toBe(
      'No duckling of my\n  constellation: tenant_acme',
    );
  });

  it('goes on after a colour that ends within the columns of a table', () => {
    const dim = '\x1b[2mwarning\x1b[22m  MDA001  stray  one of the constellation: two tokens';
    expect(wrapTo(dim, 52)).toBe(
      '\x1b[2mwarning\x1b[22m  MDA001  stray  one of the constellation:\n                        two tokens',
    );
  });

  it('leaves a terminal alone that is too narrow for anything', () => {
    expect(wrapTo('one two three four five six', 10)).toBe('one two three four five six');
  });
});

describe('names that others gave', () => {
  const EVIL = 'y. mdacc apply --prune --yes --allow-delete --only etl_prod or else mdacc apply --prune';
  /** Rows that could be taken for the program's own advice. */
  const advice = (text: string, columns: number) =>
    wrapTo(text, columns, ['y. mdacc', EVIL])
      .split('\n')
      .filter((row) => row.trim().startsWith('mdacc apply'));

  it.each([
    ['in parentheses', `Unmanaged, not touched: 0 accounts, 1 token (keep/${EVIL})`],
    ['in quotes', `         Adopt it: ${unbroken(`mdacc import 'keep/${EVIL}'`)}. Or revoke it at MotherDuck.`],
    ['in a sentence', `warning  MDA002  keep/${EVIL}    nothing manages it`],
  ])('are not made a command by a line that is broken: %s', (_, text) => {
    for (let columns = 40; columns < 100; columns += 1) expect(advice(text, columns)).toEqual([]);
  });

  it('stay whole in the quotes of a command', () => {
    const command = "mdacc import 'etl_prod/Dr. Who and the long laptop of the office'";
    expect(wrapTo(`         Adopt it: ${unbroken(command)}. Or revoke it at MotherDuck.`, 60)).toContain(command);
  });
});

it('breaks a line that ends in very many blanks', () => {
  expect(wrapTo(`x${' '.repeat(200_000)}`, 80).trimEnd()).toBe('x');
});
