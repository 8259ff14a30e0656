/** The targets of secrets that are to be stored, and whether a store would take them. */
import type { Desired } from '../model/desired.ts';
import type { TokenAddress } from '../model/secret.ts';
import { copiesOf, type State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { firstTarget, isFirstSecret } from './recorded-secrets.ts';
import type { CheckOptions, SecretStore, SecretTarget } from './store.ts';

/** What says where secrets are and go. */
export interface TargetInput {
  readonly desired: Desired;
  readonly state: State;
  readonly stores: ReadonlyMap<string, SecretStore>;
  readonly isSandbox: boolean;
  /** Tokens that an apply adopts, whose secrets programs read where the configuration puts them. */
  readonly adopted?: readonly TokenAddress[];
}

/** Gives the target of a token's secret in a store. */
export function secretTargets(input: TargetInput): (store: SecretStore, address: TokenAddress) => SecretTarget {
  const { state, isSandbox } = input;
  const files = filesOf(input);
  return (store, address) => {
    const isFirst = isFirstSecret(state, store, address);
    return {
      ...(isFirst ? firstTarget(state, address) : address),
      ...(isSandbox ? { isSandbox: true } : {}),
      ...(isFirst && files.has(fileOf(store.secretPath(address))) ? { isShared: true } : {}),
    };
  };
}

/** Why a store refuses the secrets, by its check; undefined when it does not. Without targets, why it would refuse any. */
export async function storeRefusal(
  store: SecretStore | undefined,
  targets: readonly SecretTarget[] = [],
  options: CheckOptions = {},
): Promise<UserError | undefined> {
  try {
    await store?.check(targets, options);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** The files in which tokens have their secrets; those that are adopted, where the configuration puts them. */
function filesOf({ desired, state, stores, adopted = [] }: TargetInput): ReadonlySet<string> {
  const configured = (key: string, username: string, token: string) => {
    const account = desired.accounts.get(key);
    const address = { account: account?.username ?? username, token };
    return (account?.tokens.get(token)?.stores ?? []).flatMap((name) => stores.get(name)?.secretPath(address) ?? []);
  };
  const paths = [...state.accounts].flatMap(([key, { username, tokens }]) =>
    [...tokens].flatMap(([token, { current }]) => {
      const secret = current?.secret ?? 'unknown';
      return secret === 'unknown' ? configured(key, username, token) : copiesOf(secret).map((copy) => copy.secret_path);
    }),
  );
  const ofAdopted = adopted.flatMap(({ account, token }) => configured(accountKey(account), account, token));
  return new Set([...paths, ...ofAdopted].map(fileOf));
}

function fileOf(secretPath: string): string {
  return secretPath.slice(0, secretPath.lastIndexOf('#'));
}
