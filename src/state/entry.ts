/** One entry of a state, `ACCOUNT` or `ACCOUNT/TOKEN`: finding it, and giving it another name. Pure. */
import { defined } from '../model/defined.ts';
import { type EntryName, entryName, parseEntryName } from '../model/entry-name.ts';
import { quote } from '../model/quote.ts';
import type { State, StateAccount } from '../model/state.ts';
import { suggestedFix } from '../model/suggestion.ts';
import { isTokenKey } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey, isUsername, USERNAME_RULE } from '../model/username.ts';

/** An account of the state, or a token of it. */
interface StateEntry {
  readonly account: StateAccount;
  readonly token?: string;
}

/** The entry that a name means. @throws UserError USAGE: the state has none */
export function findEntry(name: string, state: State): StateEntry {
  const { account: username, token } = parseEntryName(name);
  const account = state.accounts.get(accountKey(username));
  if (account === undefined) {
    const known = [...state.accounts.values()].map((each) => each.username);
    throw notThere(`the state has no account "${username}"`, username, known);
  }
  if (token === undefined) return { account };
  if (account.tokens.has(token)) return { account, token };
  throw notThere(`the state has no token "${token}" of ${account.username}`, token, [...account.tokens.keys()]);
}

function notThere(message: string, wrong: string, known: readonly string[]): UserError {
  const hint = suggestedFix(wrong, known) ?? { text: 'List the entries.', command: ['state', 'list'] };
  return new UserError('USAGE', message, hint);
}

/** The name of an entry, with the account as the state spells it. */
export function nameOfEntry({ account, token }: StateEntry): string {
  return entryName({ account: account.username, token });
}

/** What `state mv` does: the account as it is, and as it will be. */
export interface Renaming {
  readonly before: StateAccount;
  readonly after: StateAccount;
}

/**
 * Gives an entry another name; undefined: it has that name already, from an earlier `state mv`.
 *
 * @throws UserError USAGE if there is no such entry, the new name is taken or none, or that of another account
 */
export function renameEntry(state: State, from: string, to: string): Renaming | undefined {
  const { account: username, token } = newName(from, to);
  const { token: oldToken } = parseEntryName(from);
  if (token === undefined) refuseOtherAccount(findEntry(from, state).account, username);
  const target = entryAt(state, to);
  if (entryAt(state, from) === undefined && target !== undefined) return undefined;
  const entry = findEntry(from, state);
  const { account } = entry;
  const isSameAccount = accountKey(username) === accountKey(account.username);
  if (token === undefined ? account.username === username : isSameAccount && token === oldToken) return undefined;
  if (token !== undefined && !isSameAccount) {
    throw new UserError('USAGE', `${from} cannot become ${to}`, {
      text: 'A token stays with its account. See what the state has.',
      command: ['state', 'list'],
    });
  }
  if (target !== undefined && token !== undefined) {
    const text = 'Compare both. What you forget stays at MotherDuck, and is no longer managed.';
    const hint = { text, command: ['state', 'show', nameOfEntry(target)] };
    throw new UserError(
      'USAGE',
      `the state has ${nameOfEntry(target)} already, and state mv does not overwrite it`,
      hint,
    );
  }
  if (token === undefined) {
    refuseInterrupted(account);
    return { before: account, after: { ...account, username } };
  }
  const tokens = [...account.tokens].map(([key, value]) => [key === oldToken ? token : key, value] as const);
  return { before: account, after: { ...account, tokens: new Map(tokens) } };
}

/** MotherDuck renames no user, so the entry would be that of an account that does not exist. @throws UserError USAGE */
function refuseOtherAccount({ username }: StateAccount, to: string): void {
  if (accountKey(username) === accountKey(to)) return;
  const message = `${username} cannot become ${to}: an account's key is its username, which MotherDuck cannot change`;
  const text = `Add ${to} beside ${username} to the configuration and apply, move data and programs to it, then delete ${username} (docs/plans.md, "Delete an account").`;
  throw new UserError('USAGE', message, { text });
}

function entryAt(state: State, name: string): StateEntry | undefined {
  const { account: username, token } = parseEntryName(name);
  const account = state.accounts.get(accountKey(username));
  if (account === undefined || token === undefined) return account && { account };
  return account.tokens.has(token) ? { account, token } : undefined;
}

/** What an entry is to be called. @throws UserError USAGE */
function newName(from: string, to: string): EntryName {
  const [before, after] = [parseEntryName(from), parseEntryName(to)];
  const { account: username, token } = after;
  if ((token === undefined) !== (before.token === undefined)) {
    const text = 'Name two accounts, or two tokens of one account.';
    const command = before.token === undefined ? undefined : ['state', 'mv', from, `${before.account}/${username}`];
    throw new UserError('USAGE', `${from} cannot become ${to}`, { text, ...defined({ command }) });
  }
  if (!isUsername(username))
    throw new UserError('USAGE', `${quote(username)} is no username`, `Write ${USERNAME_RULE}.`);
  if (token !== undefined && !isTokenKey(token))
    throw new UserError(
      'USAGE',
      `${quote(token)} is no key of a token`,
      'Write a letter, then letters, digits, - or _.',
    );
  return after;
}

/** Refuses an account whose creation or deletion was interrupted: at MotherDuck it has the old name. @throws UserError USAGE */
function refuseInterrupted({ username, intent }: StateAccount): void {
  if (intent === undefined) return;
  const what = intent.action === 'create_account' ? 'creation' : 'deletion';
  const hint = {
    text: 'Finish it first, with the old name in the configuration.',
    command: ['apply', '--only', username],
  };
  throw new UserError('USAGE', `the ${what} of ${username} was interrupted`, hint);
}
