/** The steps of an account itself and of its Ducklings. A call that cannot be repeated is noted before it is made. */
import type { DesiredAccount } from '../model/desired.ts';
import type { Ducklings } from '../model/ducklings.ts';
import type { Live } from '../model/live.ts';
import type { AdoptAccount, AdoptToken, CreateAccount, DeleteAccount, Forget, SetDucklings } from '../model/plan.ts';
import type { StateAccount, StateToken } from '../model/state.ts';
import { isoTime } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { Api } from '../motherduck/api.ts';
import { ApiError } from '../motherduck/transport-errors.ts';
import { fromWire, toWire } from '../motherduck/wire.ts';
import { ducklingChanges, mergeDucklings } from '../plan/ducklings.ts';
import { adoptedAccount, adoptedToken, idOf } from './adoption.ts';
import { noteAccount, noteToken, type StateWriter, updateAccount } from './state-writer.ts';

export interface AccountTools {
  readonly api: Api;
  readonly stateWriter: StateWriter;
}

/** Creates an account; when the answer is lost, looks whether it is there. @throws ApiError */
export async function createAccount(action: CreateAccount, tools: AccountTools): Promise<void> {
  const { api, stateWriter } = tools;
  const at = isoTime(api.now());
  const before = stateWriter.state.accounts.get(accountKey(action.account));
  const fresh: StateAccount = {
    username: action.account,
    origin: 'created',
    since: at,
    deletion_protection: action.after.deletion_protection,
    intent: { action: 'create_account', at },
    tokens: new Map(),
  };
  await updateAccount(stateWriter, action.account, () => ({ ...fresh, tokens: onlyGenerations(before?.tokens) }));
  try {
    await api.createUser(action.account);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.effect === 'none') await updateAccount(stateWriter, action.account, () => before);
    if (error.effect === 'none' || !(await exists(action.account, api))) throw error;
  }
  await updateAccount(stateWriter, action.account, withoutIntent);
}

/** Takes an account over into the state: nothing is called. */
export function adoptAccount(action: AdoptAccount, tools: AccountTools & { readonly live: Live }): void {
  const { api, stateWriter, live } = tools;
  const id = idOf(live, accountKey(action.account));
  noteAccount(stateWriter, action.account, (held) =>
    held === undefined ? adoptedAccount(action, isoTime(api.now()), id) : withoutIntent(held),
  );
}

/** Sends the whole of an account's Ducklings, which a new account's defaults are first read for. @throws ApiError */
export async function setDucklings(action: SetDucklings, want: DesiredAccount, api: Api): Promise<void> {
  const desired = action.before === null ? action.after : (want.ducklings ?? action.after);
  const live = action.before ?? fromWire(await api.getDucklings(action.account));
  if (action.before === null && ducklingChanges(desired, live).length === 0) return;
  const wanted: Ducklings = mergeDucklings(action.after, live);
  const answer = fromWire(await api.setDucklings(action.account, toWire(wanted)));
  const missed = ducklingChanges(desired, answer);
  if (missed.length === 0) return;
  const message = `MotherDuck accepted the Ducklings of ${action.account} and then answered otherwise: ${missed.join('; ')}`;
  throw new UserError(
    'API_FAILED',
    message,
    "Your plan's limits may be lower: write what MotherDuck allows, and apply.",
  );
}

/** Takes a live token over into the state: nothing is called. */
export function adoptToken(action: AdoptToken, tools: AccountTools): void {
  const { from } = action;
  if (from !== undefined) renameToken(action.account, from, action.token, tools.stateWriter);
  else noteToken(tools.stateWriter, action.account, action.token, (held) => adoptedToken(action, held));
}

function renameToken(username: string, from: string, to: string, stateWriter: StateWriter): void {
  noteAccount(stateWriter, username, (account) => {
    const entry = account?.tokens.get(from);
    if (account === undefined || entry === undefined) return account;
    const tokens = new Map(account.tokens).set(to, entry);
    tokens.delete(from);
    return { ...account, tokens };
  });
}

/** Deletes an account and all of its data. @throws ApiError */
export async function deleteAccount(action: DeleteAccount, tools: AccountTools): Promise<void> {
  const { api, stateWriter } = tools;
  const at = isoTime(api.now());
  await updateAccount(
    stateWriter,
    action.account,
    (held) => held && { ...held, intent: { action: 'delete_account', at } },
  );
  try {
    await api.deleteUser(action.account);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.effect === 'none' && error.failure !== 'absent')
      await updateAccount(stateWriter, action.account, withoutIntent);
    if (error.failure !== 'absent') throw error;
  }
  await updateAccount(stateWriter, action.account, () => undefined);
}

/** Drops what is gone from the state. */
export function forget(action: Forget, stateWriter: StateWriter): void {
  if (action.token === undefined) noteAccount(stateWriter, action.account, () => undefined);
  else noteToken(stateWriter, action.account, action.token, () => undefined);
}

/** An account that is made anew keeps counting its tokens' generations, so that no name comes twice. */
function onlyGenerations(tokens: ReadonlyMap<string, StateToken> = new Map()): ReadonlyMap<string, StateToken> {
  return new Map([...tokens].map(([key, { generation }]) => [key, { generation, retiring: [], intents: [] }]));
}

function withoutIntent(held: StateAccount | undefined): StateAccount | undefined {
  if (held === undefined) return undefined;
  const { intent: _done, ...account } = held;
  return account;
}

/** Whether the account is there after a call whose answer was lost; throws when that cannot be told either. */
async function exists(username: string, api: Api): Promise<boolean> {
  try {
    await api.getDucklings(username);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.failure === 'absent') return false;
    throw error;
  }
}
