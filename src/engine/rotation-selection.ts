/** The tokens that somebody names to rotate: `etl_prod`, `etl_prod/airflow`, `tenant_*\/app`. */

import type { Desired, DesiredAccount } from '../model/desired.ts';
import { entryName, parseEntryName } from '../model/entry-name.ts';
import { quote } from '../model/quote.ts';
import { nearest, suggestedFix } from '../model/suggestion.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey, globMatcher, isGlob } from '../model/username.ts';
import { few, NAMES_SHOWN } from '../model/wording.ts';
import { resumeHint } from '../wording/notices.ts';

/** Tokens of the configuration. */
export interface SelectedTokens {
  /** The usernames of their accounts. */
  readonly accounts: readonly string[];
  readonly has: (account: string, token: string) => boolean;
  /** The usernames of suspended accounts that were named as well: they have no tokens. */
  readonly suspended: readonly string[];
}

/** A named token or account is not in the configuration. It may be live nevertheless. */
export class UnknownToken extends UserError {
  readonly account: string;
  /** As typed; absent: the whole account was named. */
  readonly token?: string;

  constructor({ message, hint }: UserError, account: string, token: string | undefined) {
    super('USAGE', message, hint);
    this.account = account;
    if (token !== undefined) this.token = token;
  }
}

const LEAVE_OUT = 'Leave out --only: the names of the accounts or tokens alone say what is rotated.';

/**
 * Finds the tokens. An account alone selects all of its tokens.
 *
 * @param patterns As typed, with globs.
 * @param only Which accounts are considered at all.
 * @throws UserError USAGE: one of them matches no token
 */
export function selectTokens(
  patterns: readonly string[],
  { accounts }: Desired,
  only: (username: string) => boolean,
): SelectedTokens {
  const selected = new Map<string, Set<string>>();
  const suspended = new Set<string>();
  for (const pattern of patterns) {
    const found = tokensOf(pattern, accounts, only, patterns);
    for (const [account, tokens] of found.selected) {
      selected.set(account, new Set([...(selected.get(account) ?? []), ...tokens]));
    }
    for (const account of found.suspended) suspended.add(account);
  }
  const has = (account: string, token: string) => selected.get(account)?.has(token) ?? false;
  return { accounts: [...selected.keys()], has, suspended: [...suspended] };
}

function tokensOf(
  pattern: string,
  accounts: Desired['accounts'],
  only: (username: string) => boolean,
  all: readonly string[],
): { readonly selected: ReadonlyMap<string, readonly string[]>; readonly suspended: readonly string[] } {
  const { account: username, token: key } = parseEntryName(pattern);
  const named = accountsNamed(username, accounts);
  const matching = named.filter((account) => only(account.username));
  if (matching.length === 0) {
    const known = [...accounts.values()].map((account) => account.username).filter(only);
    if (named.length > 0) throw leftOut(pattern, named, known);
    const meant = isGlob(username) || key !== undefined ? undefined : meantToken(username, accounts, all);
    if (meant !== undefined) throw meant;
    if (!isGlob(username)) throw new UnknownToken(unknownAccount(username, key, known), username, key);
    throw unmatched(`${pattern} matches no account of the configuration`, username, known);
  }
  // Keys that differ in case are different tokens.
  const hasKey = key === undefined ? () => true : isGlob(key) ? globMatcher([key]) : (each: string) => each === key;
  const found = matching.map(({ username, tokens }): [string, string[]] => [
    username,
    [...tokens.keys()].filter(hasKey),
  ]);
  const selected = new Map(found.filter(([, keys]) => keys.length > 0));
  const suspended = matching.flatMap((account) =>
    [...(account.suspended?.tokens.keys() ?? [])].some(hasKey) ? [account.username] : [],
  );
  if (selected.size > 0) return { selected, suspended };
  refuseSuspended(pattern, matching);
  const message =
    isGlob(pattern) || key === undefined
      ? `${pattern} matches no token of the configuration`
      : `the account ${username} has no token "${key}"`;
  const error = unmatched(message, key ?? '', [...new Set(matching.flatMap(({ tokens }) => [...tokens.keys()]))]);
  throw isGlob(pattern) || key === undefined ? error : new UnknownToken(error, username, key);
}

/** Thousands of names may be typed, so that only a glob is compared with every account. */
function accountsNamed(username: string, accounts: Desired['accounts']): DesiredAccount[] {
  const named = accounts.get(accountKey(username));
  if (!isGlob(username)) return named === undefined ? [] : [named];
  const matches = globMatcher([username]);
  return [...accounts.values()].filter((account) => matches(account.username));
}

/** Every named account is excluded by --only. @param known The accounts that --only names. */
function leftOut(pattern: string, named: readonly DesiredAccount[], known: readonly string[]): UserError {
  const [first] = named.map(({ username }) => username);
  const which = isGlob(pattern) ? `no account of ${pattern} is` : `the account ${first} is not`;
  const message =
    known.length === 0
      ? '--only matches no account of the configuration'
      : `${which} among those that --only names (${few(known, NAMES_SHOWN.list)})`;
  return new UserError('USAGE', `${message}, so nothing would be rotated`, LEAVE_OUT);
}

/** @throws UserError USAGE: all of the accounts are suspended */
function refuseSuspended(pattern: string, matching: readonly DesiredAccount[]): void {
  const names = matching.filter(({ suspended }) => suspended).map(({ username }) => username);
  if (names.length < matching.length) return;
  const message = `${pattern} has no tokens to rotate, since ${few(names)} ${names.length === 1 ? 'is' : 'are'} suspended`;
  throw new UserError('USAGE', message, resumeHint(names));
}

/** The account may have left the configuration with a token that leaked: nothing of it can be rotated, and it is still live. */
function unknownAccount(username: string, key: string | undefined, known: readonly string[]): UserError {
  const near = nearest(username, known);
  const text =
    near === undefined
      ? `${known.length === 0 ? '' : `It has ${few(known)}. `}If it is managed and left the configuration, put its block back and rotate again. Tokens of an account that is not managed are revoked at MotherDuck, under Settings. See whether it is managed.`
      : `Did you mean ${quote(key === undefined ? near : entryName({ account: near, token: key }))}? If it left the configuration instead, put its block back and rotate again. See whether it is managed.`;
  const hint = { text, command: ['state', 'list', username] };
  return new UserError('USAGE', `the configuration has no account "${username}"`, hint);
}

/** A token that was named without its account, or with another sign than a slash. @param all The words that were typed */
function meantToken(typed: string, accounts: Desired['accounts'], all: readonly string[]): UserError | undefined {
  const message = `the configuration has no account "${typed}"`;
  const isToken = (account: string, key: string) => accounts.get(accountKey(account))?.tokens.has(key) === true;
  const [divided] = [...typed.matchAll(/[.:@\\]/g)].flatMap(({ index }) => {
    const [account, key] = [typed.slice(0, index), typed.slice(index + 1)];
    return isToken(account, key) ? [entryName({ account, token: key })] : [];
  });
  if (divided !== undefined) return new UserError('USAGE', message, `Did you mean ${quote(divided)}?`);
  const owners = [...accounts.values()].flatMap(({ username, tokens }) => (tokens.has(typed) ? [username] : []));
  if (owners.length === 0) return undefined;
  const [owner = owners[0]] = all.filter((each) => isToken(each, typed));
  return new UserError(
    'USAGE',
    `${message}; it is the name of a token of ${few(owners)}`,
    `Write its account before it, such as ${owner}/${typed}.`,
  );
}

function unmatched(message: string, wrong: string, known: readonly string[]): UserError {
  const shown = known.length === 0 ? '' : ` There are: ${few(known, NAMES_SHOWN.list)}.`;
  const hint =
    suggestedFix(wrong, known) ?? `Use names of the configuration, or globs: ACCOUNT or ACCOUNT/TOKEN.${shown}`;
  return new UserError('USAGE', message, hint);
}
