/** What the pages tell to type can be typed. */
import { expect, it } from 'vitest';
import { wrongWith } from '../commands/command-line.ts';
import { mdaccCommands, readText } from '../examples/markdown.ts';
import { pages } from './pages.ts';

it.each(pages())('%s shows commands that can be typed', (page) => {
  const wrong = mdaccCommands(readText(page)).map((words) => ({ typed: words.join(' '), wrong: wrongWith(words) }));
  expect(wrong.filter((each) => each.wrong !== undefined)).toEqual([]);
});
