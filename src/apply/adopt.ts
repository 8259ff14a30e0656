/** Adopting live accounts and tokens: changes of the state, without a call to MotherDuck. */

import type { AdoptAccount, AdoptToken } from '../model/action.ts';
import { defined } from '../model/defined.ts';
import type { Live } from '../model/live.ts';
import type { ShownToken } from '../model/planned-token.ts';
import type { RetiringToken, State, StateAccount, StateToken } from '../model/state.ts';
import { isoTime } from '../model/time.ts';
import { accountKey } from '../model/username.ts';
import { adoptedRecord } from '../plan/token-adoption.ts';
import type { AccountTools } from './account-actions.ts';
import { NO_TOKEN, noteAccount, noteToken, type StateWriter } from './state-writer.ts';

/**
 * The state's entry of an adopted account.
 *
 * @param at ISO 8601.
 * @param id MotherDuck's id of the user; undefined when the users could not be listed.
 */
function adoptedAccount({ account, after }: AdoptAccount, at: string, id: string | undefined): StateAccount {
  return {
    username: account,
    ...defined({ id }),
    origin: 'adopted',
    since: at,
    deletion_protection: after.deletion_protection,
    tokens: new Map(),
  };
}

/** The state's entry of an adopted token. Its secret is unknown, so the token that it replaces stays live. */
function adoptedToken({ before: replaced, after, between = [] }: AdoptToken, entry: StateToken): StateToken {
  const { generation, ...token } = after;
  const { suspended: _resumed, ...rest } = entry;
  const secret = entry.current?.secret;
  const fingerprint = secret === undefined || secret === 'unknown' ? undefined : secret.fingerprint;
  const retiringOf = ({ id, name, expires_at }: ShownToken): RetiringToken => ({ id, name, expires_at });
  const retiring = [
    ...(replaced ? [{ ...retiringOf(replaced), ...defined({ fingerprint }) }] : []),
    ...between.map(retiringOf),
  ];
  return {
    ...rest,
    ...(secret === undefined || secret === 'unknown' ? {} : { stored: secret }),
    generation: Math.max(entry.generation, generation),
    current: adoptedRecord(token, generation),
    // Without a live current token these have no replacement, so their overlaps have not begun, whatever the state says.
    retiring: [...(replaced ? entry.retiring : entry.retiring.map(withoutOverlap)), ...retiring],
    // What an interrupted run stored is known by its intent alone.
    intents: entry.intents.filter(({ name, fingerprint }) => name !== token.name || fingerprint !== undefined),
  };
}

/** A replaced token whose overlap has not begun. */
export function withoutOverlap({ retire_at: _, ...old }: RetiringToken): RetiringToken {
  return old;
}

/**
 * The state after all of the adoptions, made in one pass for an import of thousands of accounts; no token may be a
 * renamed one.
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
      const entries = tokens.get(key) ?? new Map(account.tokens);
      entries.set(action.token, adoptedToken(action, entries.get(action.token) ?? NO_TOKEN));
      tokens.set(key, entries);
      accounts.set(key, { ...account, tokens: entries });
    }
  }
  return { ...state, accounts };
}

/** MotherDuck's id of the user. An account that is created again under the same name has another id. */
function idOf({ accounts }: Live, key: string): string | undefined {
  const account = accounts.get(key);
  return account?.presence === 'present' ? account.value.user?.id : undefined;
}

/** Whether the account is another one than that of the state. */
const isReplaced = ({ reason: { kind } }: AdoptAccount) => kind === 'replaced_outside' || kind === 'deleted';

/** Adopts a live account into the state. */
export function adoptAccount(action: AdoptAccount, tools: AccountTools & { readonly live: Live }): void {
  const { api, stateWriter, live } = tools;
  const id = idOf(live, accountKey(action.account));
  noteAccount(stateWriter, action.account, (entry) => {
    const adopted = adoptedAccount(action, isoTime(api.now()), id);
    if (entry === undefined) return adopted;
    const isOther = id !== undefined && entry.id !== undefined && entry.id !== id;
    const tokens = isOther ? withoutIntents(entry.tokens) : entry.tokens;
    if (isReplaced(action)) return { ...adopted, tokens };
    const { intent: _done, ...account } = entry;
    return { ...account, ...defined({ id }), tokens };
  });
}

/** The tokens as the plan sees them: the account was created again, so no interrupted creation made one of its tokens. */
function withoutIntents(tokens: StateAccount['tokens']): StateAccount['tokens'] {
  return new Map([...tokens].map(([key, token]) => [key, { ...token, intents: [] }]));
}

/** Adopts a live token into the state, or renames its entry when the configuration renamed its key. */
export function adoptToken(action: AdoptToken, tools: AccountTools): void {
  const { from } = action;
  if (from !== undefined) renameToken(action.account, from, action.token, tools.stateWriter);
  else noteToken(tools.stateWriter, action.account, action.token, (entry) => adoptedToken(action, entry));
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
