/** A store that is rehearsed in the folder of a sandbox, whatever its secret paths look like. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { rehearsedStore } from '../../src/secrets/rehearsed.ts';
import { pathByToken, type SecretStore } from '../../src/secrets/store.ts';
import { newFolder } from '../files/processes.ts';
import { address, marker, secret } from './example.ts';

const config = { kind: 'pass', name: 'pass', location: { file: 'motherduck.accounts.yaml', line: 4, column: 3 } };

it.each<[string, SecretStore['secretPath']]>([
  ["by the token's names", (token) => pathByToken('pass', token)],
  ['of its own form', ({ account, token }) => `md/${account}/${token}`],
])('stores and removes secrets with secret paths %s', async (_, secretPath) => {
  const folder = await newFolder();
  const real: SecretStore = {
    name: 'pass',
    secretPath,
    async check() {},
    async put() {},
    async remove() {},
  };
  const store = rehearsedStore(real, config, folder);
  const file = path.join(folder, 'stores', 'pass', 'etl_prod', 'airflow');
  await store.put(address(), secret);
  expect(readFileSync(file, 'utf8')).toBe(marker);
  const obsolete = { account: 'etl_prod', token: 'airflow', secretPath: secretPath(address()) };
  const [ofSecret, ofObsolete] = [
    store.secretPathKey?.(address()),
    store.secretPathKey?.(obsolete, obsolete.secretPath),
  ];
  expect([ofSecret, ofObsolete]).toEqual([file, file]);
  expect(await store.findObsolete?.([obsolete, { ...obsolete, secretPath: 'md/other/airflow' }])).toEqual([
    'secret',
    'other',
  ]);
  await store.remove?.(obsolete);
  expect(existsSync(file)).toBe(false);
});
