/** The run that apply, rotate and destroy share: lock, plan, show, ask, apply, report. */

import { type ApplySteps, countSteps } from '../apply/apply.ts';
import type { ApplyEvent } from '../apply/apply-input.ts';
import { isKept } from '../apply/next-command.ts';
import {
  applyTested,
  isComplete,
  isSetupFailed,
  type RunBy,
  refuseShownViolations,
  refuseViolations,
  type TestedApply,
} from '../engine/applying.ts';
import { type OpenedStates, openServiceFor, openStateOf } from '../engine/open-state.ts';
import { type Planned, planNow, storesFor } from '../engine/planning.ts';
import { whoRuns } from '../engine/run-lock.ts';
import { rehearsedTokens } from '../engine/secret-path-facts.ts';
import type { OpenedService, RunContext } from '../engine/service.ts';
import { backendContext, backendOf, scopeOf } from '../engine/state-location.ts';
import { storesOf, storingActions } from '../model/action.ts';
import { defined } from '../model/defined.ts';
import type { Desired } from '../model/desired.ts';
import { entryName } from '../model/entry-name.ts';
import type { Plan } from '../model/plan.ts';
import type { TokenAddress } from '../model/secret.ts';
import { accountKey } from '../model/username.ts';
import { few } from '../model/wording.ts';
import { applyCommand } from '../plan/plan-request.ts';
import { hasChanges, leavesDueWork } from '../plan/summary.ts';
import { eventLine, hasLostState } from '../report/apply/text.ts';
import { APPLY_FORMATS } from '../report/formats.ts';
import { relocated } from '../report/locations.ts';
import { kindOf } from '../secrets/stores.ts';
import type { OpenedState } from '../state/opened-state.ts';
import { rotationHint } from '../wording/store-warnings.ts';
import { remindToCommit } from './commit-reminder.ts';
import { confirm } from './confirm.ts';
import { EXIT } from './exit-codes.ts';
import { annotate, tellGitHub } from './github.ts';
import type { Io } from './io.ts';
import { type PlanCommandOptions, planningOf } from './planning-options.ts';
import { Progress, withProgress } from './progress.ts';
import { selectRotation } from './rotation-options.ts';
import { interruptibleUnderLock } from './signals.ts';
import { orUnmanaged } from './unknown-token.ts';

/** The options of `apply`, `rotate` and `destroy`. */
export interface ApplyCommandOptions extends PlanCommandOptions {
  readonly yes?: boolean;
  readonly allowDelete?: boolean;
  /** The saved plan that is applied. */
  readonly planFile?: string | undefined;
  /** With --real-stores, in the sandbox. */
  readonly realStores?: boolean;
  /** false with --no-smoke. */
  readonly smoke: boolean;
}

/** Makes the plan to apply. */
export type Planner = (opened: OpenedStates, service: OpenedService, context: RunContext) => Promise<Planned>;

/** Plans as the options say. @throws UserError USAGE: tokens cannot be rotated as they say */
export async function plannerOf(desired: Desired, options: ApplyCommandOptions, io: Io): Promise<Planner> {
  const rotation = await orUnmanaged(() => selectRotation(desired, options), desired, options, io);
  const how = planningOf(options);
  return ({ stateWriter, others }, service, context) =>
    planNow(
      desired,
      stateWriter.state,
      service,
      {
        ...how,
        ...defined({ rotation }),
        command: applyCommand(options),
        others,
        scope: scopeOf(how, stateWriter, how),
      },
      context,
    );
}

/** Locks the state, plans, asks and applies. Returns the exit code. */
export async function planAndApply(
  command: string,
  desired: Desired,
  options: ApplyCommandOptions,
  io: Io,
  planner: Planner,
): Promise<number> {
  const backend = await backendOf(options, desired.state, backendContext(options, io));
  return interruptibleUnderLock(command, backend, options, io, async (stopping) => {
    const service = await openServiceFor(options, desired, io);
    try {
      const opened = await openStateOf(backend, options, desired, service);
      const planned = await withProgress('Reading accounts', io, stopping, (context) =>
        planner(opened, service, context),
      );
      return await showAndApply(command, planned, opened.stateWriter, service, options, io, stopping);
    } finally {
      await service.close();
    }
  });
}

async function showAndApply(
  command: string,
  planned: Planned,
  stateWriter: OpenedState,
  service: OpenedService,
  options: ApplyCommandOptions,
  io: Io,
  stopping: AbortSignal,
): Promise<number> {
  const { plan: render } = APPLY_FORMATS[options.format];
  if (render === undefined) refuseViolations(planned.plan);
  else {
    io.report(render(planned.plan, io.paint.out, io.inContext, options));
    refuseShownViolations(planned.plan);
  }
  warnOfRealStores(planned, service, io);
  if (options.realStores) warnOfRehearsed(planned, stateWriter, service, io);
  if (needsConsent(planned.plan, options)) await confirm(planned.plan, options, io, stopping);
  return carryOut(command, planned, stateWriter, service, options, io, stopping);
}

/** How a run planned, or the plan that it applied was made, for its history. */
function howOf(command: string, { due, scope }: Plan): string[] {
  return [
    due && '--due',
    scope?.only && '--only',
    scope?.rotate && '--rotate',
    scope?.revoke_old && '--revoke-old',
    scope?.destroy && '--destroy',
  ].flatMap((flag) => (flag && flag !== `--${command}` ? [flag] : []));
}

/** Whether to ask first. Without a smoke test, an apply also accepts unverified tokens, so that their overlaps begin. */
function needsConsent(plan: Plan, options: ApplyCommandOptions): boolean {
  return hasChanges(plan) || (!options.smoke && plan.unverified.length > 0);
}

/** Warns where secrets of the sandbox would reach a real store, which cannot tell them from others. */
function warnOfRealStores({ plan, desired, stores }: Planned, { isSandbox }: OpenedService, io: Io): void {
  if (!isSandbox) return;
  const names = storingActions(plan.actions).flatMap(storesOf);
  for (const name of new Set(names)) {
    const store = desired.stores.get(name);
    const isRehearsed = stores.get(name)?.rehearsedIn !== undefined;
    const recipient = store && !isRehearsed && kindOf(store).recipient?.(store);
    if (recipient) io.warn(`the secret store ${name} is real: ${recipient} gets secrets of the sandbox`);
  }
}

/** Real stores get new secrets alone: those that are rehearsed are not moved, and no plan changes them. */
function warnOfRehearsed({ plan, desired }: Planned, { state }: OpenedState, service: OpenedService, io: Io): void {
  const replaced = new Set(storingActions(plan.actions).map(entryName));
  const deleted = new Set(
    plan.actions.flatMap(({ action, account }) => (action === 'delete_account' ? [account] : [])),
  );
  const left = rehearsedTokens(state, storesFor(desired, service)).filter(
    (each) => !deleted.has(each.account) && !replaced.has(entryName(each)),
  );
  if (left.length === 0) return;
  const isConfigured = ({ account, token }: TokenAddress) =>
    desired.accounts.get(accountKey(account))?.tokens.has(token) === true;
  const names = left.filter(isConfigured).map(entryName);
  io.warn(
    `secrets that were rehearsed stay in the sandbox's folder: ${few(left.map(entryName))}`,
    names.length === 0
      ? { text: 'Their tokens are no longer in the configuration. To replace one, put it back.' }
      : rotationHint('Replace the tokens, so that the real stores get their secrets', names, true),
  );
}

async function carryOut(
  command: string,
  { plan, desired, live, stores }: Planned,
  stateWriter: OpenedState,
  service: OpenedService,
  options: ApplyCommandOptions,
  io: Io,
  stopping: AbortSignal,
): Promise<number> {
  const input = { plan, desired, live, stateWriter, stores, parallelism: options.parallelism, stopping };
  const { serial } = stateWriter.state;
  const by: RunBy = {
    command: [command, ...howOf(command, plan)].join(' '),
    who: whoRuns(io.env),
    exitCode: (done) => exitCodeOfApply(plan, done),
  };
  const done = isBeforeFirst(options, stateWriter)
    ? nothingDone(plan)
    : await applyWithProgress(countSteps(input, options.smoke), io, (onEvent) =>
        applyTested({ ...input, onEvent }, service, { smoke: options.smoke, by }),
      );
  const { applied, smoke } = done;
  const format = APPLY_FORMATS[options.format];
  const isToldOfRun = smoke.accounts.length > 0 || applied.failures.length > 0;
  const isWorthTelling = hasChanges(plan) || isToldOfRun || plan.not_revoked !== undefined;
  if (format.plan === undefined) {
    const done = { plan: relocated(plan, io.pathOf), applied, smoke };
    io.report(format.applied(done, io.paint.out, io.inContext, { pathOf: io.pathOf }));
  } else if (isWorthTelling && format.isWhole)
    io.note(format.applied({ plan, applied, smoke }, io.paint.err, io.inContext).trimEnd());
  else if (isWorthTelling) io.report(format.applied({ plan, applied, smoke }, io.paint.out, io.inContext));
  const code = exitCodeOfApply(plan, done);
  annotate([...plan.warnings, ...applied.warnings], io);
  await tellGitHub(plan, code, io);
  // Scheduled work is done by a script, which commits.
  if (!options.due) await remindToCommit(stateWriter, serial, io);
  return code;
}

function nothingDone({ at }: Plan): TestedApply {
  const none = { outcomes: [], smoke: [], failures: [], warnings: [], unsaved: [] };
  const applied = { ...none, interrupted: false, saved: true };
  return { applied, smoke: { at, accounts: [], warnings: [], passed: true } };
}

/** Whether a scheduled run precedes the first apply. It creates no state, which would make a plan that waits for approval stale. */
function isBeforeFirst({ due }: ApplyCommandOptions, { state }: OpenedState): boolean {
  return due === true && state.serial === 0;
}

async function applyWithProgress<T>(
  steps: ApplySteps,
  io: Io,
  work: (onEvent: (event: ApplyEvent) => void) => Promise<T>,
): Promise<T> {
  const left = { ...steps };
  let isTesting = steps.actions === 0;
  let progress = isTesting
    ? new Progress(io, 'Testing accounts', steps.accounts)
    : new Progress(io, 'Applying', steps.actions);
  try {
    return await work((event) => {
      const line = eventLine(event, io.paint.err);
      if (event.kind === 'end') left.actions -= 1;
      if (event.kind === 'account') left.accounts -= 1;
      if (event.kind === (isTesting ? 'account' : 'end')) progress.step();
      if (!isTesting && left.actions === 0) {
        // The accounts that remain are tested; others were beside actions.
        isTesting = true;
        progress.end();
        progress = new Progress(io, 'Testing accounts', steps.accounts, steps.accounts - left.accounts);
      }
      if (event.kind === 'end') progress.line(line, event.outcome.result === 'failed');
      else if (event.kind !== 'account') progress.now(line);
    });
  } finally {
    progress.end();
  }
}

function exitCodeOfApply(plan: Plan, done: TestedApply): number {
  const { applied, smoke } = done;
  // The codes of an interrupted and a partial apply say that the state was saved.
  if (!applied.saved) return hasLostState(applied) ? EXIT.partly : EXIT.error;
  if (applied.interrupted) return EXIT.interrupted;
  if (isComplete(plan, done))
    return smoke.passed && !applied.outcomes.some((each) => isSetupFailed(each) || isKept(each))
      ? EXIT.done
      : EXIT.smokeFailed;
  const isOnlyRefused = applied.outcomes.length === 0 && applied.failures.length === 0 && !leavesDueWork(plan);
  return isOnlyRefused ? EXIT.error : EXIT.partly;
}
