/** The tests' own waiting for a process. */
import { expect, it } from 'vitest';
import { outputOf, Stage, until } from './stage.ts';

it('a wait for a process that ends first fails with what the process said', async () => {
  const child = new Stage().spawn('plan --no-such-option');
  await expect(until(() => false, outputOf(child))).rejects.toThrow(/\b64\b.*--no-such-option/s);
});
