/** What apply, rotate and destroy share: under the lock, plan, show, ask, do, and say how it went. */
import type { ApplyInput } from '../apply/account-run.ts';
import { type Applied, apply, countAccounts } from '../apply/apply.ts';
import type { Desired } from '../model/desired.ts';
import type { Plan } from '../model/plan.ts';
import type { Smoke } from '../model/smoke.ts';
import { UserError } from '../model/user-error.ts';
import { runProbe } from '../motherduck/connect.ts';
import { hasChanges } from '../plan/plan.ts';
import { appliedJson } from '../report/apply/json.ts';
import { appliedText, eventLine } from '../report/apply/text.ts';
import { SmokeSession } from '../smoke/session.ts';
import { openState, type StateFile } from '../state/state-file.ts';
import { statePath } from './configuration.ts';
import { confirm } from './confirm.ts';
import { tellGitHub } from './github.ts';
import type { Io } from './io.ts';
import { underLock } from './locked.ts';
import { type Planned, type PlanningOptions, renderPlan } from './planning.ts';
import { Progress } from './progress.ts';
import { EXIT } from './run.ts';
import { openService, type Service } from './service.ts';

export interface ApplyOptions extends PlanningOptions {
  readonly yes?: boolean;
  readonly allowDelete?: boolean;
  /** false with --no-smoke. */
  readonly smoke: boolean;
}

/** Makes the plan that is to be done. */
export type Planner = (ledger: StateFile, service: Service, signal: AbortSignal) => Promise<Planned>;

/** Locks the state, plans, asks and applies. Gives the exit code. */
export async function planAndApply(
  command: string,
  desired: Desired,
  options: ApplyOptions,
  io: Io,
  planner: Planner,
): Promise<number> {
  const path = statePath(options);
  return underLock(command, path, options, io, async (stopping) => {
    const service = await openService(options, io);
    try {
      const ledger = await openState(path, desired.organization, { sandbox: service.isSandbox });
      const planned = await planner(ledger, service, stopping);
      return await show(planned, ledger, service, options, io, stopping);
    } finally {
      await service.close();
    }
  });
}

async function show(
  planned: Planned,
  ledger: StateFile,
  service: Service,
  options: ApplyOptions,
  io: Io,
  stopping: AbortSignal,
): Promise<number> {
  if (options.format !== 'json') io.result(renderPlan(planned.plan, options.format, io));
  refuseViolations(planned.plan, options.format);
  warnOfRealStores(planned, service, io);
  if (needsConsent(planned.plan, options)) await confirm(planned.plan, options, io, stopping);
  return carryOut(planned, ledger, service, options, io, stopping);
}

/** Without a smoke test, an apply also lets overlaps begin that were waiting for a proof. */
function needsConsent(plan: Plan, options: ApplyOptions): boolean {
  return hasChanges(plan) || (!options.smoke && plan.unproved.length > 0);
}

/** An exec store cannot tell a rehearsal from the real thing. */
function warnOfRealStores({ plan, desired }: Planned, { isSandbox }: Service, io: Io): void {
  if (!isSandbox) return;
  const names = plan.actions.flatMap((action) =>
    action.action === 'create_token' || action.action === 'rotate_token' ? [action.after.secret_store] : [],
  );
  for (const name of new Set(names)) {
    const store = desired.stores.get(name);
    if (store?.kind !== 'exec') continue;
    io.warn(`the secret store ${name} is real: ${store.command[0]} gets secrets of the sandbox`);
  }
}

function refuseViolations({ violations }: Plan, format: ApplyOptions['format']): void {
  const [first] = violations;
  if (first === undefined) return;
  const said = violations.map((violation) => violation.message).join('; ');
  const message =
    format !== 'json' ? 'the plan is refused, as said above, so nothing was done' : `the plan is refused: ${said}`;
  throw new UserError('GUARDRAIL', message, first.hint ?? 'Change the configuration, or its guardrails.');
}

async function carryOut(
  { plan, desired, live, stores }: Planned,
  ledger: StateFile,
  service: Service,
  options: ApplyOptions,
  io: Io,
  stopping: AbortSignal,
): Promise<number> {
  const { api, door, connectMs } = service;
  const session = new SmokeSession({
    api,
    door,
    probe: runProbe,
    timeoutMs: connectMs,
    parallelism: options.parallelism,
    signal: stopping,
  });
  const input: ApplyInput = {
    plan,
    desired,
    live,
    api,
    ledger,
    stores,
    parallelism: options.parallelism,
    stopping,
    ...(options.smoke ? { prove: (account, secrets) => session.test(account, secrets) } : {}),
  };
  const applied = await withProgress(input, io);
  const smoke = session.result(applied.smoke);
  if (options.format === 'json') io.result(appliedJson(plan, applied, smoke));
  else if (hasChanges(plan) || smoke.accounts.length > 0 || applied.failures.length > 0) {
    // What was planned is a page on stdout, which nothing may follow.
    if (options.format === 'html') io.note(appliedText(applied, smoke, io.paint.err).trimEnd());
    else io.result(appliedText(applied, smoke, io.paint.out));
  }
  const code = exitCode(plan, applied, smoke);
  await tellGitHub(plan, code, io);
  return code;
}

async function withProgress(input: ApplyInput, io: Io): Promise<Applied> {
  const progress = new Progress(io, 'Applying', countAccounts(input));
  try {
    return await apply({
      ...input,
      onEvent: (event) => {
        const line = eventLine(event, io.paint.err);
        if (event.kind === 'account') progress.step();
        else if (event.kind === 'end') progress.line(line, event.outcome.result === 'failed');
        else progress.now(line);
      },
    });
  } finally {
    progress.end();
  }
}

function exitCode(plan: Plan, applied: Applied, smoke: Smoke): number {
  if (applied.interrupted) return EXIT.interrupted;
  const isIncomplete = applied.outcomes.some((outcome) => outcome.result !== 'done');
  if (isIncomplete || applied.failures.length > 0) return EXIT.partly;
  if (plan.errors.length > 0) return applied.outcomes.length > 0 ? EXIT.partly : EXIT.error;
  return smoke.passed ? EXIT.done : EXIT.smokeFailed;
}
