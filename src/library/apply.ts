import type { ActionOutcome, ApplyEvent } from '../apply/apply-input.ts';
import { applyTested, isComplete, isSetupFailed, refuseViolations } from '../engine/applying.ts';
import { whoRuns } from '../engine/run-lock.ts';
import { defined } from '../model/defined.ts';
import type { Desired } from '../model/desired.ts';
import type { Live } from '../model/live.ts';
import type { PlanWarning } from '../model/notice.ts';
import type { Plan } from '../model/plan.ts';
import type { Smoke } from '../model/smoke.ts';
import { UserError } from '../model/user-error.ts';
import { APPLY_FORMATS } from '../report/formats.ts';
import type { SecretStore } from '../secrets/store.ts';
import type { OpenState, Service } from './open.ts';
import { openStores } from './plan.ts';

/** The options of `apply`. */
export interface ApplyOptions {
  readonly plan: Plan;
  /** `desired`, `live` and `state`: those that the plan was made from. */
  readonly desired: Desired;
  readonly live: Live;
  readonly state: OpenState;
  readonly service: Service;
  /** Default: the stores of the configuration. */
  readonly stores?: ReadonlyMap<string, SecretStore>;
  /** Whether to connect as each account afterwards, as `mdacc apply` does. Default: true. */
  readonly smoke?: boolean;
  /** Whether the plan may delete accounts with all their data. Default: false. */
  readonly allowDelete?: boolean;
  /** Stops the apply when it is aborted: calls in flight are finished, and the state is saved. */
  readonly signal?: AbortSignal;
  /** Receives the progress: an action begins or ends, an account is connected to or finished. */
  readonly onEvent?: (event: ApplyEvent) => void;
}

/** The result of an apply. */
export interface Applied {
  /** Every action was done, and every account that it touched passed the smoke test. */
  readonly succeeded: boolean;
  /** The result of each action. */
  readonly outcomes: readonly ActionOutcome[];
  readonly smoke: Smoke;
  /** Errors outside of the actions, for example a state file that cannot be written. */
  readonly failures: readonly UserError[];
  /** Results of actions that the user should know, such as a shorter life than requested. */
  readonly warnings: readonly PlanWarning[];
  /** Accounts (`etl_prod`) and tokens (`etl_prod/airflow`) whose changes could not be written to the state. */
  readonly unsaved: readonly string[];
  /** Whether the last write of the state succeeded. */
  readonly saved: boolean;
  /** `signal` was aborted before the end. */
  readonly interrupted: boolean;
}

/**
 * Carries out a plan. Each secret is stored as soon as it exists, and each step is saved in the state before the next one
 * begins. An action that fails is in the result, not thrown; plan and apply again to continue.
 *
 * @throws {@link UserError} GUARDRAIL; NOT_CONFIRMED if the plan deletes accounts without `allowDelete`; STORE_UNUSABLE;
 * STATE_UNWRITABLE; STATE_INVALID if another program changed the state file. All are thrown before anything is done
 * @example
 * ```ts
 * import { apply, loadConfig, openService, openState, plan, readLive } from 'motherduck-accounts';
 *
 * const { desired } = await loadConfig();
 * const service = await openService({ sandbox: '.motherduck-sandbox' });
 * const state = await openState({ desired, service });
 * try {
 *   const live = await readLive({ desired, state, service });
 *   const planned = plan({ desired, live, state, service });
 *   const { succeeded, outcomes } = await apply({ plan: planned, desired, live, state, service });
 *   console.log(succeeded, outcomes.map(({ action, result }) => `${action.action} ${result}`));
 * } finally {
 *   await state.close();
 *   await service.close();
 * }
 * ```
 */
export async function apply(options: ApplyOptions): Promise<Applied> {
  const { plan, desired, live, state, service, stores = openStores(desired, service), onEvent } = options;
  refuseViolations(plan);
  refuseDeletions(plan, options.allowDelete ?? false);
  const run = Symbol('apply');
  state.applying.add(run);
  const done = await applyTested(
    {
      plan,
      desired,
      live,
      stores,
      stateWriter: state.stateWriter,
      parallelism: service.opened.parallelism,
      stopping: options.signal ?? new AbortController().signal,
      ...defined({ onEvent }),
    },
    service.opened,
    {
      smoke: options.smoke ?? true,
      by: { command: plan.scope?.only === undefined ? 'library' : 'library --only', who: whoRuns(service.opened.env) },
    },
  ).finally(() => state.applying.delete(run));
  return {
    ...done.applied,
    smoke: done.smoke,
    succeeded: isComplete(plan, done) && done.smoke.passed && !done.applied.outcomes.some(isSetupFailed),
  };
}

function refuseDeletions({ actions }: Plan, allowed: boolean): void {
  const names = actions.filter(({ action }) => action === 'delete_account').map(({ account }) => account);
  if (allowed || names.length === 0) return;
  const message = `the plan deletes accounts with all data: ${names.slice(0, 10).join(', ')}`;
  throw new UserError('NOT_CONFIRMED', message, 'To delete them, set allowDelete.');
}

/**
 * Renders the result of an apply.
 *
 * @param plan The plan that was applied.
 * @param format `text` (without colours) or `json` (`schemas/plan.schema.json`)
 * @example
 * ```ts
 * import { apply, loadConfig, openService, openState, plan, readLive, renderApplied } from 'motherduck-accounts';
 *
 * const { desired } = await loadConfig();
 * const service = await openService({ sandbox: '.motherduck-sandbox' });
 * const state = await openState({ desired, service });
 * try {
 *   const live = await readLive({ desired, state, service });
 *   const planned = plan({ desired, live, state, service });
 *   console.log(renderApplied(planned, await apply({ plan: planned, desired, live, state, service }), 'text'));
 * } finally {
 *   await state.close();
 *   await service.close();
 * }
 * ```
 */
export function renderApplied(plan: Plan, applied: Applied, format: 'text' | 'json'): string {
  const { smoke } = applied;
  const done = { ...applied, smoke: smoke.accounts };
  return APPLY_FORMATS[format].applied({ plan, applied: done, smoke });
}
