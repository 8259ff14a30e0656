/** Which accounts there are: managed ones, and others that are live. */
import { compareText } from '../model/collections.ts';
import type { Desired } from '../model/desired.ts';
import { isServiceAccountInUse, type Live } from '../model/live.ts';
import type { State } from '../model/state.ts';
import { accountKey, globMatcher } from '../model/username.ts';

/** All accounts of the configuration, in its order, then those that only the state has, by name. */
export function accountNames(desired: Desired, state: State): string[] {
  const rest = [...state.accounts].filter(([key]) => !desired.accounts.has(key)).map(([, account]) => account.username);
  return [...[...desired.accounts.values()].map((account) => account.username), ...rest.sort(compareText)];
}

/** Live service accounts that are neither in the configuration nor in the state, by name: those that `ignore` has, and the others. */
export function unmanagedAccounts(
  desired: Pick<Desired, 'accounts' | 'ignore'>,
  live: Live,
  state: State,
  only: (username: string) => boolean = () => true,
): { readonly reported: string[]; readonly ignored: string[] } {
  const isIgnored = globMatcher(desired.ignore);
  const isManaged = (key: string) => desired.accounts.has(key) || state.accounts.has(key);
  const names = (live.users.listed ? live.users.all : [])
    .filter((user) => isServiceAccountInUse(user) && !isManaged(accountKey(user.username)) && only(user.username))
    .map(({ username }) => username)
    .sort(compareText);
  return { reported: names.filter((name) => !isIgnored(name)), ignored: names.filter(isIgnored) };
}
