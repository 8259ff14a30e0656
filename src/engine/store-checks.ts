/** Whether stores can take the secrets of tokens, by the check of apply, without writing anything. */
import { type Action, storesOf, storingActions } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { secretTargets, type TargetInput } from '../secrets/secret-targets.ts';
import type { SecretStore, SecretTarget } from '../secrets/store.ts';

/** The targets of secrets, by the name of their store. */
type Targets = ReadonlyMap<string, readonly SecretTarget[]>;

/** Where the secrets of the configuration's tokens go. */
export interface ConfiguredTargets {
  /** Of every token; values of others are in the way of those that the next apply stores. */
  readonly all: Targets;
  /** Of adopted tokens, whose secrets a later rotation stores. */
  readonly later: Targets;
}

/**
 * The targets of the tokens of some accounts.
 *
 * @param state Undefined where it cannot be read: then it is not known which values are of others.
 * @param isLive Whether a token that the state does not have is live, so that an apply adopts it. Default: none is.
 */
export function configuredTargets(
  { state, ...input }: Omit<TargetInput, 'state'> & { readonly state: State | undefined },
  only: (username: string) => boolean = () => true,
  isLive: (account: string, name: string) => boolean = () => false,
): ConfiguredTargets {
  const { desired, stores, isSandbox } = input;
  const targetOf = state && secretTargets({ ...input, state });
  const [all, later] = [new Map<string, SecretTarget[]>(), new Map<string, SecretTarget[]>()];
  for (const { username: account, tokens } of desired.accounts.values()) {
    if (!only(account)) continue;
    const known = state?.accounts.get(accountKey(account))?.tokens;
    for (const { key: token, name, stores: names } of tokens.values()) {
      const current = known?.get(token)?.current;
      const isAdopted = current === undefined ? isLive(account, name) : current.secret === 'unknown';
      for (const store of names.flatMap((each) => stores.get(each) ?? [])) {
        const plain: SecretTarget = { account, token, ...(isSandbox ? { isSandbox } : {}) };
        const target = targetOf?.(store, { account, token }) ?? plain;
        add(all, store.name, isAdopted ? plain : target);
        if (isAdopted && target.isFirst) add(later, store.name, target);
      }
    }
  }
  return { all, later };
}

/** The stores of files that refuse what the actions store, for other reasons than the values that are there. Runs no program. */
export async function refusingFiles(
  actions: readonly Action[],
  input: TargetInput,
): Promise<ReadonlyMap<string, UserError>> {
  const targetOf = secretTargets(input);
  const targets = new Map<string, SecretTarget[]>();
  for (const action of storingActions(actions)) {
    const address = { account: action.account, token: action.token };
    for (const store of storesOf(action).flatMap((name) => input.stores.get(name) ?? [])) {
      if (store.inspect !== undefined) add(targets, store.name, targetOf(store, address));
    }
  }
  const refused = new Map<string, UserError>();
  for (const [name, all] of targets) {
    const error = await refusalOf(input.stores.get(name), all);
    if (error !== undefined && error.code !== 'STORE_FOREIGN') refused.set(name, error);
  }
  return refused;
}

/** Why a store would refuse the secrets; undefined when it would not. Nothing is written. */
export async function refusalOf(
  store: SecretStore | undefined,
  targets: readonly SecretTarget[] = [],
): Promise<UserError | undefined> {
  try {
    await store?.check(targets, { readOnly: true });
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

function add(targets: Map<string, SecretTarget[]>, store: string, target: SecretTarget): void {
  const all = targets.get(store) ?? [];
  targets.set(store, all);
  all.push(target);
}
