/** `mdacc apply`: shows the plan, asks, applies it, stores the secrets and tests the changed accounts. */
import { type ApplyCommandOptions, type Planner, planAndApply } from '../cli/applying.ts';
import { readDesired } from '../cli/configuration.ts';
import type { Io } from '../cli/io.ts';
import { runCommand } from '../cli/run.ts';
import { planNow } from '../engine/planning.ts';
import { apiAddress, mayBeSandbox } from '../engine/service.ts';
import { scopeOf } from '../engine/state.ts';
import { readText, whyUnreadable } from '../files/read-text.ts';
import type { Desired } from '../model/desired.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { type PlanFile, parsePlanFile, refuseStale } from '../plan/plan-file.ts';

export function run(options: ApplyCommandOptions, planFile: string | undefined): Promise<number> {
  return runCommand(options, async (io) => {
    refuseMixed(options, planFile);
    const desired = await readDesired(options, io);
    const planner: Planner =
      planFile === undefined
        ? (stateWriter, service, context) =>
            planNow(
              desired,
              stateWriter.state,
              service,
              { ...options, others: stateWriter.others, scope: scopeOf(options, stateWriter, options.only) },
              context,
            )
        : savedPlan(await readSaved(planFile, desired, options, io), desired, options);
    return planAndApply('apply', desired, options, io, planner);
  });
}

/** Refuses options that would change a saved plan. */
function refuseMixed({ only, prune, due }: ApplyCommandOptions, planFile: string | undefined): void {
  if (planFile !== undefined && (only !== undefined || prune || due)) {
    const given = [
      ...(only ?? []).flatMap((glob) => ['--only', glob]),
      prune ? '--prune' : [],
      due ? '--due' : [],
    ].flat();
    const hint = { text: 'Save a new plan with these options.', command: ['plan', ...given, '--out', planFile] };
    throw new UserError('USAGE', 'a saved plan is applied as a whole, without --only, --prune and --due', hint);
  }
}

/** Plans the saved actions, if nothing has changed since: the plan is made again in the same way, and compared. */
function savedPlan(saved: Saved, desired: Desired, options: ApplyCommandOptions): Planner {
  return async (stateWriter, service, context) => {
    refuseElsewhere(saved, service.isSandbox);
    const isKnown = (key: string) => desired.accounts.has(key) || stateWriter.state.accounts.has(key);
    const only = Object.keys(saved.fingerprints).filter(isKnown);
    const asSaved = {
      ...options,
      others: stateWriter.others,
      prune: saved.prune,
      due: saved.due ?? false,
      allowMissing: saved.allow_missing ?? false,
      ...(only.length > 0 ? { only } : {}),
    };
    const planned = await planNow(desired, stateWriter.state, service, asSaved, context);
    const { scope } = saved.plan;
    refuseStale(saved, planned, stateWriter.state);
    return { ...planned, plan: { ...planned.plan, ...(scope ? { scope } : {}), actions: saved.plan.actions } };
  };
}

/** A saved plan and its file. */
type Saved = PlanFile & { readonly file: string };

/** Reads a saved plan, before anything needs the organization that it may not be of. @throws UserError PLAN_INVALID */
async function readSaved(file: string, desired: Desired, options: ApplyCommandOptions, io: Io): Promise<Saved> {
  const saved = { ...parsePlanFile(await readPlanFile(file, desired), file), file };
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

async function readPlanFile(file: string, { accounts }: Desired): Promise<string> {
  let cause: unknown;
  try {
    const text = await readText(file);
    if (text !== undefined) return text;
  } catch (error) {
    cause = error;
  }
  const hint = accounts.has(accountKey(file))
    ? { text: 'To apply only this account, name it with --only.', command: ['apply', '--only', file] }
    : { text: 'Save one.', command: ['plan', '--out', cause === undefined ? file : 'today.plan'] };
  const why = cause === undefined ? 'it does not exist' : whyUnreadable(cause);
  throw new UserError('PLAN_INVALID', `the plan file ${file} cannot be read: ${why}`, hint, { cause });
}
