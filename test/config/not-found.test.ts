import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { UserError } from '../../src/model/user-error.ts';
import { hintText } from '../../src/report/hint.ts';
import { expectGoldenError } from '../golden/golden.ts';
import { BASE, type Files, folderOf, MAIN } from './loading.ts';

async function refusal(files: Files, named: string): Promise<UserError> {
  const folder = folderOf(files);
  mkdirSync(path.join(folder, 'in/ner'), { recursive: true });
  const error: unknown = await loadConfig(path.join(folder, named), {}).catch((reason) => reason);
  if (!(error instanceof UserError)) throw new Error('nothing was refused');
  return error;
}

test.each<[string, Files, string, string]>([
  ['nothing is there', {}, MAIN, 'mdacc init'],
  ['it ends in .yml', { 'motherduck.accounts.yml': BASE }, MAIN, '--config motherduck.accounts.yml'],
  ['its name is similar', { 'motherduck.account.yaml': BASE }, MAIN, '--config motherduck.account.yaml'],
  ['another name was given', { [MAIN]: BASE }, 'prod.yaml', `--config ${MAIN}`],
  ['it is above', { [MAIN]: BASE }, `in/ner/${MAIN}`, `--config ${MAIN}`],
  ['its folder is not there', {}, `no/${MAIN}`, 'mdacc init'],
])('a configuration is not found when %s', async (name, files, named, tip) => {
  const error = await refusal(files, named);
  expect(error.code).toBe('CONFIG_NOT_FOUND');
  expect(error.message).toContain(`${named}"`);
  expect(error.hint.text).toMatch(/--config/);
  expect(hintText(error.hint).replaceAll(/--config \/\S*\//g, '--config ')).toContain(tip);
  expectGoldenError(`no configuration > ${name}`, error);
});

test('a folder is no configuration', async () => {
  const error = await refusal({}, 'in');
  expect(error.code).toBe('CONFIG_INVALID');
  expectGoldenError('a folder is no configuration', error);
});
