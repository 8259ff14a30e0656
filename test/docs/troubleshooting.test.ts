/** Every error code has its section in docs/troubleshooting.md, and no other has. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readText } from '../examples/markdown.ts';
import { ROOT } from '../in-process.ts';

const PAGE = readText('docs/troubleshooting.md');
const [, union = ''] = /^export type ErrorCode =([^;]*);/m.exec(readText('src/model/user-error.ts')) ?? [];
const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code = '']) => code);
const sections = PAGE.split(/^### /m).slice(1);

function textsBelow(folder: string, ending: string): string[] {
  const names = readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith(ending)).map((name) => readText(path.join(folder, name)));
}

describe('docs/troubleshooting.md', () => {
  it('has a section for each error code, and for no other', () => {
    expect(codes.length).toBeGreaterThan(40);
    expect(sections.map((section) => section.split('\n')[0]).sort()).toEqual([...codes].sort());
  });

  it('quotes messages that there are: three words of each are in the program, or in what tests have seen of it', () => {
    const said = [...textsBelow('src', '.ts'), ...textsBelow('test/golden', '.txt')].join('\n');
    const isSaid = (quote: string) => {
      const words = quote.split(' ');
      return words.some((_, at) => at + 3 <= words.length && said.includes(words.slice(at, at + 3).join(' ')));
    };
    const quotes = sections.flatMap((section) => [...section.matchAll(/^> (.*)$/gm)].map(([, quote = '']) => quote));
    expect(quotes.filter((quote) => !isSaid(quote))).toEqual([]);
  });

  it('says in each what is seen, what happened, why, and what to do', () => {
    const wanted = [
      /^> \S/m,
      /^- \*\*What happened:\*\* [A-Z]/m,
      /^- \*\*Why:\*\* \S/m,
      /^- \*\*What to do:\*\* [A-Z]/m,
    ];
    const lacking = sections.filter((section) => wanted.some((part) => !part.test(section)));
    expect(lacking.map((section) => section.split('\n')[0])).toEqual([]);
  });
});
