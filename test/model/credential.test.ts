/** What of the words of a command is taken for a secret. */
import { expect, it } from 'vitest';
import { isTypedCredential } from '../../src/model/credential.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6ImEifQ.c2lnbmF0dXJl';

it.each([
  JWT,
  `etl_prod/${JWT}`,
  `--only=${JWT}`,
  `-c${JWT}`,
  `md:?motherduck_token=${JWT}`,
  JWT.split('.').slice(1).join('.'),
  'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
])('%s is a secret', (word) => {
  expect(isTypedCredential(word)).toBe(true);
});

it.each([
  ...[
    'etl_prod/airflow',
    'tenant_*',
    'npm_downloads_daily',
    'hf_production_etl',
    'pypi-mirror-eu',
    'keyJournal/prod.yaml',
  ],
  ...[
    'https://etl:password@example.com',
    'tenant_3f2a8c1d9e7b4a60b5d1c2e3f4a5b6c7',
    '/home/runner/work/Repo1/Repo1/x.yaml',
  ],
])('%s is none', (word) => {
  expect(isTypedCredential(word)).toBe(false);
});
