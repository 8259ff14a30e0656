/** Secrets of tokens that no longer exist: they are removed from the stores that can remove them. */
import type { Desired } from '../model/desired.ts';
import type { Plan, SecretRemoval } from '../model/plan.ts';
import type { State, StateToken, TokenRecord } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { type DeadRecord, secretsOf } from '../plan/dead-secrets.ts';
import type { SecretStore } from '../secrets/store.ts';
import { kindOf } from '../secrets/stores.ts';
import type { StateWriter } from './state-writer.ts';

/** What the removal of secrets needs. */
export interface RemovalTools {
  readonly desired: Desired;
  readonly plan: Pick<Plan, 'sandbox'>;
  readonly stores: ReadonlyMap<string, SecretStore>;
  readonly stateWriter: StateWriter;
}

/** Removes a secret, if `howRemoved` says so. @throws UserError STORE_FAILED */
export async function removeSecret(
  dead: DeadRecord | undefined,
  tools: RemovalTools,
  places = placesOf(tools),
): Promise<void> {
  if (dead === undefined) return;
  const { plan, stores, stateWriter } = tools;
  if (places.howRemoved(dead, stateWriter.state) === undefined) return;
  const { account, token, secret, interrupted } = dead;
  await stores.get(secret.store)?.remove?.({
    account,
    token,
    secretPath: secret.secret_path,
    ...(secret.fingerprint === undefined ? {} : { fingerprints: [secret.fingerprint, ...interrupted] }),
    ...(plan.sandbox ? { isSandbox: true } : {}),
  });
}

const usedPlaces = new WeakMap<RemovalTools['plan'], UsedPlaces>();

function placesOf({ plan, desired, stores, stateWriter }: RemovalTools): UsedPlaces {
  const places = usedPlaces.get(plan) ?? new UsedPlaces(desired, stateWriter.state, stores);
  usedPlaces.set(plan, places);
  return places;
}

/** Removes all secrets of these tokens of an account. @throws UserError STORE_FAILED, after trying all */
export async function removeSecrets(
  account: string,
  tokens: Iterable<readonly [key: string, token: StateToken]>,
  tools: RemovalTools,
): Promise<void> {
  let failed: UserError | undefined;
  for (const dead of [...tokens].flatMap(([key, entry]) => secretsOf(account, key, entry))) {
    await removeSecret(dead, tools).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      failed ??= error;
    });
  }
  if (failed) throw failed;
}

/** Where secrets are that stay. The state may have been edited, so a dead secret that it names may be another's. */
export class UsedPlaces {
  readonly #desired: Desired;
  readonly #stores: ReadonlyMap<string, SecretStore>;
  /** Where the configuration puts secrets. */
  readonly #configured = new Set<string>();
  readonly #paths = new Set<string>();
  /** The accounts that have a current token's secret at a place. */
  readonly #owners = new Map<string, Set<string>>();
  /** The ids of the tokens that have a fingerprint. */
  readonly #ids = new Map<string, Set<string>>();

  constructor(desired: Desired, { accounts }: State, stores: ReadonlyMap<string, SecretStore>) {
    this.#desired = desired;
    this.#stores = stores;
    for (const { username: account, tokens } of desired.accounts.values()) {
      for (const { key: token, store: name } of tokens.values()) {
        const store = stores.get(name);
        const place = store?.placeOf?.({ account, token });
        if (place !== undefined) this.#configured.add(place);
        if (store !== undefined) this.#paths.add(store.secretPath({ account, token }));
      }
    }
    for (const [key, { username, tokens }] of accounts) {
      for (const [token, { current, retiring }] of tokens) {
        const place = this.#placeOf(username, token, current);
        if (place !== undefined) this.#owners.set(place, (this.#owners.get(place) ?? new Set()).add(key));
        for (const { id, secret } of [...(current ? [current] : []), ...retiring]) {
          const fingerprint = secret === undefined || secret === 'unknown' ? undefined : secret.fingerprint;
          if (fingerprint === undefined) continue;
          this.#ids.set(fingerprint, (this.#ids.get(fingerprint) ?? new Set()).add(id));
        }
      }
    }
  }

  /** Whether the configuration puts a secret at a secret path, in whatever store. */
  isConfigured(secretPath: string): boolean {
    return this.#paths.has(secretPath);
  }

  /** How a dead secret is removed; undefined when it stays, since it may be another's or its store removes none. */
  howRemoved({ account, token, id, secret }: DeadRecord, state: State): SecretRemoval['by'] | undefined {
    const store = this.#stores.get(secret.store);
    if (store?.remove === undefined) return undefined;
    const { fingerprint, secret_path: path } = secret;
    if ([...(this.#ids.get(fingerprint ?? '') ?? [])].some((other) => other !== id)) return undefined;
    const place = store.placeOf?.({ account, token }, path);
    // The store was of another kind when the secret was stored.
    if (store.placeOf !== undefined && place === undefined) return undefined;
    if (
      place !== undefined &&
      (this.#configured.has(place) || this.#isOfAnother(place, { account, token, id }, state))
    ) {
      return undefined;
    }
    const config = this.#desired.stores.get(secret.store);
    const isFile = config !== undefined && kindOf(config).recipient === undefined;
    if (isFile) return fingerprint === undefined && path !== store.secretPath({ account, token }) ? undefined : 'file';
    return store.rehearsedIn === undefined ? 'command' : 'rehearsal';
  }

  /** Whether the state has the secret of another token there, which is the current one of its key. */
  #isOfAnother(
    place: string,
    { account, token, id }: Pick<DeadRecord, 'account' | 'token' | 'id'>,
    { accounts }: State,
  ): boolean {
    const own = accountKey(account);
    const owners = [...(this.#owners.get(place) ?? [])];
    if (owners.some((key) => key !== own && accounts.has(key))) return true;
    return [...(accounts.get(own)?.tokens ?? [])].some(
      ([key, { current }]) => (key !== token || current?.id !== id) && this.#placeOf(account, key, current) === place,
    );
  }

  #placeOf(account: string, token: string, current: TokenRecord | undefined): string | undefined {
    if (current === undefined || current.secret === 'unknown') return undefined;
    return this.#stores.get(current.secret.store)?.placeOf?.({ account, token }, current.secret.secret_path);
  }
}
