/** The commands that the pages name or tell to type can be typed. */
import { expect, it } from 'vitest';
import { readText, untypeable } from '../examples/markdown.ts';
import { pages } from './pages.ts';

it.each(pages())('%s shows commands that can be typed', (page) => {
  expect(untypeable(readText(page))).toEqual([]);
});
