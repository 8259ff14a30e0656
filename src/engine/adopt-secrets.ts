/**
 * Adopts the secrets of adopted tokens that another program has, such as Terraform in its state, so that nothing is rotated:
 *
 *   1. choose the secrets of current tokens whose secret is unknown, by the tokens' ids; no claim may contradict
 *   2. check the stores, before anything is written
 *   3. store each, in all of its stores or in none, then record its secret path and fingerprint
 *
 * A run that is killed between storing and recording does no harm: the next one finds the same value, and records it.
 */

import { whyTaken } from '../apply/check-stores.ts';
import { noteToken, type StateWriter } from '../apply/state-writer.ts';
import { alsoSaid, type PartlyStored, storeInAll } from '../apply/store-secret.ts';
import { defined } from '../model/defined.ts';
import type { Desired } from '../model/desired.ts';
import { entryName } from '../model/entry-name.ts';
import type { UnadoptedSecret } from '../model/import.ts';
import { claimsOf, isJwt } from '../model/jwt.ts';
import { type Live, namesInClaims } from '../model/live.ts';
import type { Secret } from '../model/secret.ts';
import type { RecordedPolicy, State, StateToken, TokenRecord } from '../model/state.ts';
import { isoTime, MINUTE_MS } from '../model/time.ts';
import { isStateError, UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { storesText } from '../model/wording.ts';
import { inParallel } from '../motherduck/concurrency.ts';
import { claimedType } from '../motherduck/token-claims.ts';
import { policyOf } from '../plan/recorded-policy.ts';
import { fingerprintOf } from '../secrets/fingerprint.ts';
import { firstTarget, isFirstSecret, storedSecret } from '../secrets/recorded-secrets.ts';
import { isSandboxSecret } from '../secrets/secret-claims.ts';
import { SecretPathsInUse } from '../secrets/secret-paths-in-use.ts';
import type { SecretStore, SecretTarget } from '../secrets/store.ts';

/** What another program has of a token. */
export interface KeptToken {
  readonly username: string;
  readonly id: string;
  /** Absent: it never had it. */
  readonly secret?: Secret;
}

/** A secret to adopt: to store, and to record in the state. */
export interface SecretAdoption {
  /** As the configuration spells it. */
  readonly account: string;
  readonly key: string;
  readonly token: TokenRecord;
  readonly secret: Secret;
  /** That of the configuration, which somebody applies with this. */
  readonly policy: RecordedPolicy;
  readonly stores: readonly SecretStore[];
}

/** What the secrets are chosen by: the state and the configuration with the import. */
export interface SecretAdoptionInput {
  readonly desired: Desired;
  readonly state: State;
  readonly live: Live;
  readonly stores: ReadonlyMap<string, SecretStore>;
  readonly isSandbox: boolean;
}

/** The secrets to adopt, and those that are not adopted. */
export interface ChosenSecrets {
  readonly adoptions: readonly SecretAdoption[];
  readonly unadopted: readonly UnadoptedSecret[];
}

/** Chooses the secrets of the tokens that are managed here and whose secret is unknown. */
export function chooseSecrets(kept: readonly KeptToken[], input: SecretAdoptionInput): ChosenSecrets {
  const adoptions: SecretAdoption[] = [];
  const unadopted: UnadoptedSecret[] = [];
  const users = usersByName(input.live);
  for (const { username, id, secret } of kept) {
    const account = input.desired.accounts.get(accountKey(username));
    const tokens = input.state.accounts.get(accountKey(username))?.tokens ?? new Map<string, StateToken>();
    const [key, entry] = [...tokens].find(([, { current }]) => current?.id === id) ?? [];
    const configured = account?.tokens.get(key ?? '');
    const stores = (configured?.stores ?? []).flatMap((name) => input.stores.get(name) ?? []);
    const token = entry?.current;
    if (account === undefined || configured === undefined || key === undefined) continue;
    if (token?.secret !== 'unknown' || stores.length === 0) continue;
    const why = whyUnadopted(secret, token, entry, accountKey(username), input, users);
    if (secret === undefined || why !== undefined) {
      unadopted.push({ kind: why ?? 'missing', name: entryName({ account: account.username, token: key }), id });
    } else adoptions.push({ account: account.username, key, token, secret, policy: policyOf(configured), stores });
  }
  return { adoptions, unadopted };
}

/** What the claims of a secret contradict. They tell two tokens of one account and type apart by their times alone. */
function whyUnadopted(
  secret: Secret | undefined,
  token: TokenRecord,
  entry: StateToken | undefined,
  account: string,
  { isSandbox, live }: SecretAdoptionInput,
  users: ReadonlyMap<string, string>,
): UnadoptedSecret['kind'] | undefined {
  if (secret === undefined) return 'missing';
  // Programs may read the secret of the token that an adopted one replaced.
  if (entry === undefined || entry.retiring.length > 0) return 'replaced';
  const owners = ownersOf(secret, users);
  const isOthers = owners.size > 0 && !owners.has(account);
  const isForm = isJwt(secret.reveal()) && isSandboxSecret(secret.reveal()) === isSandbox;
  if (!isForm || isOthers || (claimedType(secret) ?? token.type) !== token.type) return 'other';
  return isOfAnotherTime(secret, token, live.now) ? 'other_time' : undefined;
}

/** MotherDuck signs a token when it creates it, give or take the clocks of its servers. */
const SIGNED_MS = 3 * MINUTE_MS;

function isOfAnotherTime(secret: Secret, { created_at: createdAt }: TokenRecord, now: number): boolean {
  const { iat, exp } = claimsOf(secret.reveal()) ?? {};
  if (typeof exp === 'number' && exp * 1000 <= now) return true;
  return typeof iat === 'number' && Math.abs(iat * 1000 - Date.parse(createdAt)) > SIGNED_MS;
}

/** The keys of the users by everything that a claim may say of them. */
function usersByName({ users }: Live): ReadonlyMap<string, string> {
  const all = users.listed ? users.all : [];
  return new Map(all.flatMap((user) => namesInClaims(user).map((name) => [name, accountKey(user.username)] as const)));
}

/** The users that the claims of a secret name; none where MotherDuck's claims name them otherwise. */
function ownersOf(secret: Secret, users: ReadonlyMap<string, string>): ReadonlySet<string> {
  const texts = Object.values(claimsOf(secret.reveal()) ?? {}).filter((value) => typeof value === 'string');
  return new Set(texts.flatMap((text) => users.get(text.toLowerCase()) ?? []));
}

/** Checks that the secrets can be stored. @throws UserError STORE_UNUSABLE, STORE_FOREIGN */
export async function checkSecretAdoptions(
  adoptions: readonly SecretAdoption[],
  { desired, state, stores, isSandbox }: SecretAdoptionInput,
): Promise<void> {
  const inUse = new SecretPathsInUse(desired, state, stores);
  const targets = new Map<SecretStore, SecretTarget[]>();
  for (const each of adoptions) {
    const { account, key } = each;
    const names = each.stores.map(({ name }) => name);
    const taken = whyTaken({ account, token: key }, names, { desired }, inUse);
    if (taken) throw taken;
    for (const store of each.stores) {
      const target = { ...targetOf(each, store, state), isShared: true, ...(isSandbox ? { isSandbox } : {}) };
      targets.set(store, [...(targets.get(store) ?? []), target]);
    }
  }
  for (const [store, all] of targets) await store.check(all);
}

/** The same value may be there already: a run may have been killed, or the other program have stored it. */
function targetOf({ account, key, secret }: SecretAdoption, store: SecretStore, state: State): SecretTarget {
  const address = { account, token: key };
  if (!isFirstSecret(state, store, address)) return address;
  const first = firstTarget(state, address);
  return { ...first, written: new Set([...(first.written ?? []), fingerprintOf(secret.reveal())]) };
}

/**
 * Stores the secrets and records each; the records are written with the next update of the state.
 *
 * @returns The stored ones, and the failures of others.
 * @throws UserError when the state is lost
 */
export async function adoptSecrets(
  adoptions: readonly SecretAdoption[],
  stateWriter: StateWriter,
  now: () => number,
  { parallelism, stopping }: { readonly parallelism: number; readonly stopping: AbortSignal },
): Promise<{ readonly stored: readonly SecretAdoption[]; readonly failures: readonly UserError[] }> {
  const [stored, failures]: [SecretAdoption[], UserError[]] = [[], []];
  await inParallel(adoptions, parallelism, async (each) => {
    if (stopping.aborted) return;
    try {
      await stateWriter.confirm();
      await adoptSecret(each, stateWriter, now);
      stored.push(each);
    } catch (error) {
      if (!(error instanceof UserError) || isStateError(error)) throw error;
      failures.push(error);
    }
  });
  return { stored, failures };
}

/** The error of a store, which also names those that keep the secret; the next run stores it in all of them. */
function withLeft({ error, left }: PartlyStored): unknown {
  if (!(error instanceof UserError) || left.length === 0) return error;
  const { code, message, hint, location } = error;
  const also = `${storesText(left)} already ${left.length === 1 ? 'has' : 'have'} the secret, and cannot put back what was there`;
  return new UserError(code, alsoSaid(message, also), hint, defined({ location }));
}

async function adoptSecret(adoption: SecretAdoption, stateWriter: StateWriter, now: () => number): Promise<void> {
  const { account, key, token, secret, policy, stores } = adoption;
  const { generation, type, expires_at: expiresAt } = token;
  const result = await storeInAll(stores, (store) =>
    store.put({ ...targetOf(adoption, store, stateWriter.state), generation, type, expiresAt }, secret),
  );
  if (result.error !== undefined) throw withLeft(result);
  const address = { account, token: key };
  const { serial } = stateWriter.state;
  const facts = { at: isoTime(now()), fingerprint: fingerprintOf(secret.reveal()), serial };
  const stored = storedSecret(stores, address, facts);
  noteToken(stateWriter, account, key, ({ stored: _before, ...entry }) =>
    entry.current?.id === token.id ? { ...entry, current: { ...entry.current, ...policy, secret: stored } } : entry,
  );
}
