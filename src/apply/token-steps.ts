/**
 * One token's secret is shown once, so the order is: note the intent, create, store the secret, note the result.
 *
 *   killed before the creation   the intent's name is not live: nothing to do
 *   killed after it              the intent's name is live: an orphan; the next run replaces it, then revokes it
 *   no answer to the creation    the same, and looked for at once
 *   the store fails              revoked at once; if that fails too, its id stays in the state to be revoked
 *
 * So no token whose secret was never stored is left alive, and the token it was to replace is untouched until the
 * new secret is in its store.
 */
import type { DesiredAccount } from '../model/desired.ts';
import type { CreateToken, RevokeToken, RotateToken } from '../model/plan.ts';
import type { Secret } from '../model/secret.ts';
import type { AccountSmoke } from '../model/smoke.ts';
import type { RetiringToken, StateToken, TokenRecord } from '../model/state.ts';
import { isoTime } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { WireToken } from '../model/wire.ts';
import type { Api } from '../motherduck/api.ts';
import { ApiError } from '../motherduck/transport-errors.ts';
import { accountRecords } from '../plan/token-series.ts';
import type { SecretStore } from '../secrets/store.ts';
import { type StateWriter, tokenOf, updateAccount, updateToken } from './state-writer.ts';

export interface TokenTools {
  readonly api: Api;
  readonly stateWriter: StateWriter;
  readonly stores: ReadonlyMap<string, SecretStore>;
}

/** Makes a token, or the replacement of one, and gives its secret for the proof that it connects. @throws UserError */
export async function makeToken(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  tools: TokenTools,
): Promise<Secret> {
  const store = tools.stores.get(action.after.secret_store);
  if (store === undefined) throw new Error(`no secret store "${action.after.secret_store}"`);
  await noteIntent(action, account, tools);
  const { record, secret } = await create(action, account, tools);
  try {
    await store.put(
      {
        account: account.username,
        token: action.token,
        generation: action.after.generation,
        type: action.after.type,
        expiresAt: record.expire_at ?? null,
      },
      secret,
    );
  } catch (error) {
    await takeBack(action, account, record, tools);
    throw error;
  }
  await noteResult(action, account, record, store, tools);
  return secret;
}

/**
 * Notes what a smoke test showed, in one write: how it ended, which tokens it proved, and the overlaps that begin with that.
 * Without a smoke test, storing the new secret is all the proof there is. A token without an overlap goes at once.
 * `tested` are the keys whose secrets were at hand, so that each was connected with by itself.
 *
 * @throws ApiError, UserError STATE_UNWRITABLE
 */
export async function noteProof(
  want: DesiredAccount,
  smoke: AccountSmoke | undefined,
  tested: ReadonlySet<string>,
  tools: TokenTools,
): Promise<void> {
  const now = tools.api.now();
  const begins = [...want.tokens.values()].filter(({ key }) => smoke === undefined || smoke.verified.includes(key));
  await updateAccount(tools.stateWriter, want.username, (account) => {
    if (account === undefined) return undefined;
    const tokens = new Map(account.tokens);
    for (const token of begins) {
      const held = tokens.get(token.key);
      if (held) tokens.set(token.key, withProof(held, now, token.overlap, smoke !== undefined));
    }
    for (const key of smoke === undefined || smoke.outcome === 'interrupted' ? [] : tested) {
      const held = tokens.get(key);
      const isFailed = held?.current !== undefined && !smoke?.verified.includes(key);
      if (isFailed) tokens.set(key, { ...held, current: { ...held.current, failed_at: isoTime(now) } });
    }
    const isSame = [...tokens].every(([key, held]) => account.tokens.get(key) === held);
    if (smoke === undefined || smoke.outcome === 'interrupted') return isSame ? account : { ...account, tokens };
    return { ...account, tokens, smoke: { at: isoTime(now), passed: smoke.outcome === 'passed' } };
  });
  for (const token of begins) if (token.overlap === 0) await endOverlap(want.username, token.key, tools);
}

function withProof(held: StateToken, now: number, overlap: number, isSeen: boolean): StateToken {
  const { current, ...rest } = held;
  const isNews = isSeen && current !== undefined && current.verified_at === undefined;
  if (!isNews && !held.retiring.some(isWaiting)) return held;
  // A Date header has whole seconds: a run in the same second must not find itself before this.
  const retireAt = isoTime(Math.floor(now / 1000) * 1000 + overlap * 1000);
  return {
    ...rest,
    ...(current ? { current: isNews ? { ...current, verified_at: isoTime(now) } : current } : {}),
    retiring: held.retiring.map((old) => (isWaiting(old) ? { ...old, retire_at: retireAt } : old)),
  };
}

function isWaiting(old: RetiringToken): boolean {
  return old.why === 'replaced' && old.retire_at === undefined;
}

async function endOverlap(username: string, token: string, tools: TokenTools): Promise<void> {
  for (const old of tokenOf(tools.stateWriter, username, token).retiring) {
    if (old.why !== 'replaced') continue;
    await deleteToken(username, old.id, tools.api);
    await updateToken(tools.stateWriter, username, token, (held) => ({
      ...held,
      retiring: held.retiring.filter((each) => each.id !== old.id),
    }));
  }
}

/** Revokes a token; one that is gone already is as good. @throws ApiError */
export async function revokeToken(action: RevokeToken, isWanted: boolean, tools: TokenTools): Promise<void> {
  await deleteToken(action.account, action.before.id, tools.api);
  if (action.token === undefined) return;
  await updateToken(tools.stateWriter, action.account, action.token, (held) => {
    const { current, ...rest } = held;
    const kept: StateToken = {
      ...rest,
      ...(current && current.id !== action.before.id ? { current } : {}),
      retiring: held.retiring.filter((old) => old.id !== action.before.id),
      intents: held.intents.filter((intent) => intent.name !== action.before.name),
    };
    return isWanted || kept.current !== undefined || kept.retiring.length > 0 ? kept : undefined;
  });
}

async function noteIntent(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  tools: TokenTools,
): Promise<void> {
  const { name, generation } = action.after;
  const intent = { name, generation, at: isoTime(tools.api.now()) };
  await updateToken(tools.stateWriter, account.username, action.token, (held) => ({
    ...held,
    generation: Math.max(held.generation, generation),
    intents: [...held.intents, intent],
  }));
}

async function create(action: CreateToken | RotateToken, account: DesiredAccount, tools: TokenTools) {
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
    if (error.effect === 'none') await dropIntent(action, account, tools);
    else await revokeLost(action, account, tools, error);
    throw error;
  }
}

/** The call certainly made nothing: the state is as if it had not been tried. */
async function dropIntent(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  tools: TokenTools,
): Promise<void> {
  await updateToken(tools.stateWriter, account.username, action.token, (held) => {
    const intents = held.intents.filter((intent) => intent.name !== action.after.name);
    const generation = held.generation === action.after.generation ? held.generation - 1 : held.generation;
    const empty = generation === 0 && held.current === undefined && intents.length === 0 && held.retiring.length === 0;
    return empty ? undefined : { ...held, generation, intents };
  });
}

/** The answer was lost, and the secret with it. The intent stays: the call may even now be on its way. */
async function revokeLost(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  tools: TokenTools,
  cause: ApiError,
): Promise<never> {
  const { name } = action.after;
  const tokens = tools.stateWriter.state.accounts.get(accountKey(account.username))?.tokens.values() ?? [];
  const known = accountRecords(tokens).ids;
  let revoked = 0;
  try {
    for (const token of await tools.api.listTokens(account.username)) {
      if (token.name !== name || known.has(token.id)) continue;
      await deleteToken(account.username, token.id, tools.api);
      revoked += 1;
    }
  } catch (error) {
    const hint = `Run apply again: it looks for "${name}" and revokes it. ${error instanceof UserError ? error.message : ''}`;
    throw new UserError('TOKEN_LOST', `${cause.message}; whether it made a token cannot be told now`, hint.trim(), {
      cause,
    });
  }
  const outcome =
    revoked > 0 ? 'it had made the token, which was revoked, since its secret is lost' : 'it made no token';
  throw new UserError('TOKEN_LOST', `${cause.message}; ${outcome}`, 'Run apply again to make it.', { cause });
}

/** The secret could not be stored: the new token goes at once, or is remembered to be revoked by the next run. */
async function takeBack(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  record: WireToken,
  tools: TokenTools,
): Promise<void> {
  try {
    await deleteToken(account.username, record.id, tools.api);
    // A store that failed may have taken the secret all the same: while the intent is there, the next run makes another.
    const isReplacement = tokenOf(tools.stateWriter, account.username, action.token).current !== undefined;
    if (!isReplacement) await dropIntent(action, account, tools);
  } catch {
    const lost: RetiringToken = {
      id: record.id,
      name: action.after.name,
      expires_at: record.expire_at ?? null,
      why: 'never_stored',
    };
    await updateToken(tools.stateWriter, account.username, action.token, (held) => ({
      ...held,
      retiring: [...held.retiring, lost],
    }));
  }
}

async function noteResult(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  record: WireToken,
  store: SecretStore,
  tools: TokenTools,
): Promise<void> {
  const { name, generation, type, ttl } = action.after;
  const made: TokenRecord = {
    id: record.id,
    name,
    generation,
    type,
    created_at: record.created_ts,
    expires_at: record.expire_at ?? null,
    ttl,
    secret: {
      store: store.name,
      secret_path: store.secretPath({ account: account.username, token: action.token }),
      at: isoTime(tools.api.now()),
    },
  };
  await updateToken(tools.stateWriter, account.username, action.token, ({ current, ...held }) => {
    const replaced: RetiringToken[] =
      action.before !== null && current !== undefined
        ? [{ id: current.id, name: current.name, expires_at: current.expires_at, why: 'replaced' }]
        : [];
    const intents = held.intents.filter((intent) => intent.name !== name);
    return { ...held, current: made, retiring: [...held.retiring, ...replaced], intents };
  });
}

async function deleteToken(username: string, id: string, api: Api): Promise<void> {
  try {
    await api.deleteToken(username, id);
  } catch (error) {
    if (!(error instanceof ApiError && error.failure === 'absent')) throw error;
  }
}
