/**
 * Carries out a Plan:
 *
 *   1. check the secret stores that the plan uses; if one cannot be written, nothing is done. Scheduled work has no
 *      reader, so there only the tokens whose secrets cannot be stored fail, and the others do not expire meanwhile
 *   2. process accounts in parallel, at most `parallelism` at once, beside those that wait for the state or a secrets file
 *   3. within an account, in the plan's order: the account, its Ducklings, its tokens, its setup; then verify that new tokens
 *      connect; then revoke. A setup that was refused may need what another account's creates: it runs again while others succeed
 *
 * A failed action skips the actions that depend on it: all others of the account if it created or adopted the account, those of the same
 * token if it was on a token. When `stopping` is aborted, the actions in progress are finished and no others begin.
 */
import { setMaxListeners } from 'node:events';
import { type Action, actionsByAccount, storingActions } from '../model/action.ts';
import type { PlanWarning } from '../model/notice.ts';
import type { AccountSmoke } from '../model/smoke.ts';
import type { State, StateAccount } from '../model/state.ts';
import { withRun } from '../model/state-run.ts';
import { isStateError, UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { inParallel, Slots } from '../motherduck/concurrency.ts';
import { shorterLife } from '../plan/token-warnings.ts';
import { withStoreNames } from '../secrets/renamed-stores.ts';
import { AccountApply, type AccountResult, type Halt } from './apply-account.ts';
import type { ActionOutcome, ApplyInput } from './apply-input.ts';
import { checkStores } from './check-stores.ts';
import { refreshState } from './refresh-state.ts';
import { removeGone, SecretRemover } from './remove-secrets.ts';
import { isSaved, type StateWriter, tokenOf, unsavedEntries } from './state-writer.ts';
import { listIds, recentIds } from './user-ids.ts';

/** The result of an apply. */
export interface Applied {
  readonly outcomes: readonly ActionOutcome[];
  readonly smoke: readonly AccountSmoke[];
  /** Failures outside of actions: of writing the state, or of revoking a token without an overlap. */
  readonly failures: readonly UserError[];
  readonly interrupted: boolean;
  /** Results of actions that the user should know, such as a shorter life than requested. */
  readonly warnings: readonly PlanWarning[];
  /** Accounts (`etl_prod`) and tokens (`etl_prod/airflow`) whose changes could not be written to the state. */
  readonly unsaved: readonly string[];
  /** Whether the last write of the state succeeded. */
  readonly saved: boolean;
}

/** How many accounts are in progress for each operation at a time; most of them wait for a state that is far away, or for a large secrets file. */
const ACCOUNTS_PER_OPERATION = 8;
/** A change that takes longer than this may have been interrupted by a suspended machine. Measured by the wall clock, since the monotonic one stops while the machine sleeps. */
const SUSPENDED_MS = 1000;

/**
 * Carries out the plan. Failures of actions are in the result.
 *
 * @throws UserError STORE_UNUSABLE, STORE_FOREIGN, STATE_LOST, STATE_UNREACHABLE, before anything was done; STATE_UNWRITABLE
 */
export async function apply(input: ApplyInput): Promise<Applied> {
  setMaxListeners(0, input.stopping);
  const named = withStoreNames(input.stateWriter.state, input.stores);
  if (named.renamed.length > 0) input.stateWriter.note(() => named.state);
  const before = input.stateWriter.state;
  const refused = await checkStores(input);
  const removals = await removeGone(input);
  await input.stateWriter.update((state) => refreshState(state, input));
  const groups = actionsToApply(input, input.verify !== undefined);
  const { run } = input;
  // Written with the first intent.
  if (run !== undefined && groups.size > 0)
    input.stateWriter.note((state) => ({ ...state, runs: withRun(state.runs, run) }));
  // An account may have been replaced since the plan was made.
  const idOf = recentIds(input.api);
  const halt: Halt = {};
  const slots = new Slots(input.parallelism);
  const stateWriter = lendingSlots(input.stateWriter, slots, halt);
  const outsideSlot = <T>(wait: () => Promise<T>) => slots.outside(wait);
  const atOnce = input.parallelism === 1 ? 1 : input.parallelism * ACCOUNTS_PER_OPERATION;
  const tokenIds = tokenIdsOf(before);
  const api = input.api.withCheck(() => stateWriter.confirm());
  const remover = new SecretRemover({ ...input, stateWriter });
  const own = { api, stateWriter, remover, before, halt, idOf, tokenIds, refused, outsideSlot, setups: { done: 0 } };
  const shared = { ...input, ...own };
  let waiting: (readonly [account: string, work: AccountApply])[] = [];
  const within = async (account: string, work: AccountApply, act: () => Promise<AccountResult | undefined>) => {
    const result = await slots.within(act);
    if (result === undefined) waiting.push([account, work]);
    else input.onEvent?.({ kind: 'account', account });
    return result ?? [];
  };
  const first = await inParallel(groups, atOnce, ([account, actions]) => {
    const work = new AccountApply(account, shared);
    return within(account, work, () => work.run(actions));
  });
  const results = first.flat();
  // Each round ends when every setup was refused since the last one that succeeded.
  while (waiting.length > 0) {
    const again = waiting;
    waiting = [];
    const round = await inParallel(again, atOnce, ([account, work]) => within(account, work, () => work.finish()));
    results.push(...round.flat());
  }
  if (halt.error?.code !== 'STATE_LOST') {
    await recordIds(
      results.flatMap((result) => result.outcomes),
      input,
    );
  }
  const failures = [...removals, ...results.flatMap((result) => result.failures), ...(await saved(input))];
  const outcomes = results.flatMap((result) => result.outcomes);
  return {
    outcomes,
    warnings: shorterLives(outcomes, input),
    smoke: results.flatMap((result) => result.smoke),
    failures,
    interrupted: input.stopping.aborted,
    unsaved: unsavedEntries(input.stateWriter),
    saved: isSaved(input.stateWriter),
  };
}

function tokenIdsOf({ accounts }: State): Set<string> {
  const tokens = [...accounts.values()].flatMap((account) => [...account.tokens.values()]);
  return new Set(
    tokens.flatMap(({ current, retiring }) => [...(current ? [current] : []), ...retiring]).map(({ id }) => id),
  );
}

/** The tokens that MotherDuck gave less life than requested. */
function shorterLives(outcomes: readonly ActionOutcome[], { desired, stateWriter }: ApplyInput): PlanWarning[] {
  const done = outcomes.flatMap(({ action, result }) => (result === 'done' ? [action] : []));
  return storingActions(done).flatMap(({ account, token }) => {
    const configured = desired.accounts.get(accountKey(account))?.tokens.get(token);
    const { current } = tokenOf(stateWriter, account, token);
    if (configured === undefined || current === undefined) return [];
    const { name, created_at, expires_at, ttl } = current;
    const life = { createdAt: Date.parse(created_at), expiresAt: expires_at === null ? null : Date.parse(expires_at) };
    return shorterLife(configured, ttl, { name, ...life }, account);
  });
}

/**
 * The same state, for work in slots, which others use while a change is written. When that fails, nobody waits for a slot to hear
 * of it. When it took long, this run may have been suspended, and what follows begins only if no other run has the state.
 */
function lendingSlots(stateWriter: StateWriter, slots: Slots, halt: Halt): StateWriter {
  const update: StateWriter['update'] = async (change, account) => {
    try {
      await stateWriter.update(change, account);
    } catch (error) {
      if (error instanceof UserError && isStateError(error)) halt.error ??= error;
      throw error;
    }
  };
  return {
    get state() {
      return stateWriter.state;
    },
    get durable() {
      return stateWriter.durable;
    },
    update: async (change, account) => {
      const began = Date.now();
      await slots.outside(() => update(change, account));
      if (Math.abs(Date.now() - began) > SUSPENDED_MS) await stateWriter.confirm();
    },
    note: (change, account) => stateWriter.note(change, account),
    confirm: () => stateWriter.confirm(),
  };
}

/**
 * Notes the ids of the accounts that this apply created, which MotherDuck's answer to a creation lacks. Those of an apply
 * that was killed are adopted by the next plan: by then, another account may have the name. One that was stopped still reads them,
 * so that a destroy knows what it made.
 */
async function recordIds(outcomes: readonly ActionOutcome[], { api, stateWriter }: ApplyInput): Promise<void> {
  const created = new Set(
    outcomes.flatMap(({ action, result }) =>
      action.action === 'create_account' && result === 'done' ? [accountKey(action.account)] : [],
    ),
  );
  if (created.size === 0) return;
  try {
    const ids = await listIds(api);
    stateWriter.note((state) => {
      const identified = [...state.accounts].map(([key, account]): [string, StateAccount] => {
        const id = ids.get(key);
        return [key, id !== undefined && created.has(key) ? { ...account, id } : account];
      });
      return { ...state, accounts: new Map(identified) };
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

/** Writes noted changes and those that could not be written before. */
async function saved({ stateWriter }: ApplyInput): Promise<UserError[]> {
  try {
    await stateWriter.update((state) => state);
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [error];
  }
}

/** For the progress of an apply. */
export interface ApplySteps {
  readonly actions: number;
  readonly accounts: number;
}

/** The number of actions of an apply of this plan, and of its accounts, which are finished when they are tested. */
export function countSteps(input: PlannedWork, withSmoke: boolean): ApplySteps {
  const groups = actionsToApply(input, withSmoke);
  return { actions: [...groups.values()].reduce((sum, actions) => sum + actions.length, 0), accounts: groups.size };
}

type PlannedWork = Pick<ApplyInput, 'plan' | 'desired' | 'stateWriter'>;

/** The plan's actions by account. Accounts that are only tested again have none, as those whose tokens are accepted without a test. */
function actionsToApply({ plan, desired, stateWriter }: PlannedWork, withSmoke: boolean): Map<string, Action[]> {
  const groups = actionsByAccount(plan.actions);
  const isTested = (account: string) => withSmoke && desired.accounts.get(accountKey(account))?.smoke !== false;
  const accepted = plan.unverified.map(({ account }) => account).filter((account) => !isTested(account));
  for (const account of [...plan.retest, ...accepted]) {
    const isKnown = desired.accounts.has(accountKey(account)) && stateWriter.state.accounts.has(accountKey(account));
    if (isKnown && !groups.has(account)) groups.set(account, []);
  }
  return groups;
}
