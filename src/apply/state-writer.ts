/** How apply changes the state: one account or one token at a time. */
import { withEntry } from '../model/layered-map.ts';
import type { State, StateAccount, StateToken } from '../model/state.ts';
import { accountKey } from '../model/username.ts';

/** The state file as apply uses it. */
export interface StateWriter {
  readonly state: State;
  /** Changes the state; resolves when the change is on the disk. @throws UserError STATE_UNWRITABLE */
  update(change: (state: State) => State): Promise<void>;
  /**
   * Changes the state in memory; the change is written with the next update, or when the state is closed. For changes
   * that the next plan would repeat if they were lost.
   */
  note(change: (state: State) => State): void;
}

/** The state of a token that was never created or adopted. */
export const NO_TOKEN: StateToken = { generation: 0, retiring: [], intents: [] };

type AccountChange = (account: StateAccount | undefined) => StateAccount | undefined;
type TokenChange = (token: StateToken) => StateToken | undefined;

/** Changes one account; `undefined` removes it from the state. Writes nothing when nothing changes. @throws UserError STATE_UNWRITABLE */
export async function updateAccount(stateWriter: StateWriter, username: string, change: AccountChange): Promise<void> {
  const inState = inAccount(username, change);
  if (inState(stateWriter.state) !== stateWriter.state) await stateWriter.update(inState);
}

/** Changes one token of an account that is in the state; `undefined` removes it. @throws UserError STATE_UNWRITABLE */
export function updateToken(
  stateWriter: StateWriter,
  username: string,
  token: string,
  change: TokenChange,
): Promise<void> {
  return updateAccount(stateWriter, username, inToken(token, change));
}

/** As `updateAccount`, but written later: see `StateWriter.note`. */
export function noteAccount(stateWriter: StateWriter, username: string, change: AccountChange): void {
  stateWriter.note(inAccount(username, change));
}

/** As `updateToken`, but written later: see `StateWriter.note`. */
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

/** A token's current entry in the state. */
export function tokenOf(stateWriter: StateWriter, username: string, token: string): StateToken {
  return stateWriter.state.accounts.get(accountKey(username))?.tokens.get(token) ?? NO_TOKEN;
}
