/** `mdacc destroy`: deletes every account that the state manages, under the same guards as pruning. */
import { type ApplyOptions, planAndApply } from '../cli/applying.ts';
import { readDesired } from '../cli/configuration.ts';
import { runCommand } from '../cli/run.ts';
import { planNow } from '../engine/planning.ts';

export function run(options: ApplyOptions): Promise<number> {
  return runCommand(options, async (io) => {
    const desired = await readDesired(options, io);
    // Nothing is wanted any more, and what is not wanted is pruned.
    const nothing = { ...desired, accounts: new Map<never, never>() };
    return planAndApply('destroy', nothing, options, io, (stateWriter, service, context) =>
      planNow(nothing, stateWriter.state, service, { ...options, prune: true, because: 'destroyed' }, context),
    );
  });
}
