/** `mdacc plan`: shows what apply would change, and why. Changes nothing. */

import { readDesired } from '../cli/configuration.ts';
import { EXIT, runCommand } from '../cli/exit-codes.ts';
import { tellGitHub } from '../cli/github.ts';
import type { Io } from '../cli/io.ts';
import { type PlanCommandOptions, planningOf } from '../cli/planning-options.ts';
import { withProgress } from '../cli/progress.ts';
import { selectRotation } from '../cli/rotation-options.ts';
import { waitForOtherRun } from '../cli/signals.ts';
import { orUnmanaged } from '../cli/unknown-token.ts';
import { openServiceFor, openStateOf } from '../engine/open-state.ts';
import { planNow } from '../engine/planning.ts';
import { backendContext, backendOf, scopeOf } from '../engine/state-location.ts';
import { comparedWithTarget } from '../engine/target-branch.ts';
import { writeFileAtomic } from '../files/atomic-write.ts';
import { NotTextError, readText, whyUnreadable } from '../files/read-text.ts';
import { isDiskFull, writeFix } from '../files/system-errors.ts';
import { defined } from '../model/defined.ts';
import type { Plan } from '../model/plan.ts';
import { shellWord } from '../model/shell.ts';
import { UserError } from '../model/user-error.ts';
import { isPlanFile, planFile } from '../plan/plan-file.ts';
import { planCommand } from '../plan/plan-request.ts';
import { changesBranch, hasChanges, leavesDueWork } from '../plan/summary.ts';
import { renderPlan } from '../report/formats.ts';
import { commandText } from '../report/hint.ts';
import { relocated } from '../report/locations.ts';
import { unbroken } from '../report/terminal-text.ts';

interface Options extends PlanCommandOptions {
  readonly out?: string;
  readonly detailedExitcode?: boolean;
}

export function run(typed: Options): Promise<number> {
  const options = { ...typed, planFile: typed.out };
  return runCommand(options, async (io) => {
    refuseReportAsPlan(options, io);
    const desired = await readDesired(options, io);
    const rotation = await orUnmanaged(() => selectRotation(desired, options), desired, options, io);
    const how = planningOf(options);
    const backend = await backendOf(options, desired.state, backendContext(options, io));
    await waitForOtherRun(backend, options, io);
    const service = await openServiceFor(options, desired, io);
    try {
      const { stateWriter, others } = await openStateOf(backend, options, desired, service);
      const { state, branch } = await comparedWithTarget(options.config, backend, stateWriter, desired, io.env);
      const planned = await withProgress('Reading accounts', io, undefined, (context) =>
        planNow(
          desired,
          state,
          service,
          {
            ...how,
            ...defined({ rotation }),
            command: planCommand(options),
            others,
            branch,
            scope: scopeOf(how, backend, how),
          },
          context,
        ),
      );
      const { out, prune = false, due = false, allowMissing = false, rotate, revokeOld, destroy } = how;
      const asked = {
        prune,
        due,
        allow_missing: allowMissing,
        ...defined({ rotate, revoke_old: revokeOld }),
        ...(destroy && { destroy }),
      };
      // Before the plan is printed, so that --format json prints one document, also where the file cannot be written.
      if (out !== undefined) await save(out, planFile(planned, stateWriter.state, asked));
      const layout = { ...options, pathOf: io.pathOf };
      io.report(renderPlan(relocated(planned.plan, io.pathOf), options.format, io.paint.out, io.inContext, layout));
      if (out !== undefined) {
        io.linkTo([out]);
        io.note(`Saved to ${out}. ${whatNext(planned.plan, out, io)}`);
      }
      const code = exitCode(planned.plan, options);
      await tellGitHub(planned.plan, code, io);
      return code;
    } finally {
      await service.close();
    }
  });
}

/** An apply refuses a plan that violates guardrails. */
function whatNext({ violations }: Plan, out: string, io: Io): string {
  if (violations.length > 0) return 'It cannot be applied, since it is refused.';
  return `Apply it with: ${unbroken(commandText(['apply', out], io.inContext))}`;
}

/** Whoever types `--out plan.html` expects a report. @throws UserError USAGE */
function refuseReportAsPlan({ out = '' }: Options, io: Io): void {
  const [, extension] = /\.(html?|md|markdown)$/i.exec(out) ?? [];
  if (extension === undefined) return;
  const format = /^h/i.test(extension) ? 'html' : 'markdown';
  const command = commandText(['plan', '--format', format], io.inContext);
  const message = `--out saves the plan for apply, and ${out} names a report`;
  throw new UserError('USAGE', message, `Redirect the report: ${command} > ${shellWord(out)}`);
}

/** Overwrites an older plan and nothing else: a typing error must not cost a configuration or a state. */
async function save(file: string, text: string): Promise<void> {
  try {
    const before = await readText(file).catch((error: unknown) => {
      if (error instanceof NotTextError) return '';
      throw error;
    });
    if (before !== undefined && !isPlanFile(before)) {
      const hint = { text: 'Name another file, for example today.plan.', command: ['plan', '--out', 'today.plan'] };
      throw new UserError('FILE_EXISTS', `${file} exists and is not a plan, so it was not overwritten`, hint);
    }
    await writeFileAtomic(file, text, { mode: 0o600 });
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const text = 'Name a file in a folder that exists and that you can write, for example today.plan.';
    const hint = isDiskFull(cause) ? writeFix(cause, text) : { text, command: ['plan', '--out', 'today.plan'] };
    throw new UserError('FILE_UNWRITABLE', `the plan cannot be saved to ${file}: ${whyUnreadable(cause)}`, hint, {
      cause,
    });
  }
}

function exitCode(plan: Plan, options: Options): number {
  if (plan.errors.length > 0 || plan.violations.length > 0) return EXIT.error;
  return options.detailedExitcode && (hasChanges(plan) || leavesDueWork(plan) || changesBranch(plan))
    ? EXIT.differences
    : EXIT.done;
}
