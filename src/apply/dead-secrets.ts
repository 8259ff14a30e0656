/** Secrets of tokens that no longer exist: they are removed from the stores that can remove them. */
import type { Desired } from '../model/desired.ts';
import type { Plan } from '../model/plan.ts';
import type { StateToken, TokenRecord } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import type { SecretStore } from '../secrets/store.ts';

/** What the removal of secrets needs. */
export interface RemovalTools {
  readonly desired: Desired;
  readonly plan: Pick<Plan, 'sandbox'>;
  readonly stores: ReadonlyMap<string, SecretStore>;
}

/** Where a token's secret is, as far as the state knows. */
type KnownSecret = TokenRecord['secret'] | undefined;

/** Removes a secret, unless it is where the configuration puts one. @throws UserError STORE_FAILED */
export async function removeSecret(
  account: string,
  token: string,
  secret: KnownSecret,
  tools: RemovalTools,
): Promise<void> {
  if (secret === undefined || secret === 'unknown') return;
  const store = tools.stores.get(secret.store);
  const place = store?.placeOf?.({ account, token }, secret.secret_path);
  if (place !== undefined && placesInUse(tools).has(place)) return;
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
