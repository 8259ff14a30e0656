/** Every error code has its section in docs/troubleshooting.md, and no other has. */
import { describe, expect, it } from 'vitest';
import { readText } from '../examples/markdown.ts';

const PAGE = readText('docs/troubleshooting.md');
const [, union = ''] = /^export type ErrorCode =([^;]*);/m.exec(readText('src/model/user-error.ts')) ?? [];
const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code = '']) => code);
const sections = PAGE.split(/^### /m).slice(1);

describe('docs/troubleshooting.md', () => {
  it('has a section for each error code, and for no other', () => {
    expect(codes.length).toBeGreaterThan(40);
    expect(sections.map((section) => section.split('\n')[0]).sort()).toEqual([...codes].sort());
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
