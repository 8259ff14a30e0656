/** Whether stores can take the secrets of tokens, by the check of apply, without writing anything. */
import { type Action, adoptingActions, storesOf, storingActions } from '../model/action.ts';
import type { Desired, DesiredToken } from '../model/desired.ts';
import type { TokenAddress } from '../model/secret.ts';
import type { State } from '../model/state.ts';
import type { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { secretTargets, storeRefusal, type TargetInput } from '../secrets/secret-targets.ts';
import type { SecretStore, SecretTarget } from '../secrets/store.ts';

/** The targets of secrets, by the name of their store. */
type Targets = ReadonlyMap<string, readonly SecretTarget[]>;

/** Where the secrets of the configuration's tokens go. */
export interface ConfiguredTargets {
  /** Of every token; values of others are in the way of those that the next apply stores. */
  readonly all: Targets;
  /** Of tokens whose first secret a later apply stores, such as adopted ones. */
  readonly later: Targets;
}

/**
 * The targets of the tokens of some accounts.
 *
 * @param state Undefined where it cannot be read: then it is not known which values are of others.
 * @param isLater Whether the next apply does not store the secret of a token of which the state has none, but, for example, adopts it. Default: it stores all.
 */
export function configuredTargets(
  { state, ...input }: Omit<TargetInput, 'state'> & { readonly state: State | undefined },
  only: (username: string) => boolean = () => true,
  isLater: (account: string, token: DesiredToken) => boolean = () => false,
): ConfiguredTargets {
  const { desired, stores, isSandbox } = input;
  const targetOf = state && secretTargets({ ...input, state });
  const [all, later] = [new Map<string, SecretTarget[]>(), new Map<string, SecretTarget[]>()];
  for (const { username: account, tokens } of desired.accounts.values()) {
    if (!only(account)) continue;
    const known = state?.accounts.get(accountKey(account))?.tokens;
    for (const desiredToken of tokens.values()) {
      const { key: token, stores: names } = desiredToken;
      const current = known?.get(token)?.current;
      const isNotNow = current === undefined ? isLater(account, desiredToken) : current.secret === 'unknown';
      for (const store of names.flatMap((each) => stores.get(each) ?? [])) {
        const plain: SecretTarget = { account, token, ...(isSandbox ? { isSandbox } : {}) };
        const target = targetOf?.(store, { account, token }) ?? plain;
        add(all, store.name, isNotNow ? plain : target);
        if (isNotNow && target.isFirst) add(later, store.name, target);
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
  const targetOf = secretTargets({ ...input, adopted: adoptingActions(actions) });
  const targets = new Map<string, SecretTarget[]>();
  for (const action of storingActions(actions)) {
    const address = { account: action.account, token: action.token };
    for (const store of storesOf(action).flatMap((name) => input.stores.get(name) ?? [])) {
      if (store.inspect !== undefined) add(targets, store.name, targetOf(store, address));
    }
  }
  const refused = new Map<string, UserError>();
  for (const [name, all] of targets) {
    const error = await storeRefusal(input.stores.get(name), all, { readOnly: true });
    if (error !== undefined && error.code !== 'STORE_FOREIGN') refused.set(name, error);
  }
  return refused;
}

/** The stores of the configuration's tokens whose program beside the configuration cannot be run. Runs no program. */
export async function brokenPrograms(
  { accounts }: Desired,
  stores: ReadonlyMap<string, SecretStore>,
  only: (username: string) => boolean,
): Promise<ReadonlyMap<string, UserError>> {
  const used = [...accounts.values()].flatMap(({ username, tokens }) =>
    only(username) ? [...tokens.values()].flatMap((token) => token.stores) : [],
  );
  const broken = new Map<string, UserError>();
  for (const name of new Set(used)) {
    const error = await stores.get(name)?.missingProgram?.();
    if (error !== undefined) broken.set(name, error);
  }
  return broken;
}

/** The tokens whose first secrets would overwrite values that the state did not write. */
export async function foreignIn(store: SecretStore, first: readonly SecretTarget[]): Promise<readonly TokenAddress[]> {
  return (await store.inspect?.({ stored: [], first, doubted: [] }))?.foreign ?? [];
}

function add(targets: Map<string, SecretTarget[]>, store: string, target: SecretTarget): void {
  const all = targets.get(store) ?? [];
  targets.set(store, all);
  all.push(target);
}
