/** `mdacc apply`: shows the plan, asks, does it, stores the secrets, then tests what it touched. */
import { readFile } from 'node:fs/promises';
import { type Applied, type ApplyInput, apply, countAccounts } from '../apply/apply.ts';
import { readDesired, statePath } from '../cli/configuration.ts';
import { confirm } from '../cli/confirm.ts';
import type { Io } from '../cli/io.ts';
import { type Planned, type PlanningOptions, planNow } from '../cli/planning.ts';
import { Progress } from '../cli/progress.ts';
import { EXIT, runCommand } from '../cli/run.ts';
import { openService, type Service } from '../cli/service.ts';
import { interruptible } from '../cli/signals.ts';
import type { Desired } from '../model/desired.ts';
import type { Plan } from '../model/plan.ts';
import type { Smoke } from '../model/smoke.ts';
import { UserError } from '../model/user-error.ts';
import { runProbe } from '../motherduck/connect.ts';
import { parsePlanFile, refuseStale } from '../plan/plan-file.ts';
import { appliedJson } from '../report/apply/json.ts';
import { appliedText, eventLine } from '../report/apply/text.ts';
import { planText } from '../report/plan/text.ts';
import { SmokeSession } from '../smoke/session.ts';
import { lockState } from '../state/lock.ts';
import { openState, type StateFile } from '../state/state-file.ts';

interface ApplyOptions extends PlanningOptions {
  readonly yes?: boolean;
  readonly allowDelete?: boolean;
  /** false with --no-smoke. */
  readonly smoke: boolean;
}

export function run(options: ApplyOptions, planFile: string | undefined): Promise<number> {
  return runCommand(options, async (io) => {
    const desired = await readDesired(options, io);
    const path = statePath(options);
    const lock = await lockState(path, 'apply', (options.lockTimeout ?? 0) * 1000, io.warn);
    try {
      return await interruptible(io, (stopping) => locked(desired, path, options, planFile, io, stopping));
    } finally {
      await lock.release();
    }
  });
}

async function locked(
  desired: Desired,
  path: string,
  options: ApplyOptions,
  planFile: string | undefined,
  io: Io,
  stopping: AbortSignal,
): Promise<number> {
  const service = await openService(options, io);
  const ledger = await openState(path, desired.organization, { sandbox: service.isSandbox });
  try {
    const planned = await choosePlan(desired, ledger, service, options, planFile, io, stopping);
    if (options.format === 'text') io.result(planText(planned.plan, io.paint.out));
    refuseViolations(planned.plan);
    warnOfRealStores(planned, service, io);
    if (planned.plan.actions.length > 0) await confirm(planned.plan, options, io, stopping);
    return await carryOut(planned, ledger, service, options, io, stopping);
  } finally {
    await ledger.close();
    await service.close();
  }
}

/** The plan of now, or the one that was saved, if nothing moved since. */
async function choosePlan(
  desired: Desired,
  ledger: StateFile,
  service: Service,
  options: ApplyOptions,
  planFile: string | undefined,
  io: Io,
  signal: AbortSignal,
): Promise<Planned> {
  if (planFile === undefined) return planNow(desired, ledger.state, service, options, io, { signal });
  const saved = parsePlanFile(await readPlanFile(planFile), planFile);
  const only = Object.keys(saved.fingerprints);
  const asSaved = { ...options, prune: saved.prune, ...(only.length > 0 ? { only } : {}) };
  const planned = await planNow(desired, ledger.state, service, asSaved, io, { signal });
  refuseStale(saved, planned, ledger.state);
  return { ...planned, plan: { ...planned.plan, actions: saved.plan.actions } };
}

async function readPlanFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const hint = `Save one with: mdacc plan --out ${file}`;
    throw new UserError('PLAN_INVALID', `the plan file ${file} cannot be read`, hint, { cause });
  }
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

function refuseViolations({ violations }: Plan): void {
  const [first] = violations;
  if (first === undefined) return;
  const message = violations.map((violation) => violation.message).join('; ');
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
  else if (plan.actions.length > 0 || smoke.accounts.length > 0) io.result(appliedText(applied, smoke, io.paint.out));
  return exitCode(plan, applied, smoke);
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
  if (isIncomplete) return EXIT.partly;
  if (plan.errors.length > 0) return applied.outcomes.length > 0 ? EXIT.partly : EXIT.error;
  return smoke.passed ? EXIT.done : EXIT.smokeFailed;
}
