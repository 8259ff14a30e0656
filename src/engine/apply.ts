/** Applies a plan and smoke-tests what it touched. */
import type { ApplyInput } from '../apply/account-run.ts';
import { type Applied, apply } from '../apply/apply.ts';
import type { Plan } from '../model/plan.ts';
import type { Smoke } from '../model/smoke.ts';
import { UserError } from '../model/user-error.ts';
import { runProbe } from '../motherduck/probe-process.ts';
import { SmokeSession } from '../smoke/session.ts';
import type { Service } from './service.ts';

export interface TestedApply {
  readonly applied: Applied;
  readonly smoke: Smoke;
}

/** Does the plan; `isTested` says whether what it touched is connected to. @throws UserError STORE_UNUSABLE before anything was done */
export async function applyTested(
  input: Omit<ApplyInput, 'verify' | 'api'>,
  { api, connector, connectMs }: Pick<Service, 'api' | 'connector' | 'connectMs'>,
  isTested: boolean,
): Promise<TestedApply> {
  const session = new SmokeSession({
    api,
    connector,
    probe: runProbe,
    timeoutMs: connectMs,
    parallelism: input.parallelism,
    signal: input.stopping,
  });
  const applied = await apply({
    ...input,
    api,
    ...(isTested ? { verify: (account, secrets) => session.test(account, secrets) } : {}),
  });
  return { applied, smoke: session.result(applied.smoke) };
}

/** @throws UserError GUARDRAIL when the plan breaks one; the message names them unless they were `shown` */
export function refuseViolations({ violations }: Plan, shown: boolean): void {
  const [first] = violations;
  if (first === undefined) return;
  const said = violations.map((violation) => violation.message).join('; ');
  const message = shown ? 'the plan is refused, as said above, so nothing was done' : `the plan is refused: ${said}`;
  throw new UserError('GUARDRAIL', message, first.hint ?? 'Change the configuration, or its guardrails.');
}

export type ApplyResult = 'done' | 'partially_applied' | 'not_applied' | 'smoke_failed' | 'interrupted';

/** How the apply as a whole ended; `done`: all of the plan was applied, and what it touched was seen to connect. */
export function applyResult(plan: Plan, { applied, smoke }: TestedApply): ApplyResult {
  if (applied.interrupted) return 'interrupted';
  const isIncomplete = applied.outcomes.some((outcome) => outcome.result !== 'done');
  if (isIncomplete || applied.failures.length > 0) return 'partially_applied';
  if (plan.errors.length > 0) return applied.outcomes.length > 0 ? 'partially_applied' : 'not_applied';
  return smoke.passed ? 'done' : 'smoke_failed';
}
