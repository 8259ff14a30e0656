/** `mdacc apply`: shows the plan, asks, applies it, stores the secrets and tests the changed accounts. */
import { type ApplyCommandOptions, type Planner, planAndApply, plannerOf } from '../cli/applying.ts';
import { readDesired } from '../cli/configuration.ts';
import { runCommand } from '../cli/exit-codes.ts';
import type { Io } from '../cli/io.ts';
import { planningWords } from '../cli/option-words.ts';
import { planningOf } from '../cli/planning-options.ts';
import { readPlanFile } from '../cli/read-plan-file.ts';
import { refuseUnverified } from '../cli/rotation-options.ts';
import { onlyMatcher } from '../engine/account-selection.ts';
import { planNow } from '../engine/planning.ts';
import { selectTokens } from '../engine/rotation-selection.ts';
import { apiAddress, mayBeSandbox } from '../engine/service.ts';
import { defined } from '../model/defined.ts';
import type { Desired } from '../model/desired.ts';
import { UserError } from '../model/user-error.ts';
import { enumerated } from '../model/wording.ts';
import { type PlanFile, parsePlanFile, refuseStale, requestOf } from '../plan/plan-file.ts';
import { planCommand } from '../plan/plan-request.ts';

export function run(typed: ApplyCommandOptions, planFile: string | undefined): Promise<number> {
  const options = { ...typed, planFile };
  return runCommand(options, async (io) => {
    refuseMixed(options, planFile);
    const desired = await readDesired(options, io);
    const planner: Planner =
      planFile === undefined
        ? await plannerOf(desired, options, io)
        : savedPlan(await readSaved(planFile, desired, options, io), desired, options);
    return planAndApply('apply', desired, options, io, planner);
  });
}

/** Refuses options that would change a saved plan. */
function refuseMixed(options: ApplyCommandOptions, planFile: string | undefined): void {
  const given = planningWords(options);
  if (planFile === undefined || given.length === 0) return;
  const hint = { text: 'Save a new plan with these options.', command: ['plan', ...given.flat(), '--out', planFile] };
  const flags = [...new Set(given.map(([flag]) => flag))];
  throw new UserError('USAGE', `a saved plan is applied as a whole, without ${enumerated(flags)}`, hint);
}

/** Plans the saved actions, if nothing has changed since: the plan is made again in the same way, and compared. */
function savedPlan(saved: Saved, desired: Desired, options: ApplyCommandOptions): Planner {
  return async ({ stateWriter, others }, service, context) => {
    refuseElsewhere(saved, service.isSandbox);
    const isKnown = (key: string) => desired.accounts.has(key) || stateWriter.state.accounts.has(key);
    const known = Object.keys(saved.seen).filter(isKnown);
    const only = known.length > 0 ? known : undefined;
    const asSaved = {
      ...planningOf(options),
      others,
      prune: saved.prune,
      due: saved.due ?? false,
      allowMissing: saved.allow_missing ?? false,
      destroy: saved.destroy ?? false,
      command: planCommand(requestOf(saved)),
      ...(saved.rotate ? { rotation: selectTokens(saved.rotate, desired, onlyMatcher(only)) } : {}),
      ...defined({ revokeOld: saved.revoke_old, only }),
    };
    const planned = await planNow(desired, stateWriter.state, service, asSaved, context);
    const { scope, actions, deleted_data: reviewed } = saved.plan;
    refuseStale(saved, planned, stateWriter.state);
    const plan = {
      ...defined({ deleted_data: reviewed }),
      ...planned.plan,
      ...defined({ scope }),
      actions,
    };
    return { ...planned, plan };
  };
}

/** A saved plan and its file. */
type Saved = PlanFile & { readonly file: string };

/** Reads a saved plan, before anything needs the organization that it may not be of. @throws UserError PLAN_INVALID */
async function readSaved(file: string, desired: Desired, options: ApplyCommandOptions, io: Io): Promise<Saved> {
  const saved = { ...parsePlanFile(await readPlanFile(file, desired.accounts), file), file };
  if (saved.revoke_old === 'verified') refuseUnverified(options, saved.rotate ?? []);
  if (options.sandbox || !mayBeSandbox(apiAddress(options, io.env).address, io.env))
    refuseElsewhere(saved, options.sandbox ?? false);
  return saved;
}

function refuseElsewhere({ plan, file }: Saved, isSandbox: boolean): void {
  if (plan.sandbox === isSandbox) return;
  const [of, here] = isSandbox ? ['MotherDuck', 'the sandbox'] : ['the sandbox', 'MotherDuck'];
  const hint = isSandbox
    ? 'Apply it without --sandbox, or save a plan of the sandbox in another file.'
    : {
        text: 'Save a plan of MotherDuck in another file, or apply this one in the sandbox.',
        command: ['apply', file, '--sandbox'],
      };
  throw new UserError('PLAN_INVALID', `${file} is a plan of ${of}, but this command would use it in ${here}`, hint);
}
