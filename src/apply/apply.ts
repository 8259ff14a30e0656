/**
 * A Plan becomes effects:
 *
 *   first         what the plan's stores need is checked; a store that cannot be written stops all, before anything
 *   over accounts in parallel, as many at once as `parallelism`
 *   an account    in the plan's order: the account, its Ducklings, its tokens, then the proof that what is new
 *                 connects, and last what is revoked
 *
 * A failed action takes with it what needs it: everything, when it was the account; the rest of its token, when it was
 * a token; nothing else. When `stopping` is aborted, the action in flight is finished and no other is begun.
 */
import { setMaxListeners } from 'node:events';
import type { Action } from '../model/plan.ts';
import type { AccountSmoke } from '../model/smoke.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { inParallel } from '../motherduck/concurrency.ts';
import { AccountRun, type ApplyInput, type Halt, type Outcome } from './account-run.ts';
import { remember } from './remember.ts';

export interface Applied {
  readonly outcomes: readonly Outcome[];
  readonly smoke: readonly AccountSmoke[];
  /** What went wrong beside the actions: the state, or a revocation at the end of an overlap of no length. */
  readonly failures: readonly UserError[];
  readonly interrupted: boolean;
}

/** Does the plan. Failures of actions are in the result. @throws UserError STORE_UNUSABLE before anything was done */
export async function apply(input: ApplyInput): Promise<Applied> {
  setMaxListeners(0, input.stopping);
  await checkStores(input);
  await input.stateWriter.update((state) => remember(state, input));
  const groups = groupByAccount(input);
  const halt: Halt = {};
  const results = await inParallel(groups, input.parallelism, async ([account, actions]) => {
    const result = await new AccountRun(account, { ...input, halt }).run(actions);
    input.onEvent?.({ kind: 'account', account });
    return result;
  });
  return {
    outcomes: results.flatMap((result) => result.outcomes),
    smoke: results.flatMap((result) => result.smoke),
    failures: [...results.flatMap((result) => result.failures), ...(await saved(input))],
    interrupted: input.stopping.aborted,
  };
}

/** Writes what was only noted, and what could not be written before; what cannot be written now is a failure. */
async function saved({ stateWriter }: ApplyInput): Promise<UserError[]> {
  try {
    await stateWriter.update((state) => state);
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [error];
  }
}

/** How many accounts an apply of this plan works on; the measure of its progress. */
export function countAccounts(input: Pick<ApplyInput, 'plan' | 'desired' | 'stateWriter'>): number {
  return groupByAccount(input).size;
}

async function checkStores({ plan, stores }: ApplyInput): Promise<void> {
  const names = plan.actions.flatMap((action) =>
    action.action === 'create_token' || action.action === 'rotate_token' ? [action.after.secret_store] : [],
  );
  await Promise.all([...new Set(names)].map((name) => stores.get(name)?.check()));
}

/** The plan's actions by account, and the accounts that are to be tested again. */
function groupByAccount({
  plan,
  desired,
  stateWriter,
}: Pick<ApplyInput, 'plan' | 'desired' | 'stateWriter'>): Map<string, Action[]> {
  const groups = new Map<string, Action[]>();
  for (const action of plan.actions) {
    const group = groups.get(action.account);
    if (group) group.push(action);
    else groups.set(action.account, [action]);
  }
  const unverified = plan.unverified.map((name) => name.split('/')[0] ?? '');
  for (const account of [...plan.retest, ...unverified]) {
    const isKnown = desired.accounts.has(accountKey(account)) && stateWriter.state.accounts.has(accountKey(account));
    if (isKnown && !groups.has(account)) groups.set(account, []);
  }
  return groups;
}
