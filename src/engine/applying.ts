/** An apply and the smoke test of the accounts that it touched. */

import { type Applied, apply } from '../apply/apply.ts';
import type { ApplyInput } from '../apply/apply-account.ts';
import { isSaved, unsavedEntries } from '../apply/state-writer.ts';
import type { Plan } from '../model/plan.ts';
import type { Smoke } from '../model/smoke.ts';
import { UserError } from '../model/user-error.ts';
import { runProbe } from '../motherduck/probe-process.ts';
import { groupNotices } from '../plan/notice-groups.ts';
import { SmokeSession } from '../smoke/session.ts';
import { clockGuard, type Service } from './service.ts';
import { recordOrganization } from './smoke.ts';

export interface TestedApply {
  readonly applied: Applied;
  readonly smoke: Smoke;
}

/**
 * Applies the plan.
 *
 * @param withSmoke whether the changed accounts are tested with a connection
 * @throws UserError STORE_UNUSABLE, before anything is changed
 */
export async function applyTested(
  input: Omit<ApplyInput, 'verify' | 'api' | 'checkClock'>,
  service: Pick<Service, 'api' | 'connector' | 'timeout'>,
  withSmoke: boolean,
): Promise<TestedApply> {
  const { api, connector, timeout } = service;
  const session = new SmokeSession({
    api,
    connector,
    probe: runProbe,
    ...(timeout === undefined ? {} : { timeout }),
    parallelism: input.parallelism,
    signal: input.stopping,
  });
  const applied = await apply({
    ...input,
    api,
    checkClock: clockGuard(service),
    ...(withSmoke ? { verify: (account, secrets) => session.test(account, secrets) } : {}),
  });
  const { stateWriter } = input;
  const smoke = session.result(applied.smoke, stateWriter.state.organization_id);
  const failures = [...applied.failures];
  try {
    await recordOrganization(stateWriter, smoke);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    failures.push(error);
  }
  const [unsaved, saved] = [unsavedEntries(stateWriter), isSaved(stateWriter)];
  return { applied: { ...applied, failures, unsaved, saved }, smoke };
}

/** @param shown whether the violations were shown before; if not, the message names them. @throws UserError GUARDRAIL */
export function refuseViolations({ violations }: Plan, shown: boolean): void {
  const groups = groupNotices(violations);
  const [first] = groups;
  if (first === undefined) return;
  const said = groups.map(({ message }) => message).join('; ');
  const message = shown
    ? 'the plan violates a guardrail, as shown above, so nothing was done'
    : `the plan is refused: ${said}`;
  throw new UserError('GUARDRAIL', message, first.hint);
}

/** Whether the whole plan was applied without errors. The smoke test is not considered. */
export function isComplete(plan: Plan, { applied }: TestedApply): boolean {
  const isDone = applied.outcomes.every(({ result }) => result === 'done');
  return !applied.interrupted && isDone && applied.failures.length === 0 && plan.errors.length === 0;
}
