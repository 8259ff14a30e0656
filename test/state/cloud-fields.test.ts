/** The fields that the storage services have in common. */
import { expect, it } from 'vitest';
import { azure } from '../../src/state/kinds/azure.ts';
import { gcs } from '../../src/state/kinds/gcs.ts';
import { s3 } from '../../src/state/kinds/s3.ts';

it('a prefix is legal for all services or for none, so that a state can move', () => {
  const [first, ...others] = [s3, gcs, azure].map(({ schema }) => schema.properties.prefix);
  expect(first).toHaveProperty('pattern');
  for (const other of others) expect(other).toEqual(first);
});

it.each([
  ['http://127.0.0.1:9023', true],
  ['http://localhost', true],
  ['http://[::1]:9023/', true],
  ['http://127.0.0.2:9023', true],
  ['http://127.0.0.1.example.com', false],
  ['http://localhost.example.com', false],
  ['http://example.com', false],
  ['https://storage.googleapis.com', false],
])('an emulator is on this computer: %s', (endpoint, isAllowed) => {
  const { pattern } = { pattern: '', ...gcs.schema.properties.endpoint };
  expect(new RegExp(pattern).test(endpoint)).toBe(isAllowed);
});
