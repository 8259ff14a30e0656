/** `mdacc destroy`: deletes every managed account, under the same guardrails as pruning. */
import { type ApplyCommandOptions, planAndApply } from '../cli/applying.ts';
import { readDesired } from '../cli/configuration.ts';
import { runCommand } from '../cli/run.ts';
import { planNow } from '../engine/planning.ts';
import { scopeOf } from '../engine/state.ts';

export function run(options: ApplyCommandOptions): Promise<number> {
  return runCommand(options, async (io) => {
    const desired = await readDesired(options, io);
    // Without accounts in the configuration, every managed one is pruned.
    const nothing = { ...desired, accounts: new Map<never, never>() };
    return planAndApply('destroy', nothing, options, io, (stateWriter, service, context) => {
      const scope = scopeOf(options, stateWriter, options.only);
      const how = { ...options, prune: true, because: 'destroyed', scope, others: stateWriter.others } as const;
      return planNow(nothing, stateWriter.state, service, how, context);
    });
  });
}
