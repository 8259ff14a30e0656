import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { columnWidth, cutTo, padTo } from '../../src/model/text-width.ts';

describe('stringWidth', () => {
  it.each([
    ['', 0],
    ['etl_prod', 8],
    ['zürich', 6],
    ['zu\u0308rich', 6],
    ['東京', 4],
    ['ｆｕｌｌ', 8],
    ['ｶﾅ', 2],
    ['한국', 4],
    ['\u1112\u1161\u11ab', 2],
    ['👍', 2],
    ['👍🏽', 2],
    ['👩‍👩‍👧', 2],
    ['🇨🇭', 2],
    ['❤', 1],
    ['❤️', 2],
    ['1️⃣', 2],
    ['\u200b\u0301', 0],
    ['…', 1],
    ['\ufffd', 1],
    ['𠮷', 2],
  ])('of %j is %d', (text, width) => {
    expect(stringWidth(text)).toBe(width);
  });
});

it('padTo fills up to a width, and leaves what is wider', () => {
  expect(padTo('東京', 6)).toBe('東京  ');
  expect(padTo('東京', 3)).toBe('東京');
});

it('columnWidth is that of the widest text, up to a limit', () => {
  expect(columnWidth(['a', '東京', 'abc'], 32)).toBe(4);
  expect(columnWidth(['a'.repeat(50)], 32)).toBe(32);
  expect(columnWidth([], 32)).toBe(0);
});

describe('cutTo', () => {
  it('leaves what fits', () => expect(cutTo('東京', 4, '…')).toBe('東京'));
  it('parts no character', () => {
    expect(cutTo('東京都', 4, '…')).toBe('東…');
    expect(cutTo('a👩‍👩‍👧bc', 3, '…')).toBe('a…');
    expect(cutTo('e\u0301e\u0301e\u0301', 2, '…')).toBe('e\u0301…');
  });
  it('is nothing where not even the mark fits', () => expect(cutTo('abcd', 2, '...')).toBe(''));
});
