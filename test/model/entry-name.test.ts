import { expect, it } from 'vitest';
import { entryName, parseEntryName } from '../../src/model/entry-name.ts';

it.each([
  ['etl_prod', { account: 'etl_prod' }],
  ['etl_prod/airflow', { account: 'etl_prod', token: 'airflow' }],
  ['etl_prod/', { account: 'etl_prod', token: '' }],
  ['', { account: '' }],
])('%j is read, and written as it was', (typed, name) => {
  expect(parseEntryName(typed)).toEqual(name);
  expect(entryName(name)).toBe(typed);
});
