/** No name is anything but text in a comment: neither where Markdown is parsed, nor in what comes out, which is searched for references. */
import fc from 'fast-check';
import { marked } from 'marked';
import { describe, expect, it } from 'vitest';
import { markdown } from '../../src/report/escape.ts';

/** What a reader sees. */
const rendered = (text: string) => text.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));

// An underscore between letters or digits begins no emphasis.
const SYNTAX = /[<>|`*[\]@~\\!$]|(?<![a-z0-9]_*)_|_(?!_*[a-z0-9])|(?<!&)#|&(?!#\d+;)|:\/\/|www\./i;
const REFERENCES =
  /@\w|#\w|GH-\d|[!~%$&]["\d]|:(?:[a-z+-][\w+-]*|100|1234):|(?<![\w.-])(?=\d*[a-f])[\da-f]{7,40}(?![\w-])/i;

const CONSTRUCTS = [
  '$math$',
  '$`x`$',
  '$$x$$',
  '@team/all',
  '#123',
  'GH-12',
  'GH-120beef',
  'octo/repo#1',
  'octo/repo@deadbeef1',
  '0123456789abcdef0123456789abcdef01234567',
  'deadbee',
  '<!-- x -->',
  '[^1]',
  ':rocket:',
  ':+1:',
  ':100:',
  '- [ ] x',
  'www.example.com',
  'ann@example.com',
  'https://example.com',
  '![a](b)',
  '`x`',
  '!12',
  '%3',
  '%"v1"',
  '$45',
  '~7',
  '&9',
];

describe('a name in Markdown', () => {
  it.each(CONSTRUCTS)('%s is text', (name) => {
    const text = markdown(name);
    expect(text).not.toMatch(SYNTAX);
    expect(rendered(text)).not.toMatch(REFERENCES);
    expect(rendered(text).replaceAll('\u200b', '')).toBe(name);
  });

  it('stays as it is where it is plain', () => {
    for (const name of ['etl-prod.2', 'R and D', '12:30:45 UTC', '90d -> 30d', 'a3f0c1d2-0000-4000-8000-123456789abc'])
      expect(rendered(markdown(name))).toBe(name);
  });

  it('is text whatever it is', () => {
    const part = fc.oneof(
      fc.constantFrom(...CONSTRUCTS, ...' $`:@#!%~&[]()|<>-"www.GH', '7', 'beef', '_', '_a_', '__'),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const name = parts.join('').replaceAll('\u200b', '');
        const text = markdown(name);
        expect(text).not.toMatch(SYNTAX);
        expect(rendered(text)).not.toMatch(REFERENCES);
        expect(marked.parseInline(text)).not.toMatch(/<(em|strong|del|a|code)\b/);
        expect(rendered(text).replaceAll('\u200b', '')).toBe(name);
      }),
    );
  });
});
