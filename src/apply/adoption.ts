/** What is live comes into the state: nothing is called, so an adoption is a change of the state and nothing else. */

import type { Live } from '../model/live.ts';
import type { AdoptAccount, AdoptToken } from '../model/plan.ts';
import type { State, StateAccount, StateToken } from '../model/state.ts';
import { isoTime } from '../model/time.ts';
import { accountKey } from '../model/username.ts';
import { adoptedRecord } from '../plan/tokens.ts';
import { NO_TOKEN } from './state-writer.ts';

/** An account that was not in the state, as it comes in. `at`: ISO 8601; `id` is MotherDuck's, as far as it is known. */
export function adoptedAccount({ account, after }: AdoptAccount, at: string, id: string | undefined): StateAccount {
  return {
    username: account,
    ...(id === undefined ? {} : { id }),
    origin: 'adopted',
    since: at,
    deletion_protection: after.deletion_protection,
    tokens: new Map(),
  };
}

/** A token as the state has it, with the live one that it takes over: its secret is unknown. */
export function adoptedToken({ after }: AdoptToken, held: StateToken): StateToken {
  const { generation, ...token } = after;
  return { ...held, generation: Math.max(held.generation, generation), current: adoptedRecord(token, generation) };
}

/**
 * Everything at once, for an import of thousands of accounts; none of the tokens may be a renamed one. From the first
 * one on, applies are to come often enough.
 */
export function adoptAll(state: State, actions: readonly (AdoptAccount | AdoptToken)[], live: Live): State {
  if (actions.length === 0) return state;
  const at = isoTime(live.now);
  const accounts = new Map(state.accounts);
  const tokens = new Map<string, Map<string, StateToken>>();
  for (const action of actions) {
    const key = accountKey(action.account);
    const account =
      accounts.get(key) ??
      (action.action === 'adopt_account' ? adoptedAccount(action, at, idOf(live, key)) : undefined);
    if (account === undefined) continue;
    if (action.action === 'adopt_account') accounts.set(key, account);
    else {
      const held = tokens.get(key) ?? new Map(account.tokens);
      held.set(action.token, adoptedToken(action, held.get(action.token) ?? NO_TOKEN));
      tokens.set(key, held);
      accounts.set(key, { ...account, tokens: held });
    }
  }
  return { ...state, runs: state.runs.length === 0 ? [at] : state.runs, accounts };
}

/** MotherDuck's id of the user: what is made anew under the same name has another one. */
export function idOf({ accounts }: Live, key: string): string | undefined {
  const found = accounts.get(key);
  return found?.presence === 'present' ? found.value.user?.id : undefined;
}
