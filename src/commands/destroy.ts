/** `mdacc destroy`: deletes every managed account, under the same guardrails as pruning: `apply --destroy`. */
import { type ApplyCommandOptions, planAndApply, plannerOf } from '../cli/applying.ts';
import { readDesired } from '../cli/configuration.ts';
import { runCommand } from '../cli/exit-codes.ts';

export function run(options: ApplyCommandOptions): Promise<number> {
  const destruction = { ...options, destroy: true };
  return runCommand(destruction, async (io) => {
    const desired = await readDesired(destruction, io);
    return planAndApply('destroy', desired, destruction, io, await plannerOf(desired, destruction, io));
  });
}
