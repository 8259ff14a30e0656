/** Every error code has its section in docs/troubleshooting.md, and no other has; each tells what happens, and what helps. */
import { describe, expect, it } from 'vitest';
import { readText } from '../examples/markdown.ts';
import { isWindows } from '../platform.ts';
import { COMMAND_LINE } from './troubles/command-line.ts';
import { SERVICE } from './troubles/service.ts';
import { THE_STATE } from './troubles/state.ts';
import { STORES_TO_SANDBOX } from './troubles/stores.ts';
import { Trouble } from './troubles/trouble.ts';

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

const STORIES = { ...COMMAND_LINE, ...SERVICE, ...THE_STATE, ...STORES_TO_SANDBOX };

describe.skipIf(isWindows)('what a section quotes is said, and what it tells to do is done and helps', () => {
  it.each(sections.map((section) => new Trouble(section)).map((trouble) => [trouble.code, trouble] as const))(
    '%s',
    async (code, trouble) => {
      await (STORIES[code] ?? expect.unreachable(`no story of ${code}`))(trouble);
      expect({ unsaid: trouble.unsaid, undone: trouble.undone }, trouble.said).toEqual({ unsaid: [], undone: [] });
    },
  );
});
