/** An apply and the smoke test of the accounts that it touched. */

import { type Applied, apply } from '../apply/apply.ts';
import type { ActionOutcome, ApplyInput } from '../apply/apply-input.ts';
import { isKept } from '../apply/next-command.ts';
import { isSaved, unsavedEntries } from '../apply/state-writer.ts';
import { defined } from '../model/defined.ts';
import type { Plan } from '../model/plan.ts';
import type { Smoke } from '../model/smoke.ts';
import type { State, StateAccount } from '../model/state.ts';
import { isRecordDue, runBy, type StateRun, withRun } from '../model/state-run.ts';
import { isoTime } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import { probeRunner } from '../motherduck/probe-process.ts';
import { leavesDueWork } from '../plan/summary.ts';
import { SmokeSession } from '../smoke/session.ts';
import { groupNotices } from '../wording/notice-groups.ts';
import { clockGuard } from './clock.ts';
import type { OpenedService } from './service.ts';
import { recordOrganization } from './smoke.ts';

/** Who runs which command, for the history, and with which exit code it ends. */
export interface RunBy {
  readonly command: string;
  readonly who: string;
  exitCode?(done: TestedApply): number;
}

/** The result of an apply, and of the smoke tests that followed it. */
export interface TestedApply {
  readonly applied: Applied;
  readonly smoke: Smoke;
}

/**
 * Applies the plan.
 *
 * @param options `smoke`: whether the changed accounts are tested with a connection
 * @throws UserError STORE_UNUSABLE, before anything is changed
 */
export async function applyTested(
  input: Omit<ApplyInput, 'verify' | 'setUp' | 'api' | 'checkClock' | 'run'>,
  service: Pick<OpenedService, 'api' | 'connector' | 'env' | 'timeout'>,
  { smoke: isTested, by }: { readonly smoke: boolean; readonly by: RunBy },
): Promise<TestedApply> {
  const { api, connector, env, timeout } = service;
  const session = new SmokeSession({
    api,
    connector,
    probe: probeRunner(env),
    ...defined({ timeout }),
    parallelism: input.parallelism,
    organization: input.stateWriter.state.organization_id,
    signal: input.stopping,
  });
  const run = runBy(by, isoTime(input.live.now));
  const { state: before } = input.stateWriter;
  const applied = await apply({
    ...input,
    run,
    api,
    checkClock: clockGuard(service, input.plan.actions),
    setUp: (account, secrets) => session.setUp(account, secrets, isTested && account.smoke !== false),
    ...(isTested ? { verify: (account, secrets) => session.test(account, secrets) } : {}),
  });
  const { stateWriter } = input;
  const smoke = session.result(applied.smoke);
  const failures = [...applied.failures];
  try {
    await recordOrganization(stateWriter, smoke);
    const done = { applied: { ...applied, failures }, smoke };
    const { runs, accounts } = stateWriter.state;
    const protections = changedProtections(before, stateWriter.state);
    const isQuiet = applied.outcomes.length === 0 && failures.length === 0 && accounts === before.accounts;
    if (!isQuiet || isRecordDue(runs, run)) {
      await recordRun(stateWriter, run, done, protections, by.exitCode?.(done));
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    failures.push(error);
  }
  const [unsaved, saved] = [unsavedEntries(stateWriter), isSaved(stateWriter)];
  return { applied: { ...applied, failures, unsaved, saved }, smoke };
}

/** The number of accounts whose deletion protection is another than before. */
function changedProtections(before: State, after: State): number {
  if (before.accounts === after.accounts) return 0;
  const isChanged = ([key, { deletion_protection: now }]: readonly [string, StateAccount]) =>
    (before.accounts.get(key)?.deletion_protection ?? now) !== now;
  return [...after.accounts].filter(isChanged).length;
}

/** Records what a run did and how it ended. @throws UserError STATE_UNWRITABLE */
async function recordRun(
  stateWriter: ApplyInput['stateWriter'],
  run: StateRun,
  { applied }: TestedApply,
  protections: number,
  exitCode: number | undefined,
): Promise<void> {
  const counts: Record<string, number> = {};
  for (const { action, result } of applied.outcomes) {
    const key = result === 'done' ? action.action : result;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  // It is no action, as it changes the state alone.
  if (protections > 0) counts.set_deletion_protection = protections;
  const ended = { ...run, counts, ...defined({ exit_code: exitCode }) };
  await stateWriter.update((state) => ({ ...state, runs: withRun(state.runs, ended) }));
}

/** For a plan that was not shown: the message names the violations. @throws UserError GUARDRAIL */
export function refuseViolations({ violations }: Plan): void {
  const groups = groupNotices(violations);
  const [first] = groups;
  if (first === undefined) return;
  const said = groups.map(({ message }) => message).join('; ');
  throw new UserError('GUARDRAIL', `the plan is refused: ${said}`, first.hint);
}

/** For a plan that was shown with its violations. @throws UserError GUARDRAIL */
export function refuseShownViolations({ violations }: Plan): void {
  if (violations.length === 0) return;
  const message = 'the plan violates a guardrail, as shown above, so nothing was done';
  throw new UserError('GUARDRAIL', message, 'Follow the hint of each "Refused", then run this again.');
}

/** Whether a statement of a setup failed: the plan was applied, and the account does not have what it needs. */
export function isSetupFailed({ action, result }: ActionOutcome): boolean {
  return action.action === 'run_setup' && result === 'failed';
}

/** Whether the whole plan was applied without errors. Setups and the smoke test are not considered. */
export function isComplete(plan: Plan, { applied }: TestedApply): boolean {
  const isDone = applied.outcomes.every(
    (outcome) => outcome.result === 'done' || isSetupFailed(outcome) || isKept(outcome),
  );
  return (
    !applied.interrupted && isDone && applied.failures.length === 0 && plan.errors.length === 0 && !leavesDueWork(plan)
  );
}
