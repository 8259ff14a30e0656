/** What the pages tell to type can be typed, and configurations that they show are valid. */
import { expect, it } from 'vitest';
import { wrongWith } from '../commands/command-line.ts';
import { blocksOf, mdaccCommands, readText } from '../examples/markdown.ts';
import { Stage } from '../stage.ts';
import { pages } from './pages.ts';

it.each(pages())('%s shows commands that can be typed', (page) => {
  const wrong = mdaccCommands(readText(page)).map((words) => ({ typed: words.join(' '), wrong: wrongWith(words) }));
  expect(wrong.filter((each) => each.wrong !== undefined)).toEqual([]);
});

it('configurations that pages show whole are valid', async () => {
  for (const page of pages()) {
    const whole = blocksOf(readText(page), 'yaml').filter((block) => /^version: 1$/m.test(block));
    for (const configuration of whole) {
      const { code, stderr } = await new Stage(configuration).run('validate');
      expect({ page, code, stderr }).toMatchObject({ code: 0 });
    }
  }
});
