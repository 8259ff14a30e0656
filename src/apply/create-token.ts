/**
 * MotherDuck shows a token's secret once, so the order is: record the intent, create, record that storing begins, store the
 * secret, record the result.
 *
 *   killed before the creation   no live token has the intent's name: nothing to do
 *   the name is taken            nothing was created: later names of the series are tried
 *   killed after it              a live token has it, an orphan; the next run revokes it
 *   no answer to the creation    the same, and the orphan is looked for at once
 *   killed while storing         programs may use the orphan: the next run replaces it, and revokes it after the overlap
 *   a store fails                what its other stores had is put back, and the token is revoked at once; if that fails, it is such an orphan
 *   another type than requested  the same, and nothing is stored
 *
 * No token whose secret was never stored stays alive, and the token to replace is untouched until the new secret is stored.
 */
import { type CreateToken, type RotateToken, storesOf } from '../model/action.ts';
import { defined } from '../model/defined.ts';
import type { DesiredAccount } from '../model/desired.ts';
import { entryName } from '../model/entry-name.ts';
import type { Secret } from '../model/secret.ts';
import { generationName, MAX_GENERATION, type TokenType, typeName } from '../model/tokens.ts';
import { isStateError, UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { WireToken } from '../model/wire.ts';
import { storesText } from '../model/wording.ts';
import { claimedType } from '../motherduck/token-claims.ts';
import { ApiError } from '../motherduck/transport-errors.ts';
import { wasCreatedByOwn } from '../plan/intents.ts';
import { accountRecords } from '../plan/token-series.ts';
import { fingerprintOf } from '../secrets/fingerprint.ts';
import { firstTarget, isFirstSecret } from '../secrets/recorded-secrets.ts';
import type { SecretStore } from '../secrets/store.ts';
import { dropIntent, recordIntent, recordResult, recordStoring } from './creation-records.ts';
import { nextCommand } from './next-command.ts';
import { deleteToken, type TokenTools } from './revoke-token.ts';
import { tokenOf } from './state-writer.ts';
import { alsoFailed, type NotStored, storeSecret } from './store-secret.ts';

/**
 * Creates a token or the replacement of one, and stores its secret.
 *
 * @returns The secret, to verify that it connects, and the action with the name that the token has.
 * @throws ApiError; UserError TOKEN_LOST, TOKEN_DIFFERS, STORE_FAILED or STATE_UNWRITABLE
 */
export async function createToken(
  planned: CreateToken | RotateToken,
  account: DesiredAccount,
  tools: TokenTools,
): Promise<{ secret: Secret; action: CreateToken | RotateToken }> {
  const stores = storesOf(planned).map((name) => {
    const store = tools.stores.get(name);
    if (store === undefined) throw new Error(`no secret store "${name}"`);
    return store;
  });
  const address = { account: account.username, token: planned.token };
  // A secret that was not the first one when the stores were checked is not the first one after an adoption either.
  const states = [tools.before, tools.stateWriter.state];
  const isFirst = new Set(stores.filter((store) => states.every((state) => isFirstSecret(state, store, address))));
  const { action, record, secret } = await createNamed(planned, account, tools);
  const type = claimedType(secret) ?? record.token_type;
  if (type !== action.after.type) throw await refuseType(type, action, account, record, tools);
  const fingerprint = fingerprintOf(secret.reveal());
  const targetIn = (store: SecretStore) => ({
    ...(isFirst.has(store) ? firstTarget(tools.stateWriter.state, address) : address),
    generation: action.after.generation,
    type: action.after.type,
    expiresAt: record.expire_at ?? null,
  });
  const result = await recordStoring(action, account, fingerprint, tools).then(
    () => storeSecret(action, stores, secret, targetIn, tools),
    (error): NotStored => ({ error, isLeft: false }),
  );
  if (result.error !== undefined) {
    const isRevoked = await discard(action, account, record, tools, result);
    throw isRevoked && result.error instanceof UserError ? withRevoked(result.error, action) : result.error;
  }
  try {
    await recordResult(action, account, record, { stores, fingerprint }, tools);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'STATE_LOST') throw error;
    // Another run has the state, and may have stored another secret before this one.
    const left = await result.putBack();
    throw left.length === 0 ? error : storedTooLate(error, action, left);
  }
  return { secret, action };
}

/** The other run took this token for that of an interrupted run. @param left The stores that have its secret. */
function storedTooLate(error: UserError, action: CreateToken | RotateToken, left: readonly string[]): UserError {
  const has = left.length === 1 ? 'has' : 'have';
  const also = `${storesText(left)} ${has} the secret of "${action.after.name}", which another run may have revoked and replaced before it was stored`;
  const text = 'If programs cannot connect then, replace it.';
  return alsoFailed(error, also, { text, command: ['rotate', entryName(action)] });
}

/** How many names of a series are tried, each twice as far from the last. */
const MAX_NAMES = 8;

/**
 * Creates the token, under a later generation's name where MotherDuck refuses the planned one: it may keep the names of tokens
 * that it no longer lists.
 */
async function createNamed(planned: CreateToken | RotateToken, account: DesiredAccount, tools: TokenTools) {
  const { generation } = tokenOf(tools.stateWriter, account.username, planned.token);
  let action = planned;
  for (let tried = 1; ; tried += 1) {
    await recordIntent(action, account, tools);
    try {
      return { action, ...(await callCreate(action, account, tools)) };
    } catch (error) {
      if (!(error instanceof ApiError) || error.effect !== 'none') throw error;
      await dropIntent(action, account, tools, generation);
      const isTaken = error.failure === 'conflict' && tried < MAX_NAMES;
      const next = isTaken ? await laterName(action, 2 ** (tried - 1), account, tools) : undefined;
      if (next === undefined) throw error;
      action = next;
    }
  }
}

/** The action under a later name; undefined if a live token has the name, since another run may have created it just now. */
async function laterName(
  action: CreateToken | RotateToken,
  step: number,
  account: DesiredAccount,
  { api, stateWriter }: TokenTools,
): Promise<CreateToken | RotateToken | undefined> {
  const base = account.tokens.get(action.token)?.name ?? action.token;
  const live = new Set((await api.listTokens(account.username)).map(({ name }) => name));
  if (live.has(action.after.name)) return undefined;
  const { names } = accountRecords(stateWriter.state.accounts.get(accountKey(account.username))?.tokens.values() ?? []);
  let generation = action.after.generation + step;
  while (live.has(generationName(base, generation)) || names.has(generationName(base, generation))) generation += 1;
  if (generation > MAX_GENERATION) return undefined;
  const later = { name: generationName(base, generation), generation };
  return action.action === 'create_token'
    ? { ...action, after: { ...action.after, ...later } }
    : { ...action, after: { ...action.after, ...later } };
}

async function callCreate(action: CreateToken | RotateToken, account: DesiredAccount, tools: TokenTools) {
  const { name, type, ttl, description } = action.after;
  try {
    const created = await tools.api.createToken(account.username, {
      name,
      token_type: type,
      ...(ttl === null ? {} : { ttl }),
      ...defined({ description }),
    });
    if (tools.tokenIds.has(created.record.id)) throw knownId(name);
    tools.tokenIds.add(created.record.id);
    return created;
  } catch (error) {
    if (!(error instanceof ApiError) || error.effect === 'none') throw error;
    await tools.stateWriter.confirm();
    return revokeOrphans(action, account, tools, error);
  }
}

/** MotherDuck gives an id once. With that of another token, the state could not tell which of them it manages. */
function knownId(name: string): ApiError {
  const message = `the answer to the creation of "${name}" has the id of another token`;
  const hint = 'If --api-url or MOTHERDUCK_API_URL is given, check it. Otherwise report it to MotherDuck.';
  return new ApiError('not_motherduck', 'API_NOT_MOTHERDUCK', message, hint, { call: 'POST', effect: 'unknown' });
}

/**
 * The answer was lost, and the secret with it: revokes what the call created, if there is one token that it can have created.
 * Without one, the intent stays: the call may still arrive.
 */
async function revokeOrphans(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  tools: TokenTools,
  cause: ApiError,
): Promise<never> {
  const { name } = action.after;
  const { ids, intents } = accountRecords(
    tools.stateWriter.state.accounts.get(accountKey(account.username))?.tokens.values() ?? [],
  );
  const isOwn = ({ id, name, created_ts }: WireToken) =>
    !ids.has(id) &&
    intents.some((intent) =>
      wasCreatedByOwn(intent, { name: name ?? '', createdAt: Date.parse(created_ts) }, tools.api.now()),
    );
  let outcome = 'no token was created';
  try {
    const [token, ...others] = (await tools.api.listTokens(account.username)).filter(
      (each) => each.name === name && isOwn(each),
    );
    if (others.length > 0) outcome = `another run created a token "${name}" too, so none is revoked`;
    else if (token !== undefined) {
      await deleteToken(account.username, token.id, tools);
      outcome = 'a token was created and revoked, because its secret was lost';
    }
    if (token !== undefined && others.length === 0) await dropIntent(action, account, tools, action.after.generation);
  } catch (error) {
    if (!(error instanceof UserError) || isStateError(error)) throw error;
    const message = `${cause.message}; whether a token was created is unknown (${error.message})`;
    const hint = { text: `Look for "${name}" again, and revoke it.`, command: nextCommand([action]) };
    throw new UserError('TOKEN_LOST', message, hint, { cause });
  }
  const hint = { text: 'Continue.', command: nextCommand([action]) };
  throw new UserError('TOKEN_LOST', `${cause.message}; ${outcome}`, hint, { cause });
}

/** A token of another type than requested can do more than it should, or less than its program needs. */
async function refuseType(
  found: TokenType,
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  record: WireToken,
  tools: TokenTools,
): Promise<UserError> {
  const message = `MotherDuck created a ${typeName(found)} token instead of the requested ${typeName(action.after.type)} token`;
  const isRevoked = await revokeUnused(action, account, record, tools);
  const command = nextCommand([action]);
  return new UserError(
    'TOKEN_DIFFERS',
    `${message}; its secret was not stored, and it ${isRevoked ? 'was revoked' : 'could not be revoked'}`,
    isRevoked
      ? { text: 'Create it again. If it happens again, report it to MotherDuck.', command }
      : { text: `Revoke "${record.name ?? action.after.name}", and create it again.`, command },
  );
}

/** Revokes a new token that is in no store, and resolves to whether that succeeded; if not, its intent says that it is an orphan. */
async function revokeUnused(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  record: WireToken,
  tools: TokenTools,
): Promise<boolean> {
  try {
    await deleteToken(account.username, record.id, tools);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return false;
  }
  await dropIntent(action, account, tools);
  return true;
}

/** The error of a store, with what became of the tokens, and what to type. */
function withRevoked(error: UserError, action: CreateToken | RotateToken): UserError {
  const stays = action.before === null ? '' : `, and "${action.before.name}" stays live`;
  return alsoFailed(error, `"${action.after.name}" was revoked${stays}`, { command: nextCommand([action]) });
}

/**
 * The secret could not be stored: revokes the new token; if that fails, its intent says that it is an orphan.
 *
 * @returns Whether it was revoked.
 */
async function discard(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  record: WireToken,
  tools: TokenTools,
  { error: cause, isLeft }: NotStored,
): Promise<boolean> {
  // Another run has the state, and decides what becomes of the token.
  if (cause instanceof UserError && cause.code === 'STATE_LOST') return false;
  try {
    await deleteToken(account.username, record.id, tools);
    // A store that failed may have stored the secret nevertheless: with the intent, the next run creates another token.
    const isReplacement = tokenOf(tools.stateWriter, account.username, action.token).current !== undefined;
    const isNotStored = isStateError(cause) || (cause instanceof UserError && cause.code === 'STORE_FOREIGN');
    if (!isLeft && (!isReplacement || isNotStored)) await dropIntent(action, account, tools);
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return false;
  }
}
