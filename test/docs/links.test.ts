/** Links between the documents lead somewhere, every page is in the index, and README.md stays short. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readmes, readText } from '../examples/markdown.ts';
import { ROOT } from '../in-process.ts';
import { anchorsOf, linksOf, pages } from './pages.ts';

const OTHERS = [
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'src/README.md',
  'test/live-service/README.md',
  '.github/actions/plan/README.md',
];

/** What a page links to and is not there: a file, or a heading of a file. Addresses of the web are not asked for. */
function brokenIn(file: string, text = readText(file)): string[] {
  return linksOf(text).filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [name = '', anchor] = target.split('#');
    const linked = name === '' ? file : path.posix.join(path.posix.dirname(file), name);
    if (!existsSync(path.join(ROOT, linked))) return true;
    return anchor !== undefined && !anchorsOf(name === '' ? text : readText(linked)).includes(anchor);
  });
}

describe('a link that leads nowhere is noticed', () => {
  it.each([
    ['[a](docs/nothing.md)', ['docs/nothing.md']],
    ['[a](docs/tokens.md#nothing)', ['docs/tokens.md#nothing']],
    ['# A `--b`, (c)\n[a](#a---b-c) [b](#a---b)', ['#a---b']],
    ['<img src="docs/none.svg">', ['docs/none.svg']],
    ['`[a](b)` [c](https://example.com/x) [d](LICENSE)', []],
  ])('%j', (text, broken) => {
    expect(brokenIn('README.md', text)).toEqual(broken);
  });
});

it.each([...pages(), ...readmes(), ...OTHERS])('%s links to what exists', (file) => {
  expect(brokenIn(file)).toEqual([]);
});

it.each(['README.md', 'docs/README.md'])('%s links to every page', (file) => {
  const linked = linksOf(readText(file)).map((target) => path.posix.join(path.posix.dirname(file), target));
  expect(pages().filter((page) => page !== file && page !== 'README.md' && !linked.includes(page))).toEqual([]);
});

it.each(['npm ci && npm run demo', 'npm ci && npm test'])('README.md shows %s', (command) => {
  expect(readText('README.md')).toContain(command);
});

it('README.md is at most 250 lines long', () => {
  expect(readText('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(250);
});
