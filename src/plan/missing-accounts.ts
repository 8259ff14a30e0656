/** Whether what is live is the organization of the state: managed accounts that are all gone are those of another one. */
import { groupBy } from '../model/collections.ts';
import { type AccountLimit, allowedBy, type Desired, limitText } from '../model/desired.ts';
import { isExpired, type Live, type LiveAccount, type LiveUser, listedTokens } from '../model/live.ts';
import type { State, StateAccount } from '../model/state.ts';
import { seriesOf } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { counted, few, NAMES_SHOWN } from '../model/wording.ts';
import { liveGeneration } from './token-series.ts';

/** The managed accounts that were looked for. */
interface Searched {
  readonly missing: readonly string[];
  readonly found: number;
  /** Those of `missing` whose names are there, and whose tokens are not: probably accounts of another organization. */
  readonly strange: readonly string[];
}

/** The default limit applies from this number of managed accounts. */
const DEFAULT_FROM = 10;
const DEFAULT_LIMIT: AccountLimit = { percent: 30 };

/**
 * Looks for the managed accounts by name and user id and, where no user ids can be compared, by their tokens. Accounts that
 * could not be read, and those that a run has begun to create or to delete, are neither missing nor found.
 */
export function searchManaged({ accounts }: Pick<State, 'accounts'>, live: Live): Searched {
  const listed = live.users.listed ? usersByAccount(live.users.all) : undefined;
  const missing: string[] = [];
  const byName: { account: StateAccount; found: LiveAccount | undefined }[] = [];
  let found = 0;
  for (const [key, account] of accounts) {
    const result = account.intent === undefined ? search(key, account, live, listed) : 'unknown';
    if (result === 'found') found += 1;
    if (result === 'missing') missing.push(account.username);
    const read = live.accounts.get(key);
    if (result === 'name_only') byName.push({ account, found: read?.presence === 'present' ? read.value : undefined });
  }
  if (found > 0 || !haveOtherTokens(byName, live.now)) return { missing, found: found + byName.length, strange: [] };
  const strange = byName.map(({ account }) => account.username);
  return { missing: [...missing, ...strange], found, strange };
}

/**
 * Whether accounts of the same names are others, by their tokens: none of the state's is live, though at least two should be.
 * A single one may have been revoked by hand, but for a token that only another state can know.
 */
function haveOtherTokens(
  accounts: readonly { readonly account: StateAccount; readonly found: LiveAccount | undefined }[],
  now: number,
): boolean {
  let expected = 0;
  let rivals = 0;
  for (const { account, found } of accounts) {
    const { ids } = listedTokens(found ?? { tokens: [] });
    for (const { current, retiring, generation } of found === undefined ? [] : account.tokens.values()) {
      if ([current, ...retiring].some((record) => record !== undefined && ids.has(record.id))) return false;
      if (current === undefined || (current.expires_at !== null && Date.parse(current.expires_at) <= now)) continue;
      expected += 1;
      const isRival = (token: LiveAccount['tokens'][number]) =>
        !isExpired(token, now) && (liveGeneration(seriesOf(current.name), token) ?? 0) >= generation;
      if (found?.tokens.some(isRival)) rivals += 1;
    }
  }
  return expected > 1 || rivals > 0;
}

/** For commands without `--allow-missing`: an apply creates the accounts again or forgets them, and then they are not missing. */
export const ACCEPT_MISSING = ['apply'];

type GuardedOrganization = Pick<Desired, 'guardrails' | 'organization'>;

/**
 * Refuses what is another organization, or one that lacks more accounts than `max_missing` allows.
 *
 * @param command which takes `--allow-missing` and, with it, makes this check pass
 * @throws UserError ORGANIZATION_DIFFERS, MANY_MISSING
 */
export function refuseMissing(
  desired: GuardedOrganization,
  state: Pick<State, 'accounts'>,
  live: Live,
  command: readonly string[],
): void {
  const missing = missingAccounts(desired, state, live, command);
  const managed = state.accounts.size;
  const limit = desired.guardrails.maxMissing ?? (managed < DEFAULT_FROM ? undefined : DEFAULT_LIMIT);
  if (limit === undefined || missing.length <= allowedBy(limit, managed)) return;
  const message = `${missing.length} of ${counted(managed, 'managed account')} are missing and guardrails.max_missing is ${limitText(limit)}, so nothing was done: ${few(missing, NAMES_SHOWN.refusal)}`;
  throw new UserError('MANY_MISSING', message, whereNext(desired, command, 'state'));
}

/**
 * The usernames of the managed accounts that are missing.
 *
 * @param command as for `refuseMissing`
 * @throws UserError ORGANIZATION_DIFFERS: all are, or the accounts of their names are others
 */
export function missingAccounts(
  desired: GuardedOrganization,
  state: Pick<State, 'accounts'>,
  live: Live,
  command: readonly string[],
): readonly string[] {
  const { missing, found, strange } = searchManaged(state, live);
  const names = few(missing, NAMES_SHOWN.refusal);
  if (strange.length > 0) {
    const message = `no token of the state is live, and the user ids of the accounts cannot be compared (${names}): this may be another organization than that of the state, so nothing was done`;
    throw new UserError('ORGANIZATION_DIFFERS', message, whereNext(desired, command, 'newest state'));
  }
  if (missing.length > 0 && found === 0) {
    const none = missing.length === 1 ? 'the managed account' : `none of the ${missing.length} managed accounts`;
    const message = `${none} is ${missing.length === 1 ? 'not ' : ''}there (${names}): this may be another organization than that of the state, so nothing was done`;
    throw new UserError('ORGANIZATION_DIFFERS', message, whereNext(desired, command, 'state'));
  }
  return missing;
}

function whereNext(
  { organization }: GuardedOrganization,
  command: readonly string[],
  which: 'state' | 'newest state',
): { readonly text: string; readonly command: readonly string[] } {
  const gone = which === 'state' ? 'accounts were deleted' : 'tokens were revoked';
  const text = `Check that the admin token is of the organization "${organization}", and that --state names its ${which}. If the ${gone} on purpose, confirm that.`;
  return { text, command: [...command, '--allow-missing'] };
}

function usersByAccount(users: readonly LiveUser[]): ReadonlyMap<string, readonly LiveUser[]> {
  return groupBy(users, ({ username }) => accountKey(username));
}

/** Whether the account is there; `name_only`: one of its name is, and whether it is the same cannot be told by user ids. */
function search(
  key: string,
  account: StateAccount,
  live: Live,
  listed: ReadonlyMap<string, readonly LiveUser[]> | undefined,
): 'found' | 'missing' | 'name_only' | 'unknown' {
  const users = listed?.get(key) ?? [];
  if (account.id !== undefined && users.some(({ id }) => id === account.id)) return 'found';
  if (account.id === undefined && users.some((user) => user.isServiceAccount && user.unreadable === undefined))
    return 'name_only';
  const read = live.accounts.get(key);
  // `--only` left it out.
  if (read === undefined) return live.users.listed && live.users.complete ? 'missing' : 'unknown';
  if (read.presence === 'unknown') return 'unknown';
  return read.presence === 'present' && read.value.user === undefined ? 'name_only' : 'missing';
}
