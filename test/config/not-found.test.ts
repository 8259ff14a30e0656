import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { UserError } from '../../src/model/user-error.ts';
import { BASE, type Files, folderOf, MAIN } from './loading.ts';

async function refusal(files: Files, wanted: string): Promise<{ code: string; message: string; hint: string }> {
  const folder = folderOf(files);
  mkdirSync(path.join(folder, 'in/ner'), { recursive: true });
  const error: unknown = await loadConfig(path.join(folder, wanted), {}).catch((reason) => reason);
  if (!(error instanceof UserError)) throw new Error('nothing was refused');
  const plain = (text: string): string => text.replaceAll(`${folder}/`, '').replaceAll(folder, 'FOLDER');
  return { code: error.code, message: plain(error.message), hint: plain(error.hint.text) };
}

test.each<[string, Files, string, string]>([
  ['nothing is there', {}, MAIN, 'write one with "mdacc init", or name yours with --config FILE'],
  ['it ends in .yml', { 'motherduck.accounts.yml': BASE }, MAIN, 'did you mean --config motherduck.accounts.yml?'],
  ['its name is similar', { 'motherduck.account.yaml': BASE }, MAIN, 'did you mean --config motherduck.account.yaml?'],
  ['another name was given', { [MAIN]: BASE }, 'prod.yaml', `did you mean --config ${MAIN}?`],
  ['it is above', { [MAIN]: BASE }, `in/ner/${MAIN}`, `there is one above: cd FOLDER, or give --config ${MAIN}`],
  ['its folder is not there', {}, `no/${MAIN}`, 'write one with "mdacc init", or name yours with --config FILE'],
])('when %s', async (_name, files, wanted, hint) => {
  expect(await refusal(files, wanted)).toEqual({
    code: 'CONFIG_NOT_FOUND',
    message: `no configuration at "${wanted}"`,
    hint,
  });
});

test('a folder is no configuration', async () => {
  expect(await refusal({}, 'in')).toEqual({
    code: 'CONFIG_INVALID',
    message: 'cannot read "in": it is a folder',
    hint: 'name a YAML file with --config FILE',
  });
});
