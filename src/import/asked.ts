/** What is to be imported, as it was typed: everything, or accounts and tokens by their names. */
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';

export type Asked =
  | { readonly what: 'all' }
  | { readonly what: 'some'; readonly accounts: ReadonlyMap<string, AskedAccount> };

export interface AskedAccount {
  readonly username: string;
  /** Live names or ids; absent: all of them. */
  readonly tokens?: readonly string[];
}

/** Reads `--all`, or `ACCOUNT` and `ACCOUNT/TOKEN` as often as they stand. @throws UserError USAGE */
export function readAsked(names: readonly string[], all: boolean): Asked {
  if (all && names.length > 0) {
    throw new UserError('USAGE', '--all and names were both given', 'Leave one of them out.');
  }
  if (all) return { what: 'all' };
  if (names.length === 0) {
    const hint = 'mdacc import --all, mdacc import ACCOUNT, or mdacc import ACCOUNT/TOKEN (as etl_prod/airflow).';
    throw new UserError('USAGE', 'what is to be imported?', hint);
  }
  const accounts = new Map<string, AskedAccount>();
  for (const name of names) {
    // A token's name may hold slashes, a username cannot.
    const [, username = '', token] = /^([^/]*)(?:\/(.*))?$/s.exec(name) ?? [];
    if (username === '' || token === '') {
      throw new UserError('USAGE', `"${name}" names no account`, 'Name ACCOUNT or ACCOUNT/TOKEN, as MotherDuck does.');
    }
    const before = accounts.get(accountKey(username));
    const tokens = token === undefined || (before && !before.tokens) ? undefined : [...(before?.tokens ?? []), token];
    accounts.set(accountKey(username), { username: before?.username ?? username, ...(tokens ? { tokens } : {}) });
  }
  return { what: 'some', accounts };
}
