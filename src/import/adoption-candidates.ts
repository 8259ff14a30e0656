/** The live accounts and tokens that a selection means and that can be adopted. */
import { compareText } from '../model/collections.ts';
import { maskCredentials } from '../model/credential.ts';
import type { Desired, DesiredAccount } from '../model/desired.ts';
import { POOL_SIZE, sizeFacts } from '../model/ducklings.ts';
import type { AccountSkipReason, Skipped } from '../model/import.ts';
import {
  isServiceAccountInUse,
  type Live,
  type LiveAccount,
  type LiveToken,
  type LiveUser,
  namesInClaims,
} from '../model/live.ts';
import type { Plan } from '../model/plan.ts';
import { isSecretName } from '../model/secret-name.ts';
import type { State } from '../model/state.ts';
import { suggestedFix } from '../model/suggestion.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey, globMatcher, isUsername } from '../model/username.ts';
import { IMPORT_NAMES, type SelectedAccount, type Selection, selectsDucklings } from './selection.ts';

/** An account with something to adopt. */
export interface AdoptionCandidate {
  /** As the configuration spells it, else as MotherDuck does. */
  readonly username: string;
  readonly live: LiveAccount;
  /** Absent: the account is to be added to the configuration. */
  readonly configured?: DesiredAccount;
  /** Its unmanaged live tokens. */
  readonly tokens: readonly LiveToken[];
  /** Only these of them, by name or id; absent: all. */
  readonly only?: readonly string[];
  /** Its Ducklings are not selected. */
  readonly withoutDucklings?: boolean;
}

/** Whether a token of a candidate is selected. */
export function isSelected({ only }: AdoptionCandidate, { id, name }: LiveToken): boolean {
  return only === undefined || only.includes(id) || only.includes(name);
}

/** What the candidates are found from. */
export interface CandidateInput {
  readonly selection: Selection;
  readonly desired: Desired;
  readonly state: State;
  readonly live: Live;
  /** The plan before the import, for the selected accounts. */
  readonly plan: Plan;
  /** What the admin token says about its owner: username, id or email. */
  readonly claims: readonly string[];
  /** Why an account is not this configuration's: the state of another one manages it, or may. By its user id or its name. */
  elsewhere(username: string, id: string | undefined): AccountSkipReason | undefined;
}

/** The accounts of a selection. */
interface AdoptionCandidates {
  readonly candidates: readonly AdoptionCandidate[];
  /** Accounts that `--all` does not cover, and those in Terraform that cannot be imported. */
  readonly skipped: readonly Skipped[];
  /** Named accounts that cannot be imported. */
  readonly refused: readonly Skipped[];
}

/** Finds the accounts of a selection. @throws UserError USAGE, ACCOUNT_UNUSABLE, IMPORT_REFUSED about what was named */
export function findCandidates(input: CandidateInput): AdoptionCandidates {
  const unmanaged = new Map<string, Set<string>>();
  for (const { account, id } of input.plan.unmanaged.tokens) {
    unmanaged.set(account, (unmanaged.get(account) ?? new Set()).add(id));
  }
  const context = { ...input, unmanaged };
  if (input.selection.what === 'all') return findAll(context);
  const candidates: AdoptionCandidate[] = [];
  const refused: Skipped[] = [];
  for (const selected of input.selection.accounts.values()) {
    const found = findNamed(selected, context, input.selection.isFound);
    if ('reason' in found) refused.push(found);
    else candidates.push(found);
  }
  return input.selection.isFound ? { candidates, skipped: refused, refused: [] } : { candidates, skipped: [], refused };
}

interface CandidateContext extends CandidateInput {
  /** Ids of unmanaged tokens, by account as the configuration spells it. */
  readonly unmanaged: ReadonlyMap<string, ReadonlySet<string>>;
}

function findAll(context: CandidateContext): AdoptionCandidates {
  const { desired, live, selection } = context;
  if (!live.users.listed) {
    const message = `the users of the organization cannot be listed, so what can be imported is unknown: ${live.users.why.message}`;
    const { instead: command = IMPORT_NAMES } = selection.what === 'all' ? selection : {};
    throw new UserError('IMPORT_REFUSED', message, { text: 'Name the accounts to import.', command });
  }
  const candidates: AdoptionCandidate[] = [];
  const skipped: Skipped[] = [];
  for (const configured of desired.accounts.values()) {
    const found = live.accounts.get(accountKey(configured.username));
    if (found?.presence === 'unknown') skipped.push(unreadable(configured.username, found.error));
    if (found?.presence !== 'present' || !context.unmanaged.has(configured.username)) continue;
    if (configured.suspended) skipped.push({ account: configured.username, reason: { kind: 'suspended' } });
    else candidates.push(configuredCandidate(configured, found.value, context));
  }
  const decide = allDecision(desired, context.state, context.claims, context.elsewhere);
  for (const user of [...live.users.all].sort((a, b) => compareText(a.username, b.username))) {
    const decision = decide(user);
    if (decision === 'exclude') continue;
    if (decision !== 'include') {
      skipped.push({ account: user.username, reason: decision });
      continue;
    }
    const found = live.accounts.get(accountKey(user.username));
    if (found?.presence === 'present') {
      const odd = unwritable(found.value);
      if (odd) skipped.push(odd);
      else candidates.push(newCandidate(found.value));
    }
    if (found?.presence === 'unknown') skipped.push(unreadable(user.username, found.error));
  }
  return { candidates, skipped, refused: [] };
}

/** Whether `--all` includes a user of the organization, excludes it silently, or skips it with a reason. */
type AllDecision = 'include' | 'exclude' | AccountSkipReason;

/** Decides for each user whether `import --all` covers it, before its account is read. */
export function allDecision(
  desired: Desired,
  state: State,
  claims: readonly string[],
  elsewhere: CandidateInput['elsewhere'],
): (user: LiveUser) => AllDecision {
  const isIgnored = globMatcher(desired.ignore);
  const own = new Set(claims.map((claim) => claim.toLowerCase()));
  return (user) => {
    const { username, id } = user;
    const key = accountKey(username);
    if (!isServiceAccountInUse(user) || desired.accounts.has(key) || isIgnored(username)) {
      return 'exclude';
    }
    if (state.accounts.has(key)) return { kind: 'removed' };
    const other = elsewhere(username, id);
    if (other !== undefined) return other;
    if (isSecretName(username)) return { kind: 'secret_username', id };
    if (!isUsername(username)) return { kind: 'invalid_username' };
    if (namesInClaims(user).some((name) => own.has(name))) return { kind: 'own_account' };
    return user.roles.some((role) => role.toLowerCase() === 'admin') ? { kind: 'admin' } : 'include';
  };
}

function findNamed(selected: SelectedAccount, context: CandidateContext, isFound = false): AdoptionCandidate | Skipped {
  const { desired, state, live } = context;
  const key = accountKey(selected.username);
  const found = live.accounts.get(key);
  if (isFound && found?.presence === 'unknown') return unreadable(selected.username, found.error);
  if (isFound && found?.presence !== 'present')
    return { account: maskCredentials(selected.username), reason: { kind: 'absent' } };
  if (found?.presence === 'unknown') throw found.error;
  if (found?.presence !== 'present') throw absent(selected.username, context);
  const unusable = whyUnusable(found.value);
  if (isFound && unusable !== undefined) {
    return { account: found.value.username, reason: { kind: 'unusable', what: unusable } };
  }
  refuseUnusable(found.value, unusable);
  const configured = desired.accounts.get(key);
  const { username } = found.value;
  const other = context.elsewhere(username, found.value.user?.id);
  if (other !== undefined) return { account: username, reason: other };
  if (configured === undefined && state.accounts.has(key)) return { account: username, reason: { kind: 'removed' } };
  if (configured === undefined && !isUsername(username)) {
    return { account: username, reason: { kind: 'invalid_username' } };
  }
  if (configured?.suspended) return { account: username, reason: { kind: 'suspended' } };
  const odd = configured === undefined && selectsDucklings(selected) ? unwritable(found.value) : undefined;
  if (odd) return odd;
  const candidate = {
    ...(configured ? configuredCandidate(configured, found.value, context) : newCandidate(found.value)),
    ...(selectsDucklings(selected) ? {} : { withoutDucklings: true }),
  };
  if (!isFound) for (const token of selected.tokens ?? []) refuseUnknown(token, found.value);
  return selected.tokens === undefined ? candidate : { ...candidate, only: selected.tokens };
}

function configuredCandidate(
  configured: DesiredAccount,
  live: LiveAccount,
  { unmanaged }: CandidateContext,
): AdoptionCandidate {
  const ids = unmanaged.get(configured.username);
  const tokens = live.tokens.filter((token) => ids?.has(token.id));
  return { username: configured.username, live, configured, tokens };
}

function newCandidate(live: LiveAccount): AdoptionCandidate {
  return { username: live.username, live, tokens: live.tokens };
}

/** Why an account cannot be written: its Ducklings are not known, or the configuration cannot say them. */
function unwritable({ username, ducklings, unreadableDucklings }: LiveAccount): Skipped | undefined {
  if (unreadableDucklings) return unreadable(username, unreadableDucklings);
  const pool = ducklings?.read_scaling;
  if (pool === undefined) return undefined;
  if (pool.pool_size < POOL_SIZE.min || pool.pool_size > POOL_SIZE.max) {
    const what = `its read scaling pool_size is ${pool.pool_size}`;
    return { account: username, reason: { kind: 'outside_limits', what } };
  }
  if (sizeFacts(pool.size).readScaling) return undefined;
  return { account: username, reason: { kind: 'outside_limits', what: `its read scaling size is ${pool.size}` } };
}

function unreadable(account: string, { message, hint }: UserError): Skipped {
  return { account, reason: { kind: 'unreadable', message, hint } };
}

function whyUnusable({ user }: LiveAccount): string | undefined {
  if (user === undefined || isServiceAccountInUse(user)) return undefined;
  return user.isServiceAccount ? 'is deprovisioned at MotherDuck' : "is a person's user, not a service account";
}

function refuseUnusable({ username }: LiveAccount, what: string | undefined): void {
  if (what === undefined) return;
  throw new UserError('ACCOUNT_UNUSABLE', `${username} ${what}`, {
    text: 'It cannot be managed here. See which accounts can be imported.',
    command: ['import', '--all', '--dry-run'],
  });
}

function absent(username: string, { desired, live }: CandidateContext): UserError {
  if (desired.accounts.has(accountKey(username))) {
    const message = `${username} is in the configuration and does not exist at MotherDuck`;
    const hint = { text: 'There is nothing to adopt. Apply to create it.', command: ['apply', '--only', username] };
    return new UserError('IMPORT_REFUSED', message, hint);
  }
  const users = live.users.listed ? live.users.all.filter((user) => user.isServiceAccount) : [];
  const hint = suggestedFix(
    username,
    users.map((user) => user.username),
  );
  const message = `MotherDuck has no account "${username}"`;
  const list = { text: 'List the unmanaged accounts.', command: ['plan'] };
  return new UserError('USAGE', message, hint ?? list);
}

function refuseUnknown(token: string, { username, tokens, unreadableTokens = [] }: LiveAccount): void {
  if ([...tokens, ...unreadableTokens].some(({ id, name }) => id === token || name === token)) return;
  const hint = suggestedFix(token, [...new Set(tokens.map(({ name }) => name))]);
  const all = { text: 'Import all of its tokens.', command: ['import', username] };
  throw new UserError('USAGE', `${username} has no token "${token}"`, hint ?? all);
}
