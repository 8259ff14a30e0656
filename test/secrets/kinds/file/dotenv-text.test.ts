import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { variableOf } from '../../../../src/model/secret.ts';
import { DotenvText } from '../../../../src/secrets/kinds/file/dotenv-text.ts';
import { UnquotableError } from '../../../../src/secrets/kinds/file/secrets-text.ts';
import { newFolder } from '../../../files/processes.ts';
import { isWindows } from '../../../platform.ts';
import { marker } from '../../example.ts';

function textOf(file: DotenvText): string {
  return [...file.pieces()].join('');
}

function set(text: string, value: string): string {
  const file = new DotenvText(text);
  file.set({ variable: 'T' }, value);
  return textOf(file);
}

it.each([
  ['a new file', '', 'T=new\n'],
  ['a new line', 'A=1\n', 'A=1\nT=new\n'],
  ['a file without a last line end', 'A=1', 'A=1\nT=new\n'],
  ['its place', '# head\nA=1\nT=old\nB=2\n', '# head\nA=1\nT=new\nB=2\n'],
  ['an export', 'export T=old\n', 'export T=new\n'],
  ['quotes', `T='old'\nA="T=1"\n`, `T='new'\nA="T=1"\n`],
  ['double quotes and a comment', 'T="o\\"ld" # mine\n', 'T="new" # mine\n'],
  ['a comment', 'T=old # mine\n', 'T=new # mine\n'],
  ['an empty value', 'T=\nA=1\n', 'T=new\nA=1\n'],
  ['backticks, which a shell would run', 'T=`old`\n', 'T=new\n'],
  ['every place, where it is repeated', 'T=1\nT=2\n', 'T=new\nT=new\n'],
  ['Windows line ends', 'A=1\r\nT=old\r\n', 'A=1\r\nT=new\r\n'],
  ['Windows line ends at the end', 'A=1\r\n', 'A=1\r\nT=new\r\n'],
  ['a byte order mark', '\uFEFFT=old\n', '\uFEFFT=new\n'],
  ['no comment', '#T=old\n# export T=old\n', '#T=old\n# export T=old\nT=new\n'],
  ['no name that only ends or begins alike', 'XT=1\nT2=1\nT.x=1\n', 'XT=1\nT2=1\nT.x=1\nT=new\n'],
  ['nothing inside a value of several lines', 'A="1\nT=old\n"\n', 'A="1\nT=old\n"\nT=new\n'],
  ['a value of several lines', `T='1\n2'\nA=1\n`, `T='new'\nA=1\n`],
  ['a quote that is not closed', 'A="1\nT=old\n', 'A="1\nT=new\n'],
  ['spaces', '  T = old  \n', '  T = new  \n'],
])('setting a variable changes %s', (_, before, after) => {
  expect(set(before, 'new')).toBe(after);
});

it('refuses a value that readers treat differently, and changes nothing', () => {
  const file = new DotenvText('T=old\n');
  expect(() => file.set({ variable: 'T' }, '$&$1')).toThrow(UnquotableError);
  expect(textOf(file)).toBe('T=old\n');
});

it.each(['', 'A=1', `T='1\n2' # mine\nA=\`1\`\r\nT=3`])(
  'gives the same for several changes as for one after the other: %j',
  (before) => {
    const changes = ['T', 'A', 'B', 'T', 'B'].map((variable, index) => [{ variable }, `new${index}`] as const);
    const file = new DotenvText(before);
    let text = before;
    for (const [spot, value] of changes) {
      file.set(spot, value);
      const again = new DotenvText(text);
      again.set(spot, value);
      text = textOf(again);
      expect(file.current(spot)).toEqual(new DotenvText(text).current(spot));
    }
    expect(textOf(file)).toBe(text);
  },
);

it.skipIf(isWindows)('a value without quotes is what a shell reads', async () => {
  const value = `${marker}+/=:@%,`;
  const file = join(await newFolder(), 'secrets.env');
  await writeFile(file, set('', value));
  expect(execFileSync('sh', ['-c', '. "$0"; printf %s "$T"', file], { encoding: 'utf8' })).toBe(value);
  for (const bad of ['', 'a b', 'a#b', "a'b", 'a"b', 'a\\b', 'a$b', 'a\nb', '~a', 'ä'])
    expect(() => set('', bad)).toThrow(UnquotableError);
});

it('names variables by the template', () => {
  const name = (template: string) => variableOf(template, { account: 'etl_Prod', token: 'bi-old2' });
  expect(name('MOTHERDUCK_TOKEN_{ACCOUNT}_{TOKEN}')).toBe('MOTHERDUCK_TOKEN_ETL_PROD_BI_OLD2');
  expect(name('md_{TOKEN}_{TOKEN}_{account}')).toBe('md_BI_OLD2_BI_OLD2_{account}');
  expect(variableOf('{ACCOUNT}_{TOKEN}', { account: '{TOKEN}', token: '$&' })).toBe('_TOKEN____');
});
