import { describe, expect, it } from 'vitest';
import { printableWithout, scrub } from '../../src/motherduck/scrub.ts';
import { ADMIN_TOKEN, jwt } from './support.ts';

const printable = printableWithout(ADMIN_TOKEN);

describe('foreign text', () => {
  it('is unchanged if it is harmless', () => {
    const text = 'Username must start with an alphabetic character (schön, 日本)';
    expect(printable(text)).toBe(text);
  });

  it.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007text', 'text'],
    ['\u001b]8;;http://evil\u001b\\link', 'link'],
    ['\u009b2Jx', 'x'],
    ['a\r\nb\tc\u0000d', 'a b c d'],
    ['a\u202eb\u200bc\ufeff', 'abc'],
    ['\u001b', ''],
  ])('has no control characters: %j', (text, plain) => {
    expect(printable(text)).toBe(plain);
  });

  it('is shortened', () => {
    expect(printable('x '.repeat(5000)).length).toBeLessThan(620);
    expect(printable('y'.repeat(100_000)).length).toBeLessThan(620);
  });

  it.each([
    ADMIN_TOKEN,
    ADMIN_TOKEN.slice(10, 40),
    ADMIN_TOKEN.slice(-12),
    `Bearer ${ADMIN_TOKEN}`,
    `{"authorization":"Bearer ${ADMIN_TOKEN}"}`,
    `x${ADMIN_TOKEN.split('.')[1]}x`,
    `${ADMIN_TOKEN.slice(0, 30)}\u200b${ADMIN_TOKEN.slice(30)}`,
    `${ADMIN_TOKEN.slice(0, 30)}\u001b[1m${ADMIN_TOKEN.slice(30)}`,
    `${'a '.repeat(2390)}${ADMIN_TOKEN}`,
    jwt({ sub: 'somebody else' }),
  ])('holds no piece of a token (%#)', (text) => {
    const out = printable(`refused: ${text}`);
    expect(out).not.toMatch(/MARKER|eyJ/);
    for (let at = 0; at + 12 <= ADMIN_TOKEN.length; at += 1) expect(out).not.toContain(ADMIN_TOKEN.slice(at, at + 12));
  });

  const bytes = Buffer.from(ADMIN_TOKEN);
  const inBase64 = bytes.toString('base64');
  it.each([
    ['base64', inBase64],
    ['base64url', bytes.toString('base64url')],
    ['base64 inside of more', Buffer.from(`user:${ADMIN_TOKEN}`).toString('base64')],
    ['base64 in lines', inBase64.replace(/.{76}/g, '$&\r\n')],
    ['base64 of a part', Buffer.from(ADMIN_TOKEN.slice(20, 60)).toString('base64')],
    ['hex', bytes.toString('hex')],
    ['upper-case hex', bytes.toString('hex').toUpperCase()],
    ['bytes', JSON.stringify([...bytes])],
    ['URL encoding', encodeURIComponent(ADMIN_TOKEN)],
    ['upper case', ADMIN_TOKEN.toUpperCase()],
  ])('has no token in %s', (_, encoded) => {
    const out = printable(`refused: ${encoded}, as it says`);
    expect(out).toContain('[secret]');
    const packed = encoded.replace(/\s/g, '');
    const shown = out.replace(/\s/g, '');
    for (let at = 0; at + 16 <= packed.length; at += 1) expect(shown).not.toContain(packed.slice(at, at + 16));
  });

  it('is readable with a very short token, which is in most words', () => {
    for (const safe of [printableWithout('x'), (text: string) => scrub(text, ['x'])]) {
      expect(safe('extension for linux_amd64')).toBe('extension for linux_amd64');
      expect(safe('token "x" is invalid')).toBe('token "[secret]" is invalid');
    }
  });

  it('contains no short token either', () => {
    expect(printableWithout('hunter2')('no hunter2 here')).toBe('no [secret] here');
    expect(printableWithout('')('as it is')).toBe('as it is');
  });
});

describe('scrub', () => {
  it('removes text that looks like a token, and shortens', () => {
    expect(scrub('see eyJabcdefgh12.eyJxyz.sig-1 there', [])).toBe('see [secret] there');
    expect(scrub('x'.repeat(5000), []).length).toBeLessThan(700);
  });
});
