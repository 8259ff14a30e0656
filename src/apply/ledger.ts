/** How apply writes into the state: one account or one token of it at a time. */
import type { State, StateAccount, StateToken } from '../model/state.ts';
import { accountKey } from '../model/username.ts';

/** The state file, as far as apply needs it. A promise that resolves means the change is on the disk. */
export interface Ledger {
  readonly state: State;
  /** @throws UserError STATE_UNWRITABLE */
  update(change: (state: State) => State): Promise<void>;
}

/** Of a token that nothing was ever made or taken over for. */
export const NO_TOKEN: StateToken = { generation: 0, retiring: [], intents: [] };

/** Changes one account; `undefined` takes it out of the state. */
export function updateAccount(
  ledger: Ledger,
  username: string,
  change: (account: StateAccount | undefined) => StateAccount | undefined,
): Promise<void> {
  return ledger.update((state) => {
    const key = accountKey(username);
    const before = state.accounts.get(key);
    const changed = change(before);
    if (changed === before) return state;
    const accounts = new Map(state.accounts);
    if (changed === undefined) accounts.delete(key);
    else accounts.set(key, changed);
    return { ...state, accounts };
  });
}

/** Changes one token of an account that is in the state; `undefined` takes it out. */
export function updateToken(
  ledger: Ledger,
  username: string,
  token: string,
  change: (token: StateToken) => StateToken | undefined,
): Promise<void> {
  return updateAccount(ledger, username, (account) => {
    if (account === undefined) return undefined;
    const tokens = new Map(account.tokens);
    const changed = change(tokens.get(token) ?? NO_TOKEN);
    if (changed === undefined) tokens.delete(token);
    else tokens.set(token, changed);
    return { ...account, tokens };
  });
}

/** The token as the state has it now. */
export function tokenOf(ledger: Ledger, username: string, token: string): StateToken {
  return ledger.state.accounts.get(accountKey(username))?.tokens.get(token) ?? NO_TOKEN;
}
