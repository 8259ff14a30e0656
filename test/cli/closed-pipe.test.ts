/** Whoever reads the output may stop early, as `head -1` does: the exit code is the same. */
import { describe, expect, it } from 'vitest';
import { outputOf, Stage } from '../stage.ts';

describe('a pipe that nobody reads', () => {
  it.each<[string, number]>([
    ["plan --only ''", 64],
    ['plan --nosuch', 64],
    ['plan --nosuch --format json', 64],
    ['plan --sandbox extra', 64],
    ['destroy etl_prod', 64],
    ['suspend', 64],
    ['plan --sandbox --only nobody', 64],
    ['plan --config none.yaml', 1],
    ['plan --sandbox --detailed-exitcode', 2],
    ['validate', 0],
    ['--help', 0],
  ])('leaves `mdacc %s` its exit code', async (words, code) => {
    const stage = new Stage();
    const argv = words.split(' ').map((word) => (word === "''" ? '' : word));
    const child = stage.spawn(argv);
    child.stdout?.destroy();
    child.stderr?.destroy();
    expect((await outputOf(child)).code).toBe(code);
  });
});
