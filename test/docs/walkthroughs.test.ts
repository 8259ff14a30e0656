/** What README.md, the pages of docs/ and the examples' README tell to type works, in this order, and prints what they show. */
import { describe, expect, it } from 'vitest';
import { readmes, readText, stepsOf } from '../examples/markdown.ts';
import { isWindows } from '../platform.ts';
import { pages } from './pages.ts';
import { NOT_TYPED, namedBy, uncommented } from './reader.ts';
import { STORIES } from './stories.ts';

/** Pages whose commands other tests type. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'docs/commands.md': 'is written from the helps, whose examples test/commands types',
  'docs/troubleshooting.md': 'has a story for each section, which troubleshooting.test.ts tells',
};

describe.skipIf(isWindows)('a page with commands', () => {
  it('has a story here, and each command without one is on a page', () => {
    const withCommands = [...pages(), ...readmes()].filter(
      (page) => stepsOf(readText(page)).length + namedBy(page).length > 0,
    );
    expect([...Object.keys(STORIES), ...Object.keys(ELSEWHERE)].sort()).toEqual(withCommands.sort());
    const commands = new Set(
      withCommands.flatMap((page) => stepsOf(readText(page))).map(({ command }) => uncommented(command)),
    );
    expect(Object.keys(NOT_TYPED).filter((command) => !commands.has(command))).toEqual([]);
  });

  it.each(Object.entries(STORIES))('%s', { timeout: 120_000 }, async (_, story) => {
    const reader = await story();
    expect(reader.left).toEqual([]);
  });
});
