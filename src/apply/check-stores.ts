/** Before anything is done: whether each store takes the secrets that the plan gives it. */
import { type Action, adoptingActions, storesOf, storingActions } from '../model/action.ts';
import type { Desired } from '../model/desired.ts';
import { entryName } from '../model/entry-name.ts';
import type { Plan } from '../model/plan.ts';
import type { TokenAddress } from '../model/secret.ts';
import { UserError } from '../model/user-error.ts';
import { SecretPathsInUse } from '../secrets/secret-paths-in-use.ts';
import { secretTargets, storeRefusal } from '../secrets/secret-targets.ts';
import type { SecretStore, SecretTarget } from '../secrets/store.ts';
import { noticeText } from '../wording/notices.ts';
import type { ApplyInput } from './apply-input.ts';

/**
 * Each store is checked with the tokens whose secrets it will get.
 *
 * @returns The actions whose secrets cannot be stored.
 * @throws UserError unless the plan is of scheduled work
 */
export async function checkStores(input: ApplyInput): Promise<ReadonlyMap<Action, UserError>> {
  const { plan, desired, stores, stateWriter } = input;
  const inUse = new SecretPathsInUse(desired, stateWriter.state, stores);
  const adopted = adoptingActions(plan.actions);
  const targetOf = secretTargets({ desired, state: stateWriter.state, stores, isSandbox: plan.sandbox, adopted });
  const isScheduled = plan.due === true;
  const targets = new Map<SecretStore, ActionTarget[]>();
  const refused = new Map<Action, UserError>();
  for (const action of storingActions(plan.actions)) {
    const taken = whyTaken(action, storesOf(action), input, inUse);
    if (taken && !isScheduled) throw taken;
    if (taken) {
      refused.set(action, taken);
      continue;
    }
    const { account, token } = action;
    for (const store of storesOf(action).flatMap((name) => stores.get(name) ?? [])) {
      const all = targets.get(store) ?? [];
      targets.set(store, all);
      all.push({ action, target: targetOf(store, { account, token }) });
    }
  }
  const checkStore = async ([store, all]: readonly [SecretStore, readonly ActionTarget[]]) => {
    if (!isScheduled) return store.check(all.map(({ target }) => target));
    for (const [action, error] of await refusalsOf(store, all)) refused.set(action, error);
  };
  await Promise.all([...targets].map(checkStore));
  return refused;
}

interface ActionTarget {
  readonly action: Action;
  readonly target: SecretTarget;
}

/** The actions whose secrets a store refuses, and why: halves are checked until it is known which. */
async function refusalsOf(store: SecretStore, all: readonly ActionTarget[]): Promise<(readonly [Action, UserError])[]> {
  const error = await storeRefusal(
    store,
    all.map(({ target }) => target),
  );
  if (error === undefined) return [];
  const isWhole = all.length === 1 || (await storeRefusal(store)) !== undefined;
  if (isWhole) return all.map(({ action }) => [action, error] as const);
  const half = all.length >> 1;
  return [...(await refusalsOf(store, all.slice(0, half))), ...(await refusalsOf(store, all.slice(half)))];
}

/** Why a secret cannot be stored: it would overwrite that of another token of this state, which is in use. */
export function whyTaken(
  { account, token }: TokenAddress,
  stores: readonly string[],
  { plan, desired }: { readonly plan?: Pick<Plan, 'actions'>; readonly desired: Desired },
  inUse: SecretPathsInUse,
): UserError | undefined {
  const { store, holder } = inUse.holderOf({ account, token }, stores, plan?.actions ?? []) ?? {};
  if (store === undefined || holder === undefined) return undefined;
  const about = { store, tokens: [entryName({ account, token })], holders: [holder] };
  const { message, hint } = noticeText({ kind: 'secret_taken', ...about });
  const config = desired.stores.get(store);
  return new UserError('STORE_FOREIGN', message, hint, config && { location: config.location });
}
