/** Whether what is live is the organization of the state: managed accounts that are all gone are those of another one. */
import { type AccountLimit, allowedBy, type Desired, limitText } from '../model/desired.ts';
import type { Live, LiveUser } from '../model/live.ts';
import type { State, StateAccount } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { counted, few } from '../model/wording.ts';

/** The managed accounts that were looked for. */
export interface Searched {
  readonly missing: readonly string[];
  readonly found: number;
}

const NAMES_SHOWN = 20;
/** The default limit holds for this many managed accounts or more. */
const DEFAULT_FROM = 10;
const DEFAULT_LIMIT: AccountLimit = { percent: 30 };

/**
 * Looks for the managed accounts by name and user id. Accounts that could not be read, and those that a run has begun to
 * create or to delete, are neither missing nor found.
 */
export function searchManaged({ accounts }: Pick<State, 'accounts'>, live: Live): Searched {
  const listed = live.users.listed ? usersByAccount(live.users.all) : undefined;
  const missing: string[] = [];
  let found = 0;
  for (const [key, account] of accounts) {
    const isThere = account.intent === undefined ? search(key, account, live, listed) : undefined;
    if (isThere === true) found += 1;
    if (isThere === false) missing.push(account.username);
  }
  return { missing, found };
}

/**
 * Refuses what is another organization, or one that lacks more accounts than `max_missing` allows.
 *
 * @param command what to type with `--allow-missing`
 * @throws UserError ORGANIZATION_DIFFERS, MANY_MISSING
 */
export function refuseMissing(
  { guardrails, organization }: Pick<Desired, 'guardrails' | 'organization'>,
  state: Pick<State, 'accounts'>,
  live: Live,
  command: 'plan' | 'destroy' = 'plan',
): void {
  const { missing, found } = searchManaged(state, live);
  if (missing.length === 0) return;
  const fix = `Check that the admin token is of the organization "${organization}", and that --state names its state. If the accounts were deleted on purpose, say so.`;
  const hint = { text: fix, command: [command, '--allow-missing'] };
  const names = few(missing, NAMES_SHOWN);
  if (found === 0) {
    const none = missing.length === 1 ? 'the managed account' : `none of the ${missing.length} managed accounts`;
    const message = `${none} is ${missing.length === 1 ? 'not ' : ''}there (${names}): this may be another organization than that of the state, so nothing was done`;
    throw new UserError('ORGANIZATION_DIFFERS', message, hint);
  }
  const managed = state.accounts.size;
  const limit = guardrails.maxMissing ?? (managed < DEFAULT_FROM ? undefined : DEFAULT_LIMIT);
  if (limit === undefined || missing.length <= allowedBy(limit, managed)) return;
  const message = `${missing.length} of ${counted(managed, 'managed account')} are missing and guardrails.max_missing is ${limitText(limit)}, so nothing was done: ${names}`;
  throw new UserError('MANY_MISSING', message, hint);
}

function usersByAccount(users: readonly LiveUser[]): ReadonlyMap<string, readonly LiveUser[]> {
  const byKey = new Map<string, LiveUser[]>();
  for (const user of users) {
    const key = accountKey(user.username);
    const others = byKey.get(key);
    if (others === undefined) byKey.set(key, [user]);
    else others.push(user);
  }
  return byKey;
}

/** Whether the account is there; undefined when this is unknown. */
function search(
  key: string,
  account: StateAccount,
  live: Live,
  listed: ReadonlyMap<string, readonly LiveUser[]> | undefined,
): boolean | undefined {
  const isOurs = ({ id, isServiceAccount }: LiveUser) =>
    account.id === undefined ? isServiceAccount : account.id === id;
  if (listed?.get(key)?.some(isOurs)) return true;
  const read = live.accounts.get(key);
  // `--only` left it out.
  if (read === undefined) return live.users.listed && live.users.complete ? false : undefined;
  if (read.presence !== 'present') return read.presence === 'absent' ? false : undefined;
  return read.value.user === undefined || isOurs(read.value.user);
}
