/** The places of secrets that are to be stored, as a store checks and writes them. */
import type { Desired } from '../model/desired.ts';
import type { TokenAddress } from '../model/secret.ts';
import { copiesOf, type State } from '../model/state.ts';
import type { SecretStore, SecretTarget } from './store.ts';
import { firstTarget, isFirstSecret } from './written-secrets.ts';

/** What says where secrets are and go. */
export interface TargetInput {
  readonly desired: Desired;
  readonly state: State;
  readonly stores: ReadonlyMap<string, SecretStore>;
  readonly isSandbox: boolean;
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

/** The files in which the state's tokens have their secrets; those that were adopted, where the configuration puts them. */
function filesOf({ desired, state, stores }: TargetInput): ReadonlySet<string> {
  const paths = [...state.accounts].flatMap(([key, { username, tokens }]) =>
    [...tokens].flatMap(([token, { current }]) => {
      const secret = current?.secret ?? 'unknown';
      if (secret !== 'unknown') return copiesOf(secret).map((copy) => copy.secret_path);
      const account = desired.accounts.get(key);
      const address = { account: account?.username ?? username, token };
      return (account?.tokens.get(token)?.stores ?? []).flatMap((name) => stores.get(name)?.secretPath(address) ?? []);
    }),
  );
  return new Set(paths.map(fileOf));
}

function fileOf(secretPath: string): string {
  return secretPath.slice(0, secretPath.lastIndexOf('#'));
}
