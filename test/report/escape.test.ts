/** ASCII is escaped by a pattern of its own, which must do the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, visibleJson, visibleLines } from '../../src/report/escape.ts';
import { coloured, terminalText } from '../../src/report/terminal-text.ts';

const ASCII = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)),
      fc.constant('\x1b[31m'),
    ),
  )
  .map((all) => all.join(''));

describe.each<[string, (text: string) => string]>([
  ['a text', printable],
  ['lines', visibleLines],
  ['JSON', visibleJson],
  ['a terminal with colours', (text) => terminalText(text, coloured)],
])('control characters in %s', (_where, shown) => {
  it('are the same with and without another character beside them', () => {
    fc.assert(
      fc.property(ASCII, (text) => {
        expect(`${shown(text)}東`).toBe(shown(`${text}東`));
      }),
    );
  });

  it.each(['\0', '\x07', '\x7f', '\x1b[2J', '\x9b', '\u202e', '\u200b', '\ufeff'])('are not shown: %j', (unseen) => {
    expect(shown(`a${unseen}b`)).not.toContain(unseen.slice(0, 1));
  });

  it('are none in ordinary text', () => {
    fc.assert(
      fc.property(ASCII, (text) => {
        const plain = text.replace(/[^ -~]/g, '');
        expect(shown(plain)).toBe(plain);
      }),
    );
  });
});
