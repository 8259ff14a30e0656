/** From what was asked for to accounts and their live tokens; what was named and cannot be taken over is refused here. */

import type { Desired, DesiredAccount } from '../model/desired.ts';
import type { Skipped } from '../model/import.ts';
import type { Live, LiveAccount, LiveToken } from '../model/live.ts';
import type { Plan } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey, USERNAME_PATTERN } from '../model/username.ts';
import { suggestion } from '../yaml/suggest.ts';
import type { Asked, AskedAccount } from './asked.ts';
import { hasLeft, offerOf, UNNAMEABLE } from './offers.ts';

/** An account with something to take over. */
export interface Candidate {
  /** As the configuration writes it, else as MotherDuck does. */
  readonly username: string;
  readonly live: LiveAccount;
  /** Absent: the account is to be added. */
  readonly configured?: DesiredAccount;
  /** Its live tokens that nothing manages. */
  readonly tokens: readonly LiveToken[];
  /** Only these of them, by name or id; absent: all. */
  readonly only?: readonly string[];
}

/** Whether a token is among those that were asked for. */
export function isAsked({ only }: Candidate, { id, name }: LiveToken): boolean {
  return only === undefined || only.includes(id) || only.includes(name);
}

export interface CandidateInput {
  readonly asked: Asked;
  readonly desired: Desired;
  readonly state: State;
  readonly live: Live;
  /** The plan before the import, of the accounts that were asked for. */
  readonly plan: Plan;
  readonly claims: readonly string[];
}

export interface Candidates {
  readonly candidates: readonly Candidate[];
  readonly skipped: readonly Skipped[];
}

/** @throws UserError USAGE, ACCOUNT_UNUSABLE, IMPORT_REFUSED about what was named; what `--all` cannot take is left out */
export function findCandidates(input: CandidateInput): Candidates {
  const unmanaged = new Map<string, Set<string>>();
  for (const { account, id } of input.plan.unmanaged.tokens) {
    unmanaged.set(account, (unmanaged.get(account) ?? new Set()).add(id));
  }
  const context = { ...input, unmanaged };
  if (input.asked.what === 'all') return findAll(context);
  const candidates = [...input.asked.accounts.values()].map((asked) => named(asked, context));
  return { candidates, skipped: [] };
}

interface Context extends CandidateInput {
  /** Ids by the account as the configuration writes it. */
  readonly unmanaged: ReadonlyMap<string, ReadonlySet<string>>;
}

function findAll(context: Context): Candidates {
  const { desired, live } = context;
  if (!live.users.listed) {
    const message = `the users of the organization cannot be listed, so nobody can say what all is: ${live.users.why.message}`;
    const hint = 'Name the accounts (without a configuration, after mdacc init): mdacc import etl_prod tenant_acme';
    throw new UserError('IMPORT_REFUSED', message, hint);
  }
  const candidates: Candidate[] = [];
  const skipped: Skipped[] = [];
  for (const configured of desired.accounts.values()) {
    const found = live.accounts.get(accountKey(configured.username));
    if (found?.presence === 'unknown') skipped.push(unread(configured.username, found.error));
    if (found?.presence !== 'present' || !context.unmanaged.has(configured.username)) continue;
    candidates.push(configuredCandidate(configured, found.value, context));
  }
  const offer = offerOf(desired, context.state, context.claims);
  for (const user of [...live.users.all].sort((a, b) => (a.username < b.username ? -1 : 1))) {
    const offered = offer(user);
    if (offered === 'skip') continue;
    if (offered !== 'take') {
      skipped.push(offered);
      continue;
    }
    const found = live.accounts.get(accountKey(user.username));
    if (found?.presence === 'present') candidates.push(newCandidate(found.value));
    else if (found?.presence === 'unknown') skipped.push(unread(user.username, found.error));
  }
  return { candidates, skipped };
}

function named(asked: AskedAccount, context: Context): Candidate {
  const { desired, state, live } = context;
  const key = accountKey(asked.username);
  const found = live.accounts.get(key);
  if (found?.presence === 'unknown') throw found.error;
  if (found?.presence !== 'present') throw notThere(asked.username, context);
  refuseUnusable(found.value);
  const configured = desired.accounts.get(key);
  const { username } = found.value;
  if (configured === undefined && state.accounts.has(key)) refuse(username, hasLeft(username));
  if (configured === undefined && !USERNAME_PATTERN.test(username)) refuse(username, UNNAMEABLE);
  const candidate = configured ? configuredCandidate(configured, found.value, context) : newCandidate(found.value);
  for (const token of asked.tokens ?? []) refuseUnknown(token, found.value);
  return asked.tokens === undefined ? candidate : { ...candidate, only: asked.tokens };
}

function configuredCandidate(configured: DesiredAccount, live: LiveAccount, { unmanaged }: Context): Candidate {
  const ids = unmanaged.get(configured.username);
  const tokens = live.tokens.filter((token) => ids?.has(token.id));
  return { username: configured.username, live, configured, tokens };
}

function newCandidate(live: LiveAccount): Candidate {
  return { username: live.username, live, tokens: live.tokens };
}

function unread(account: string, { message, hint }: UserError): Skipped {
  return { account, reason: `it could not be read: ${message}`, hint: hint.text, isUnread: true };
}

function refuse(account: string, { reason, hint }: Pick<Skipped, 'reason' | 'hint'>): never {
  throw new UserError('IMPORT_REFUSED', `${account} is not imported: ${reason}`, hint);
}

function refuseUnusable({ username, user }: LiveAccount): void {
  if (user === undefined || (user.isServiceAccount && !user.isDeprovisioned)) return;
  const what = user.isServiceAccount ? 'is deprovisioned at MotherDuck' : "is a person's user, not a service account";
  throw new UserError('ACCOUNT_UNUSABLE', `${username} ${what}`, 'It cannot be managed here. Name a service account.');
}

function notThere(username: string, { desired, live }: Context): UserError {
  if (desired.accounts.has(accountKey(username))) {
    const message = `the configuration names ${username}, and MotherDuck does not have it`;
    return new UserError('IMPORT_REFUSED', message, 'There is nothing to take over; mdacc apply creates it.');
  }
  const users = live.users.listed ? live.users.all.filter((user) => user.isServiceAccount) : [];
  const hint = suggestion(
    username,
    users.map((user) => user.username),
    'there are',
  );
  const message = `MotherDuck has no account "${username}"`;
  return new UserError('USAGE', message, hint ?? 'mdacc plan names the accounts that nothing manages.');
}

function refuseUnknown(token: string, { username, tokens }: LiveAccount): void {
  if (tokens.some(({ id, name }) => id === token || name === token)) return;
  const hint = suggestion(token, [...new Set(tokens.map(({ name }) => name))], 'there are');
  throw new UserError('USAGE', `${username} has no token "${token}"`, hint ?? `All of them: mdacc import ${username}`);
}
