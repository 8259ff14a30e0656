/** A secret in foreign text: none of it stays, however it is written and whatever is around it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { secretHider } from '../../src/model/secret-hider.ts';

/** A text in which a secret is written, and what of it is the secret's alone: in the smallest parts that lines do not break. */
interface Written {
  readonly text: readonly string[];
  readonly own: readonly string[];
}

type Form = (secret: string, before: string, after: string) => Written;

const part = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes).toString('base64url'));
const SECRETS = fc.oneof(
  fc.tuple(part(27), part(60), part(32)).map((parts) => `eyJ${parts.join('.')}`),
  part(24),
  fc.string({ unit: fc.constantFrom(...'abcXYZ019!#$%&*+,/:;<=>?@^_{|}~ \'"'), minLength: 16, maxLength: 60 }),
);

/** Base64 of the secret between other bytes; its own characters have no bit of those. */
function base64(encoding: 'base64' | 'base64url', bytesOf: BufferEncoding): Form {
  return (secret, before, after) => {
    const [head, body] = [before, secret].map((text) => Buffer.from(text, bytesOf));
    const all = Buffer.concat([head ?? Buffer.of(), body ?? Buffer.of(), Buffer.from(after, bytesOf)]);
    const start = head?.length ?? 0;
    const text = [...all.toString(encoding)];
    const own = text.slice(Math.ceil((start * 8) / 6), Math.floor(((start + (body?.length ?? 0)) * 8) / 6));
    return { text, own };
  };
}

/** The bytes of the secret, each written by `spell`, between others. */
function bytes(spell: (byte: number) => string): Form {
  return (secret, before, after) => {
    const list = (text: string) => [...Buffer.from(text)].map(spell);
    return { text: [before, secret, after].flatMap(list), own: list(secret) };
  };
}

const hex = (byte: number) => byte.toString(16).padStart(2, '0');

const FORMS: Readonly<Record<string, Form>> = {
  'as it is': (secret, before, after) => ({ text: [...before, ...secret, ...after], own: [...secret] }),
  base64: base64('base64', 'utf8'),
  base64url: base64('base64url', 'utf8'),
  'base64 of UTF-16': base64('base64', 'utf16le'),
  hexadecimal: bytes(hex),
  'URL encoding': (secret, before, after) => {
    const [text, own] = [before + secret + after, secret].map((each) => [...encodeURIComponent(each)]);
    return { text: text ?? [], own: own ?? [] };
  },
  'percent signs': bytes((byte) => `%${hex(byte)}`),
  'a list in JSON': bytes((byte) => `${byte},`),
  'a list of JSON on lines': bytes((byte) => `${byte},\n          `),
  'a list of Go': bytes((byte) => `${byte} `),
  'a list in hexadecimal': bytes((byte) => `0x${hex(byte)}, `),
  'bytes with colons': bytes((byte) => `${hex(byte)}:`),
  escapes: bytes((byte) => `\\x${hex(byte)}`),
  'escapes of JSON': bytes((byte) => `\\u00${hex(byte)}`),
  'octal escapes': bytes((byte) => `\\${byte.toString(8).padStart(3, '0')}`),
  entities: bytes((byte) => `&#${byte};`),
};

const CASES = [(text: string) => text, (text: string) => text.toUpperCase(), (text: string) => text.toLowerCase()];
/** ASCII, so that upper and lower case have the same length. */
const AROUND = fc.string({ unit: 'binary-ascii', maxLength: 40 });

const pack = (text: string) => text.replace(/\s+/g, '').toLowerCase();

describe.each([12, 8])('a secret of which %i characters in a row are hidden', (run) => {
  it.each(Object.entries(FORMS))('leaves nothing of it in a text: %s', (_name, form) => {
    const written = fc.record({
      secret: SECRETS,
      inside: fc.tuple(AROUND, AROUND),
      outside: fc.tuple(AROUND, AROUND),
      change: fc.constantFrom(...CASES),
      width: fc.constantFrom(0, 16, 60, 76),
    });
    fc.assert(
      fc.property(written, ({ secret, inside, outside, change, width }) => {
        const { text, own } = form(secret, ...inside);
        const lines = text.map((each, at) => (width > 0 && at % width === width - 1 ? `${each}\r\n` : each));
        const shown = pack(secretHider(secret, run)(`${outside[0]}${change(lines.join(''))}${outside[1]}`));
        for (let at = 0; at + run <= own.length; at += 1) {
          expect(shown).not.toContain(pack(own.slice(at, at + run).join('')));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('leaves a text without it as it is', () => {
    const numbers = fc.uint8Array({ maxLength: 40 }).map((list) => [...list].join(', '));
    const text = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), part(20), numbers), { maxLength: 8 });
    fc.assert(
      fc.property(part(48), text, (secret, parts) => {
        expect(secretHider(secret, run)(parts.join(' '))).toBe(parts.join(' '));
      }),
    );
  });
});
