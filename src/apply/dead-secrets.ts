/** Secrets of tokens that no longer exist: they are removed from the stores that can remove them. */
import type { Desired } from '../model/desired.ts';
import type { Plan } from '../model/plan.ts';
import type { State, StateToken, TokenRecord } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { SecretStore } from '../secrets/store.ts';
import type { StateWriter } from './state-writer.ts';

/** What the removal of secrets needs. */
export interface RemovalTools {
  readonly desired: Desired;
  readonly plan: Pick<Plan, 'sandbox'>;
  readonly stores: ReadonlyMap<string, SecretStore>;
  readonly stateWriter: StateWriter;
}

/** Where a token's secret is, as far as the state knows. */
type KnownSecret = TokenRecord['secret'] | undefined;

/** Removes a secret, unless it is where the configuration puts one or the state has one of another token. @throws UserError STORE_FAILED */
export async function removeSecret(
  account: string,
  token: string,
  secret: KnownSecret,
  tools: RemovalTools,
): Promise<void> {
  if (secret === undefined || secret === 'unknown') return;
  const store = tools.stores.get(secret.store);
  const place = store?.placeOf?.({ account, token }, secret.secret_path);
  if (place !== undefined && (placesInUse(tools).has(place) || isOfAnother(place, account, token, tools))) return;
  const isSandbox = tools.plan.sandbox ? { isSandbox: true } : {};
  await store?.remove?.({ account, token, secretPath: secret.secret_path, ...isSandbox });
}

/** Removes all secrets of these tokens of an account. @throws UserError STORE_FAILED, after trying all */
export async function removeSecrets(
  account: string,
  tokens: Iterable<readonly [key: string, token: StateToken]>,
  tools: RemovalTools,
): Promise<void> {
  let failed: UserError | undefined;
  for (const [key, { current, retiring }] of tokens) {
    for (const { secret } of [...(current ? [current] : []), ...retiring]) {
      await removeSecret(account, key, secret, tools).catch((error: unknown) => {
        if (!(error instanceof UserError)) throw error;
        failed ??= error;
      });
    }
  }
  if (failed) throw failed;
}

const inUse = new WeakMap<Desired, ReadonlySet<string>>();

function placesInUse({ desired, stores }: RemovalTools): ReadonlySet<string> {
  const known = inUse.get(desired);
  if (known !== undefined) return known;
  const places = [...desired.accounts.values()].flatMap(({ username: account, tokens }) =>
    [...tokens.values()].flatMap(({ key: token, store }) => stores.get(store)?.placeOf?.({ account, token }) ?? []),
  );
  const found = new Set(places);
  inUse.set(desired, found);
  return found;
}

const owners = new WeakMap<Desired, ReadonlyMap<string, ReadonlySet<string>>>();

/** Whether the state has the secret of a current token of another key there. It may have been edited. */
function isOfAnother(place: string, account: string, token: string, tools: RemovalTools): boolean {
  const { desired, stateWriter, stores } = tools;
  const own = accountKey(account);
  const byPlace = owners.get(desired) ?? ownersByPlace(stateWriter.state, stores);
  owners.set(desired, byPlace);
  if ([...(byPlace.get(place) ?? [])].some((key) => key !== own && stateWriter.state.accounts.has(key))) return true;
  const entry = stateWriter.state.accounts.get(own);
  return [...(entry?.tokens ?? [])].some(
    ([key, { current }]) => key !== token && placeOf(account, key, current, stores) === place,
  );
}

/** The accounts that have a current token's secret at a place. */
function ownersByPlace({ accounts }: State, stores: RemovalTools['stores']): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const [key, { username, tokens }] of accounts) {
    for (const [token, { current }] of tokens) {
      const place = placeOf(username, token, current, stores);
      if (place !== undefined) found.set(place, (found.get(place) ?? new Set()).add(key));
    }
  }
  return found;
}

function placeOf(account: string, token: string, current: TokenRecord | undefined, stores: RemovalTools['stores']) {
  if (current === undefined || current.secret === 'unknown') return undefined;
  return stores.get(current.secret.store)?.placeOf?.({ account, token }, current.secret.secret_path);
}
