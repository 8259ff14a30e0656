/** The actions on an account and its Ducklings. Calls that cannot be repeated are recorded as an intent first. */
import type { CreateAccount, DeleteAccount, Forget, SetDucklings } from '../model/action.ts';
import { type Desired, type DesiredAccount, isSuspended } from '../model/desired.ts';
import type { Ducklings } from '../model/ducklings.ts';
import type { SetupOutcome } from '../model/setup.ts';
import { createdObjects } from '../model/setup-objects.ts';
import { onlyGeneration, type StateAccount, type StateToken, suspendedToken } from '../model/state.ts';
import { isoTime } from '../model/time.ts';
import { isStateError, UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { Api } from '../motherduck/api.ts';
import { ApiError } from '../motherduck/transport-errors.ts';
import { fromWire, toWire } from '../motherduck/wire.ts';
import { ducklingChanges, mergeDucklings } from '../plan/ducklings.ts';
import type { SecretRemover } from './remove-secrets.ts';
import { noteAccount, noteToken, recordFirst, type StateWriter, tokenOf, updateAccount } from './state-writer.ts';
import { listIds } from './user-ids.ts';

/** The tools of actions on accounts. */
export interface AccountTools {
  readonly api: Api;
  readonly stateWriter: StateWriter;
}

/** The tools of `forget`. */
interface ForgetTools extends AccountTools {
  readonly desired: Desired;
  readonly remover: SecretRemover;
}

/** The tools of a deletion. */
export interface DeletionTools extends ForgetTools {
  /** MotherDuck's id of the user of that name; undefined when the list of users lacks it. @throws ApiError */
  idOf(username: string): Promise<string | undefined>;
}

/** Creates an account. When the answer is lost, checks whether the account exists. @throws ApiError */
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
  await recordFirst(stateWriter, action.account, () =>
    updateAccount(stateWriter, action.account, () => ({ ...fresh, tokens: onlyGenerations(before?.tokens) })),
  );
  try {
    await api.createUser(action.account);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.effect === 'none') {
      await updateAccount(stateWriter, action.account, () => before);
      throw error;
    }
    await stateWriter.confirm();
    if (!(await exists(action.account, api))) throw error;
  }
  await updateAccount(stateWriter, action.account, withoutIntent);
}

/**
 * Sends all Duckling settings of an account. For a new account, MotherDuck's defaults are read first.
 *
 * @throws ApiError; UserError API_FAILED when MotherDuck applied something else than was sent.
 */
export async function setDucklings(
  action: SetDucklings,
  account: DesiredAccount,
  { api, stateWriter }: AccountTools,
): Promise<void> {
  const desired = action.before === null ? action.after : (account.ducklings ?? action.after);
  const live = action.before ?? fromWire(await api.getDucklings(action.account));
  if (action.before === null && ducklingChanges(desired, live).length === 0) return;
  const request: Ducklings = mergeDucklings(action.after, live);
  await stateWriter.confirm();
  const answer = fromWire(await api.setDucklings(action.account, toWire(request)));
  const differences = ducklingChanges(desired, answer);
  if (differences.length === 0) return;
  const message = `MotherDuck accepted the Ducklings of ${action.account}, but its answer differs: ${differences.join('; ')}`;
  throw new UserError('API_FAILED', message, {
    text: 'Your MotherDuck plan may have lower limits: change the configuration to what it allows, then apply again.',
    command: ['apply'],
  });
}

/**
 * Deletes an account and all of its data, if it is still the one of the state.
 *
 * @returns Why secrets of it could not be removed. The state then keeps it as deleted, and the next run removes them.
 * @throws ApiError; UserError PLAN_STALE when another account has its name, or it cannot be told.
 */
export async function deleteAccount(action: DeleteAccount, tools: DeletionTools): Promise<UserError[]> {
  const { api, stateWriter } = tools;
  const id = await tools.idOf(action.account);
  const isGone = id === undefined && !(await exists(action.account, api));
  if (!isGone && (id === undefined || id !== stateWriter.state.accounts.get(accountKey(action.account))?.id))
    throw notDeleted(action.account, id);
  const at = isoTime(api.now());
  await recordFirst(stateWriter, action.account, () =>
    updateAccount(
      stateWriter,
      action.account,
      (entry) => entry && { ...entry, intent: { action: 'delete_account', at } },
    ),
  );
  // The attempt before may have deleted it, so that the name is free.
  const refuseOther = async () => {
    await stateWriter.confirm();
    const other = (await listIds(api)).get(accountKey(action.account));
    if (other !== undefined && other !== id) throw notDeleted(action.account, other);
  };
  try {
    await api.withCheck(refuseOther).deleteUser(action.account);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.effect === 'none' && error.failure !== 'absent')
      await updateAccount(stateWriter, action.account, withoutIntent);
    if (error.failure !== 'absent') throw error;
  }
  try {
    await removeAllSecrets(action.account, tools);
  } catch (error) {
    if (!(error instanceof UserError) || isStateError(error)) throw error;
    return [error];
  }
  await updateAccount(stateWriter, action.account, () => undefined);
  return [];
}

/** @param id Of the account that has the name; undefined: unknown. */
function notDeleted(username: string, id: string | undefined): UserError {
  const message =
    id === undefined
      ? `${username} is not in MotherDuck's list of users, which tells accounts of one name apart, so it was not deleted`
      : `another account is named ${username} at MotherDuck since the plan was made, so it was not deleted`;
  return new UserError('PLAN_STALE', message, { text: 'See what there is now.', command: ['plan'] });
}

function removeAllSecrets(username: string, tools: ForgetTools): Promise<void> {
  const tokens = tools.stateWriter.state.accounts.get(accountKey(username))?.tokens ?? [];
  return tools.remover.removeAll(username, tokens);
}

/** Removes an account or a token that no longer exists from the state, and its secrets from their stores. @throws UserError STORE_FAILED */
export async function forget(action: Forget, tools: ForgetTools): Promise<void> {
  const { stateWriter, remover } = tools;
  const { account, token } = action;
  if (token === undefined) {
    await removeAllSecrets(account, tools);
    noteAccount(stateWriter, account, () => undefined);
  } else {
    await remover.removeAll(account, [[token, tokenOf(stateWriter, account, token)]]);
    const isKept = isSuspended(tools.desired, account, token);
    noteToken(stateWriter, account, token, (entry) => (isKept ? suspendedToken(entry) : undefined));
  }
}

/**
 * Runs all statements of an account's setup. What ran is recorded after it: a run that ends before runs them again.
 *
 * @throws UserError SETUP_FAILED
 */
export async function runSetup(
  { setup = [], username }: DesiredAccount,
  setUp: () => Promise<SetupOutcome>,
  { api, stateWriter }: AccountTools,
): Promise<void> {
  const { done, error } = await setUp();
  const statements = setup.slice(0, done);
  const ran = { at: isoTime(api.now()), passed: error === undefined, statements: statements.map(({ hash }) => hash) };
  await updateAccount(stateWriter, username, (entry) => {
    if (entry === undefined) return undefined;
    const sqls = statements.map(({ sql }) => sql);
    const created = createdObjects(sqls, entry.setup?.created);
    const isAny = created.databases.length + created.shares.length > 0;
    return { ...entry, setup: isAny ? { ...ran, created } : ran };
  });
  if (error) throw error;
}

/** An account that is created again keeps its tokens' generations, so that no token name is used twice. */
function onlyGenerations(tokens: ReadonlyMap<string, StateToken> = new Map()): ReadonlyMap<string, StateToken> {
  return new Map([...tokens].map(([key, token]) => [key, onlyGeneration(token)]));
}

/** The entry of an account whose intent is done. */
function withoutIntent(entry: StateAccount | undefined): StateAccount | undefined {
  if (entry === undefined) return undefined;
  const { intent: _done, ...account } = entry;
  return account;
}

/** Whether the account exists, after a call whose answer was lost. @throws ApiError when this is unknown too. */
async function exists(username: string, api: Api): Promise<boolean> {
  try {
    await api.getDucklings(username);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.failure === 'absent') return false;
    throw error;
  }
}
