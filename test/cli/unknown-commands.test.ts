/** Commands that do not exist, where another way does what they say. */
import { expect, it } from 'vitest';
import { Stage } from '../stage.ts';

it.each([
  ['suspend etl_prod', 'suspended: true'],
  ['resume etl_prod', 'suspended: true'],
  ['delete etl_prod', 'mdacc apply --prune --only etl_prod'],
  ['remove', 'mdacc apply --prune --only ACCOUNT'],
  ['destroy etl_prod', 'mdacc destroy --only etl_prod'],
])('mdacc %s leads there', async (words, way) => {
  const { code, stderr } = await new Stage().runProgram(words);
  expect({ code, way: stderr.includes(way) }).toEqual({ code: 64, way: true });
});

it('no rotation deletes an account, so its help names no such option', async () => {
  const stage = new Stage();
  expect((await stage.run('rotate --help')).stdout).not.toContain('--allow-delete');
  expect((await stage.run('destroy --help')).stdout).toContain('--allow-delete');
});
