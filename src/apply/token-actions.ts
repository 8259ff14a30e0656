/**
 * MotherDuck shows a token's secret once, so the order is: record the intent, create, record that storing begins, store the
 * secret, record the result.
 *
 *   killed before the creation   no live token has the intent's name: nothing to do
 *   the name is taken            nothing was created: later names of the series are tried
 *   killed after it              a live token has it, an orphan; the next run revokes it
 *   no answer to the creation    the same, and the orphan is looked for at once
 *   killed while storing         programs may use the orphan: the next run replaces it, and revokes it after the overlap
 *   the store fails              the token is revoked at once; if that fails too, it is such an orphan
 *   another type than asked for  the same, and nothing is stored
 *
 * No token whose secret was never stored stays alive, and the token to replace is untouched until the new secret is stored.
 */
import type { DesiredAccount } from '../model/desired.ts';
import type { Live, LiveToken } from '../model/live.ts';
import type { CreateToken, RevokeToken, RotateToken } from '../model/plan.ts';
import type { Secret } from '../model/secret.ts';
import {
  isOtherCommand,
  type RetiringToken,
  type State,
  type StateToken,
  type TokenIntent,
  type TokenRecord,
} from '../model/state.ts';
import { isoTime } from '../model/time.ts';
import { generationName, MAX_GENERATION, type TokenType, typeName } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { WireToken } from '../model/wire.ts';
import type { Api } from '../motherduck/api.ts';
import { claimedType } from '../motherduck/token-claims.ts';
import { ApiError } from '../motherduck/transport-errors.ts';
import { revokedSecret } from '../plan/dead-secrets.ts';
import { wasCreatedByOwn } from '../plan/intents.ts';
import { accountRecords } from '../plan/token-series.ts';
import { fingerprintOf } from '../secrets/fingerprint.ts';
import type { SecretStore } from '../secrets/store.ts';
import { firstTarget, isFirstSecret } from '../secrets/written-secrets.ts';
import { withoutOverlap } from './adopt.ts';
import { type RemovalTools, removeSecret } from './dead-secrets.ts';
import { nextCommand } from './next-command.ts';
import { openIntents } from './refresh-state.ts';
import { recordFirst, type StateWriter, tokenOf, updateToken } from './state-writer.ts';

/** What actions on tokens need. */
export interface TokenTools extends RemovalTools {
  readonly api: Api;
  readonly stateWriter: StateWriter;
  /** What the plan was made from. */
  readonly live: Live;
  /** The state by which the stores were checked. */
  readonly before: State;
}

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
  const store = tools.stores.get(planned.after.secret_store);
  if (store === undefined) throw new Error(`no secret store "${planned.after.secret_store}"`);
  const address = { account: account.username, token: planned.token };
  // What was no first secret when the stores were checked is none after an adoption.
  const isFirst = [tools.before, tools.stateWriter.state].every((state) => isFirstSecret(state, store, address));
  const { action, record, secret } = await createNamed(planned, account, tools);
  const type = claimedType(secret) ?? record.token_type;
  if (type !== action.after.type) throw await refuseType(type, action, account, record, tools);
  const fingerprint = fingerprintOf(secret.reveal());
  try {
    await recordStoring(action, account, fingerprint, tools);
    await store.put(
      {
        ...(isFirst ? firstTarget(tools.stateWriter.state, address) : address),
        generation: action.after.generation,
        type: action.after.type,
        expiresAt: record.expire_at ?? null,
      },
      secret,
    );
  } catch (error) {
    await discard(action, account, record, tools, error);
    throw error;
  }
  await recordResult(action, account, record, { store, fingerprint }, tools);
  return { secret, action };
}

/** The live tokens of an account, as the plan was made from them. */
export function liveTokens(username: string, { live }: TokenTools): readonly LiveToken[] {
  const account = live.accounts.get(accountKey(username));
  return account?.presence === 'present' ? account.value.tokens : [];
}

/**
 * Revokes a token; it may be revoked already.
 *
 * @param isDesired Whether the configuration has the token's key.
 * @throws ApiError; UserError STATE_UNWRITABLE
 */
export async function revokeToken(action: RevokeToken, isDesired: boolean, tools: TokenTools): Promise<void> {
  await deleteToken(action.account, action.before.id, tools.api);
  if (action.token === undefined) return;
  const entry = tokenOf(tools.stateWriter, action.account, action.token);
  const live = new Set(liveTokens(action.account, tools).map(({ id }) => id));
  // With an older state, what left the configuration is newer than the token of the state, which is gone already.
  const isGone = !isDesired && !live.has(entry.current?.id ?? '');
  const about = { id: action.before.id, isDesired, live };
  await removeSecret(revokedSecret(action.account, action.token, entry, about), tools);
  await updateToken(tools.stateWriter, action.account, action.token, (entry) => {
    const { current, ...rest } = entry;
    const kept: StateToken = {
      ...rest,
      ...(current && current.id !== action.before.id && !isGone ? { current } : {}),
      retiring: entry.retiring.filter((old) => old.id !== action.before.id),
      intents: entry.intents.filter((intent) => intent.name !== action.before.name),
    };
    return isDesired || kept.current !== undefined || kept.retiring.length > 0 ? kept : undefined;
  });
}

async function recordIntent(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  tools: TokenTools,
): Promise<void> {
  const { name, generation } = action.after;
  const intent = { name, generation, at: isoTime(tools.api.now()), storing: false };
  await recordFirst(tools.stateWriter, account.username, () =>
    updateToken(tools.stateWriter, account.username, action.token, (entry) => ({
      ...entry,
      generation: Math.max(entry.generation, generation),
      intents: [...entry.intents, intent],
    })),
  );
}

/** From here on, programs may find the secret in the store. */
function recordStoring(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  fingerprint: string,
  tools: TokenTools,
): Promise<void> {
  return recordFirst(tools.stateWriter, account.username, () =>
    updateToken(tools.stateWriter, account.username, action.token, (entry) => ({
      ...entry,
      intents: entry.intents.map((intent) =>
        intent.name === action.after.name ? { ...intent, storing: true, fingerprint } : intent,
      ),
    })),
  );
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
    return await tools.api.createToken(account.username, {
      name,
      token_type: type,
      ...(ttl === null ? {} : { ttl }),
      ...(description === undefined ? {} : { description }),
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.effect !== 'none') await revokeOrphans(action, account, tools, error);
    throw error;
  }
}

/**
 * Removes the intent of a call whose token is gone or was never created.
 *
 * @param before The generation that stays; by default the name is used again.
 */
async function dropIntent(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  tools: TokenTools,
  before = action.after.generation - 1,
): Promise<void> {
  await updateToken(tools.stateWriter, account.username, action.token, (entry) => {
    const intents = entry.intents.filter((intent) => intent.name !== action.after.name);
    const generation = entry.generation === action.after.generation ? before : entry.generation;
    const empty =
      generation === 0 && entry.current === undefined && intents.length === 0 && entry.retiring.length === 0;
    return empty ? undefined : { ...entry, generation, intents };
  });
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
      await deleteToken(account.username, token.id, tools.api);
      outcome = 'a token was created and revoked, because its secret was lost';
    }
    if (token !== undefined && others.length === 0) await dropIntent(action, account, tools, action.after.generation);
  } catch (error) {
    if (!(error instanceof UserError) || error.code === 'STATE_UNWRITABLE') throw error;
    const message = `${cause.message}; whether a token was created is unknown (${error.message})`;
    const hint = { text: `Look for "${name}" again, and revoke it.`, command: nextCommand([action]) };
    throw new UserError('TOKEN_LOST', message, hint, { cause });
  }
  const hint = { text: 'Continue.', command: nextCommand([action]) };
  throw new UserError('TOKEN_LOST', `${cause.message}; ${outcome}`, hint, { cause });
}

/** A token of another type than was asked for can do more than it should, or less than its program needs. */
async function refuseType(
  found: TokenType,
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  record: WireToken,
  tools: TokenTools,
): Promise<UserError> {
  const message = `MotherDuck created a ${typeName(found)} token where a ${typeName(action.after.type)} token was asked for`;
  const isRevoked = await revokeUnused(action, account, record, tools);
  return new UserError(
    'TOKEN_DIFFERS',
    `${message}; its secret was not stored, and it ${isRevoked ? 'was revoked' : 'could not be revoked'}`,
    isRevoked
      ? { text: 'Create it again. If it happens again, report it to MotherDuck.', command: ['apply'] }
      : { text: `Revoke "${record.name ?? action.after.name}", and create it again.`, command: ['apply'] },
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
    await deleteToken(account.username, record.id, tools.api);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return false;
  }
  await dropIntent(action, account, tools);
  return true;
}

/** The secret could not be stored: revokes the new token; if that fails, its intent says that it is an orphan. */
async function discard(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  record: WireToken,
  tools: TokenTools,
  cause: unknown,
): Promise<void> {
  try {
    await deleteToken(account.username, record.id, tools.api);
    // A store that failed may have stored the secret nevertheless: with the intent, the next run creates another token.
    const isReplacement = tokenOf(tools.stateWriter, account.username, action.token).current !== undefined;
    const isNotStored =
      cause instanceof UserError && (cause.code === 'STORE_FOREIGN' || cause.code === 'STATE_UNWRITABLE');
    if (!isReplacement || isNotStored) await dropIntent(action, account, tools);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

async function recordResult(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  record: WireToken,
  { store, fingerprint }: { readonly store: SecretStore; readonly fingerprint: string },
  tools: TokenTools,
): Promise<void> {
  const { name, generation, type, ttl } = action.after;
  const address = { account: account.username, token: action.token };
  const command = store.commandOf?.(address);
  const created: TokenRecord = {
    id: record.id,
    name,
    generation,
    type,
    created_at: record.created_ts,
    expires_at: record.expire_at ?? null,
    ttl,
    secret: {
      store: store.name,
      secret_path: store.secretPath(address),
      at: isoTime(tools.api.now()),
      fingerprint,
      ...(command === undefined ? {} : { command }),
    },
  };
  const before = tokenOf(tools.stateWriter, account.username, action.token).current;
  const left = before === undefined || isSamePlace(before.secret, created.secret) ? undefined : before.secret;
  const movedSecret = left === undefined || left === 'unknown' ? {} : { secret: left };
  await updateToken(tools.stateWriter, account.username, action.token, ({ current, stored: _replaced, ...entry }) => {
    const { orphans = [] } = action.after;
    const replaced = [...(action.before !== null && current !== undefined ? [current] : []), ...orphans].map(
      ({ id, name, expires_at }): RetiringToken => ({
        id,
        name,
        expires_at,
        ...(id === current?.id ? movedSecret : {}),
        ...fingerprintIn(id === current?.id ? current.secret : entry.intents.find((intent) => intent.name === name)),
      }),
    );
    const done = new Set([name, ...orphans.map((orphan) => orphan.name)]);
    const left = entry.intents.filter((intent) => !done.has(intent.name));
    const intents = openIntents(
      { current: created, intents: left },
      liveTokens(account.username, tools),
      tools.api.now(),
    );
    // Nothing live had replaced these, whatever the state says of their overlaps, which begin now.
    const waiting = new Set((action.after.waiting ?? []).map(({ id }) => id));
    const retiring = entry.retiring.map((old) => (waiting.has(old.id) ? withoutOverlap(old) : old));
    return { ...entry, current: created, retiring: [...retiring, ...replaced], intents };
  });
  // The token that it replaces is gone already, so nothing reads its secret any more.
  if (action.before === null && left !== undefined && left !== 'unknown') {
    const dead = {
      account: account.username,
      token: action.token,
      id: before?.id ?? '',
      secret: left,
      interrupted: [],
    };
    await removeSecret(dead, tools).catch(ignoreFailure);
  }
}

/** The new secret is stored; an old one that cannot be removed does not undo that. */
function ignoreFailure(error: unknown): void {
  if (!(error instanceof UserError)) throw error;
}

function fingerprintIn(secret: TokenRecord['secret'] | TokenIntent = 'unknown'): Pick<RetiringToken, 'fingerprint'> {
  return secret === 'unknown' || secret.fingerprint === undefined ? {} : { fingerprint: secret.fingerprint };
}

function isSamePlace(a: TokenRecord['secret'], b: TokenRecord['secret']): boolean {
  if (a === 'unknown' || b === 'unknown') return false;
  return a.store === b.store && a.secret_path === b.secret_path && !isOtherCommand(a, b.command);
}

/** Revokes a token; one that is gone is no failure. @throws ApiError */
export async function deleteToken(username: string, id: string, api: Api): Promise<void> {
  try {
    await api.deleteToken(username, id);
  } catch (error) {
    if (!(error instanceof ApiError && error.failure === 'absent')) throw error;
  }
}
