import { expect, it } from 'vitest';
import { optionalPackage } from '../../src/state/optional-package.ts';
import { expectGoldenError } from '../golden/golden.ts';

it('a library that is not installed is an error that says how to install it', async () => {
  const missing = async () => {
    throw Object.assign(new Error("Cannot find module '@aws-sdk/client-s3'"), { code: 'MODULE_NOT_FOUND' });
  };
  const error: unknown = await optionalPackage(missing, 's3', ['@aws-sdk/client-s3']).catch((reason) => reason);
  expectGoldenError('the library of a kind of state is missing', error);
  const two: unknown = await optionalPackage(missing, 'x', ['one', 'two']).catch((reason) => reason);
  expectGoldenError('two libraries of a kind of state are missing', two);
  await expect(optionalPackage(() => Promise.reject(new Error('broken')), 's3', [])).rejects.toThrow('broken');
});
