/** `mdacc rotate`: replaces tokens now, whether they are due or not: `apply --rotate`. */
import { type ApplyCommandOptions, planAndApply, plannerOf } from '../cli/applying.ts';
import { readDesired } from '../cli/configuration.ts';
import { runCommand } from '../cli/exit-codes.ts';

export function run(options: ApplyCommandOptions, names: readonly string[]): Promise<number> {
  const rotation = { ...options, rotate: names };
  return runCommand(rotation, async (io) => {
    const desired = await readDesired(rotation, io);
    return planAndApply('rotate', desired, rotation, io, await plannerOf(desired, rotation, io));
  });
}
