/** What the examples' READMEs tell to type can be typed, and their links lead somewhere; test/docs types it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { wrongWith } from '../commands/command-line.ts';
import { ROOT } from '../in-process.ts';
import { readmes, readText, untypeable } from './markdown.ts';

describe('a command that cannot be typed is noticed', () => {
  it.each([
    ['aply', 'no command aply of mdacc'],
    ['sandbox', 'no command  of sandbox'],
    ['plan --prun', 'plan has no option --prun'],
    ['plan --format yaml', '--format does not take yaml'],
    ['rotate', 'rotate does not take 0 arguments'],
    ['plan --sandbox lab', 'plan does not take 1 arguments'],
    ['plan one', 'plan does not take 1 arguments'],
  ])('%s', (line, message) => {
    expect(wrongWith(line.split(' '))).toBe(message);
  });
});

describe.each(readmes())('%s', (readme) => {
  const text = readText(readme);

  it('shows commands that can be typed', () => {
    expect(untypeable(text)).toEqual([]);
  });

  it('leads to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(([, target]) => target ?? '');
    const folder = path.join(ROOT, path.dirname(readme));
    expect(links.filter((link) => !existsSync(path.join(folder, link)))).toEqual([]);
  });
});
