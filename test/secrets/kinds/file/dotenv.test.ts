import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { variableOf } from '../../../../src/model/secret-variable.ts';
import { isBareValue, setVariable } from '../../../../src/secrets/kinds/file/dotenv.ts';
import { newFolder } from '../../../files/processes.ts';
import { isWindows } from '../../../platform.ts';
import { marker } from '../../example.ts';

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
  ['every place, where it stands twice', 'T=1\nT=2\n', 'T=new\nT=new\n'],
  ['Windows line ends', 'A=1\r\nT=old\r\n', 'A=1\r\nT=new\r\n'],
  ['Windows line ends at the end', 'A=1\r\n', 'A=1\r\nT=new\r\n'],
  ['a byte order mark', '\uFEFFT=old\n', '\uFEFFT=new\n'],
  ['no comment', '#T=old\n# export T=old\n', '#T=old\n# export T=old\nT=new\n'],
  ['no name that only ends or begins alike', 'XT=1\nT2=1\nT.x=1\n', 'XT=1\nT2=1\nT.x=1\nT=new\n'],
  ['nothing inside a value of several lines', 'A="1\nT=old\n"\n', 'A="1\nT=old\n"\nT=new\n'],
  ['a value of several lines', `T='1\n2'\nA=1\n`, `T='new'\nA=1\n`],
  ['a quote that is not closed', 'A="1\nT=old\n', 'A="1\nT=new\n'],
  ['spaces', '  T = old  \n', '  T = new  \n'],
])('setVariable changes %s', (_, before, after) => {
  expect(setVariable(before, 'T', 'new')).toBe(after);
});

it('takes what means something to a replacement as it is', () => {
  expect(setVariable('T=old\n', 'T', '$&$1')).toBe('T=$&$1\n');
});

it.skipIf(isWindows)('a bare value is what a shell reads', async () => {
  const value = `${marker}+/=:@%,`;
  expect(isBareValue(value)).toBe(true);
  const file = join(await newFolder(), 'secrets.env');
  await writeFile(file, setVariable('', 'T', value));
  expect(execFileSync('sh', ['-c', '. "$0"; printf %s "$T"', file], { encoding: 'utf8' })).toBe(value);
  for (const bad of ['', 'a b', 'a#b', "a'b", 'a"b', 'a\\b', 'a$b', 'a\nb', '~a', 'ä'])
    expect(isBareValue(bad)).toBe(false);
});

it('names variables by the template', () => {
  const name = (template: string) => variableOf(template, { account: 'etl_Prod', token: 'bi-old2' });
  expect(name('MOTHERDUCK_TOKEN_{ACCOUNT}_{TOKEN}')).toBe('MOTHERDUCK_TOKEN_ETL_PROD_BI_OLD2');
  expect(name('md_{TOKEN}_{TOKEN}_{account}')).toBe('md_BI_OLD2_BI_OLD2_{account}');
  expect(variableOf('{ACCOUNT}_{TOKEN}', { account: '{TOKEN}', token: '$&' })).toBe('_TOKEN____');
});
