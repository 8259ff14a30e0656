import type { ApplyEvent, Outcome } from '../apply/apply-account.ts';
import { applyTested, isComplete, refuseViolations } from '../engine/applying.ts';
import type { Desired } from '../model/desired.ts';
import type { Live } from '../model/live.ts';
import type { Plan } from '../model/plan.ts';
import type { Smoke } from '../model/smoke.ts';
import { UserError } from '../model/user-error.ts';
import { appliedJson } from '../report/apply/json.ts';
import { appliedText } from '../report/apply/text.ts';
import type { SecretStore } from '../secrets/store.ts';
import { openStores } from './reading.ts';
import type { Service } from './service.ts';
import type { OpenState } from './state.ts';

export interface ApplyOptions {
  readonly plan: Plan;
  readonly desired: Desired;
  /** What the plan was made from. */
  readonly live: Live;
  readonly state: OpenState;
  readonly service: Service;
  readonly stores?: ReadonlyMap<string, SecretStore>;
  /** Whether accounts are connected to afterwards, as `mdacc apply` does; true unless given. */
  readonly smoke?: boolean;
  /** Whether accounts may be deleted, with all data; false unless given. */
  readonly allowDelete?: boolean;
  /** When it is aborted, calls in flight are finished and nothing else is begun; the state is right then too. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ApplyEvent) => void;
}

/** What became of a plan. */
export interface Applied {
  /** All of the plan was done, and what it touched was seen to connect. */
  readonly succeeded: boolean;
  /** What became of each action. */
  readonly outcomes: readonly Outcome[];
  readonly smoke: Smoke;
  /** What went wrong beside the actions. */
  readonly failures: readonly UserError[];
  readonly interrupted: boolean;
}

/**
 * Does a plan: secrets go into their stores the moment they exist, and every step is in the state before the next one
 * begins. Actions that fail are in the result; apply again to go on.
 *
 * @throws {@link UserError} GUARDRAIL, NOT_CONFIRMED (it deletes accounts, and `allowDelete` is not set), STORE_UNUSABLE,
 * STATE_UNWRITABLE, STATE_INVALID (something else changed the state's file); all before anything was done
 */
export async function apply(options: ApplyOptions): Promise<Applied> {
  const { plan, desired, live, state, service, stores = openStores(desired), onEvent } = options;
  refuseViolations(plan, false);
  refuseDeletions(plan, options.allowDelete ?? false);
  const done = await applyTested(
    {
      plan,
      desired,
      live,
      stores,
      stateWriter: state.stateWriter,
      parallelism: service.opened.parallelism,
      stopping: options.signal ?? new AbortController().signal,
      ...(onEvent ? { onEvent } : {}),
    },
    service.opened,
    options.smoke ?? true,
  );
  return { ...done.applied, smoke: done.smoke, succeeded: isComplete(plan, done) && done.smoke.passed };
}

function refuseDeletions({ actions }: Plan, allowed: boolean): void {
  const names = actions.filter(({ action }) => action === 'delete_account').map(({ account }) => account);
  if (allowed || names.length === 0) return;
  const message = `the plan deletes accounts with all data: ${names.slice(0, 10).join(', ')}`;
  throw new UserError('NOT_CONFIRMED', message, 'When that is meant, set allowDelete.');
}

/** What became of a plan, as text or as JSON (`schemas/plan.schema.json`). */
export function renderApplied(plan: Plan, applied: Applied, format: 'text' | 'json'): string {
  const { smoke } = applied;
  const done = { ...applied, smoke: smoke.accounts };
  return format === 'json' ? appliedJson(plan, done, smoke) : appliedText(done, smoke);
}
