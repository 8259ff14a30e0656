/** The colours of the pages, by the contrast that WCAG 2 asks for at level AA. */
import { describe, expect, it } from 'vitest';
import { STYLE } from '../../src/report/page/style.ts';

/** The colours of a scheme by name: `:root` first, the dark ones in their media query. */
function colours(scheme: 'light' | 'dark'): Map<string, string> {
  const start = scheme === 'light' ? ':root{' : '@media(prefers-color-scheme:dark){:root{';
  const block = STYLE.text.slice(STYLE.text.indexOf(start) + start.length).split('}')[0] ?? '';
  return new Map([...block.matchAll(/--([\w-]+):(#\w+)/g)].map(([, name = '', value = '']) => [name, value]));
}

function luminance(colour: string): number {
  const digits = colour.length === 4 ? colour.replace(/[^#]/g, '$&$&') : colour;
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(digits.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const TEXTS = ['text', 'quiet', 'link', 'create', 'remove', 'change', 'adopt'];

describe.each(['light', 'dark'] as const)('the %s colours', (scheme) => {
  const all = colours(scheme);
  const of = (name: string) => all.get(name) ?? 'missing';
  const grounds = [...all.keys()].filter((name) => name === 'panel' || name.endsWith('ground'));

  it('give ordinary and quiet text enough contrast on every ground', () => {
    expect(grounds).toHaveLength(6);
    for (const text of ['text', 'quiet']) {
      for (const ground of grounds) expect(contrast(of(text), of(ground)), `${text} on ${ground}`).toBeGreaterThan(4.5);
    }
  });

  it('give every other text and mark enough on the page, on a card and on its own ground', () => {
    for (const text of TEXTS) {
      for (const ground of ['ground', 'panel', `${text}-ground`]) {
        if (all.has(ground)) expect(contrast(of(text), of(ground)), `${text} on ${ground}`).toBeGreaterThan(4.5);
      }
    }
  });

  it(`are ${scheme}`, () => {
    const isDark = luminance(of('ground')) < luminance(of('text'));
    expect(isDark).toBe(scheme === 'dark');
  });
});

it('names in its rules only colours that are there', () => {
  const used = [...STYLE.text.matchAll(/var\(--([\w-]+)\)/g)].map(([, name = '']) => name);
  expect(used.filter((name) => !colours('light').has(name) || !colours('dark').has(name))).toEqual([]);
});
