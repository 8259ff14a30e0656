/** The pictures of the documents: made from output, in light and dark, and each shown somewhere. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { terminalPicture } from '../../scripts/terminal-picture.mjs';
import { ROOT } from '../in-process.ts';

const FOLDER = path.join(ROOT, 'docs/pictures');
const pictures = readdirSync(FOLDER).sort();
const pages = [
  'README.md',
  ...readdirSync(path.join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const shown = pages.flatMap((page) => {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  return [...text.matchAll(/(?:src|srcset)="([^"]+)"/g)].map(([, file = '']) =>
    path.relative(FOLDER, path.resolve(ROOT, path.dirname(page), file)),
  );
});

describe('the pictures', () => {
  it('are each shown on a page, in light and in dark', () => {
    expect(pictures).not.toEqual([]);
    expect([...new Set(shown)].sort()).toEqual(pictures);
    for (const name of pictures)
      expect(pictures).toContain(
        name.replace(/-(light|dark)\./, (_, scheme) => `-${scheme === 'light' ? 'dark' : 'light'}.`),
      );
  });

  it('are described for those who do not see them', () => {
    for (const page of pages) {
      const text = readFileSync(path.join(ROOT, page), 'utf8');
      for (const [image] of text.matchAll(/<img [^>]*>/g)) expect(image, page).toMatch(/ alt="[^"]{20,}"/);
    }
  });

  it('leave room in the first screen of README.md for the commands and the notice', () => {
    const [, width = '', file = ''] =
      /<img width="(\d+)" src="([^"]+)"/.exec(readFileSync(path.join(ROOT, pages[0] ?? ''), 'utf8')) ?? [];
    const header = readFileSync(path.join(ROOT, file)).subarray(16, 24);
    const shownHeight = (Number(width) * header.readUInt32BE(4)) / header.readUInt32BE(0);
    expect(shownHeight).toBeGreaterThan(200);
    expect(shownHeight).toBeLessThan(340);
  });

  it('load fast', () => {
    for (const name of pictures) expect(statSync(path.join(FOLDER, name)).size, name).toBeLessThan(400_000);
  });
});

describe('the picture of a terminal', () => {
  const output = '\u001b[33m  ~ \u001b[39m\u001b[1metl_prod\u001b[22m <b>\u001b[2m & more\u001b[22m\n';
  const texts = (svg: string) =>
    [...svg.matchAll(/<text[^>]*>(.*)<\/text>/g)].map(([, text = '']) => text.replace(/<[^>]*>/g, ''));

  it('has the command and each line, with their colours and without their escape sequences', () => {
    const svg = terminalPicture('mdacc plan', output, 'light');
    expect(texts(svg)).toEqual(['$ mdacc plan', '  ~ etl_prod &lt;b&gt; &amp; more']);
    expect(svg).toMatch(/<tspan fill="#\w+">~/);
    expect(svg).toContain('<tspan font-weight="bold">etl_prod</tspan>');
    expect(svg).not.toContain('\u001b');
  });

  it('differs in light and dark only in colours', () => {
    const [light, dark] = (['light', 'dark'] as const).map((scheme) => terminalPicture('x', output, scheme));
    const plain = (svg = '') => svg.replace(/#[0-9a-f]{6}/g, '#');
    expect(plain(light)).toBe(plain(dark));
    expect(light).not.toBe(dark);
  });

  it('breaks a long line, and indents the rest', () => {
    const svg = terminalPicture('x', `  ${'word '.repeat(40)}`, 'light');
    const [, first = '', second = ''] = texts(svg);
    expect(first.length).toBeLessThanOrEqual(100);
    expect(second).toMatch(/^ {6}word/);
  });
});
