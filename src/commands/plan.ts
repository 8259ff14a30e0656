/** `mdacc plan`: what apply would do, and why. Changes nothing, anywhere. */

import { readDesired, statePath } from '../cli/configuration.ts';
import type { Io } from '../cli/io.ts';
import { type PlanningOptions, planNow } from '../cli/planning.ts';
import { EXIT, runCommand } from '../cli/run.ts';
import { openService } from '../cli/service.ts';
import { writeFileAtomic } from '../files/atomic.ts';
import type { Plan } from '../model/plan.ts';
import { planFile } from '../plan/plan-file.ts';
import { planJson } from '../report/plan/json.ts';
import { planText } from '../report/plan/text.ts';
import { waitUnlocked } from '../state/lock.ts';
import { openState } from '../state/state-file.ts';

interface PlanCommandOptions extends PlanningOptions {
  readonly out?: string;
  readonly detailedExitcode?: boolean;
}

export function run(options: PlanCommandOptions): Promise<number> {
  return runCommand(options, async (io) => {
    const desired = await readDesired(options, io);
    await waitUnlocked(statePath(options), (options.lockTimeout ?? 0) * 1000);
    const service = await openService(options, io);
    try {
      const { state } = await openState(statePath(options), desired.organization, { sandbox: service.isSandbox });
      const planned = await planNow(desired, state, service, options, io);
      io.result(renderPlan(planned.plan, options, io));
      if (options.out !== undefined) await save(options.out, planFile(planned, state, options.prune ?? false), io);
      return exitCode(planned.plan, options);
    } finally {
      await service.close();
    }
  });
}

export function renderPlan(plan: Plan, options: PlanningOptions, io: Io): string {
  switch (options.format) {
    case 'text':
      return planText(plan, io.paint.out);
    case 'json':
      return planJson(plan);
    default:
      return options.format satisfies never;
  }
}

async function save(file: string, text: string, io: Io): Promise<void> {
  await writeFileAtomic(file, text, { mode: 0o600 });
  io.note(`Saved to ${file}. Do exactly this with: mdacc apply ${file}`);
}

function exitCode(plan: Plan, options: PlanCommandOptions): number {
  if (plan.errors.length > 0 || plan.violations.length > 0) return EXIT.error;
  return options.detailedExitcode && plan.actions.length > 0 ? EXIT.differences : EXIT.done;
}
