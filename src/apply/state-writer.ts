/** How apply writes into the state: one account or one token of it at a time. */
import { withEntry } from '../model/layered-map.ts';
import type { State, StateAccount, StateToken } from '../model/state.ts';
import { accountKey } from '../model/username.ts';

/** The state file, as far as apply needs it. A promise that resolves means the change is on the disk. */
export interface StateWriter {
  readonly state: State;
  /** @throws UserError STATE_UNWRITABLE */
  update(change: (state: State) => State): Promise<void>;
  /**
   * A change that loses nothing when it is lost, since the next plan makes it again: it counts at once, and is on the
   * disk with the next update, or when the state is closed.
   */
  note(change: (state: State) => State): void;
}

/** Of a token that nothing was ever made or taken over for. */
export const NO_TOKEN: StateToken = { generation: 0, retiring: [], intents: [] };

type AccountChange = (account: StateAccount | undefined) => StateAccount | undefined;
type TokenChange = (token: StateToken) => StateToken | undefined;

/** Changes one account; `undefined` takes it out of the state. Where nothing changes, nothing is waited for. */
export async function updateAccount(stateWriter: StateWriter, username: string, change: AccountChange): Promise<void> {
  const inState = inAccount(username, change);
  if (inState(stateWriter.state) !== stateWriter.state) await stateWriter.update(inState);
}

/** Changes one token of an account that is in the state; `undefined` takes it out. */
export function updateToken(
  stateWriter: StateWriter,
  username: string,
  token: string,
  change: TokenChange,
): Promise<void> {
  return updateAccount(stateWriter, username, inToken(token, change));
}

/** As `updateAccount`, for what the next plan would make again. */
export function noteAccount(stateWriter: StateWriter, username: string, change: AccountChange): void {
  stateWriter.note(inAccount(username, change));
}

/** As `updateToken`, for what the next plan would make again. */
export function noteToken(stateWriter: StateWriter, username: string, token: string, change: TokenChange): void {
  noteAccount(stateWriter, username, inToken(token, change));
}

function inAccount(username: string, change: AccountChange): (state: State) => State {
  return (state) => {
    const key = accountKey(username);
    const before = state.accounts.get(key);
    const changed = change(before);
    if (changed === before) return state;
    return { ...state, accounts: withEntry(state.accounts, key, changed) };
  };
}

function inToken(token: string, change: TokenChange): AccountChange {
  return (account) => {
    if (account === undefined) return undefined;
    const tokens = new Map(account.tokens);
    const changed = change(tokens.get(token) ?? NO_TOKEN);
    if (changed === undefined) tokens.delete(token);
    else tokens.set(token, changed);
    return { ...account, tokens };
  };
}

/** The token as the state has it now. */
export function tokenOf(stateWriter: StateWriter, username: string, token: string): StateToken {
  return stateWriter.state.accounts.get(accountKey(username))?.tokens.get(token) ?? NO_TOKEN;
}
