/** Tests accounts by connecting as each of them, and records the results in the state. */
import { type StateWriter, updateAccount } from '../apply/state-writer.ts';
import { readLive } from '../live/read.ts';
import { defined } from '../model/defined.ts';
import type { Desired } from '../model/desired.ts';
import type { Smoke } from '../model/smoke.ts';
import type { State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { probeRunner } from '../motherduck/probe-process.ts';
import { ApiError } from '../motherduck/transport-errors.ts';
import { ACCEPT_MISSING, refuseMissing } from '../plan/missing-accounts.ts';
import { secretLosses } from '../plan/secret-warnings.ts';
import { withStoreNames } from '../secrets/renamed-stores.ts';
import { smokeAccounts } from '../smoke/session.ts';
import type { OpenedState } from '../state/opened-state.ts';
import { noticeText } from '../wording/notices.ts';
import { onlyMatcher, refuseUnmatched } from './account-selection.ts';
import { checkClock } from './clock.ts';
import { storesFor } from './planning.ts';
import type { OpenedService, RunContext } from './service.ts';
import { inspectStores } from './store-contents.ts';

/**
 * Connects as each account of the configuration and checks what it finds.
 *
 * @param options `only` and `names` (typed as arguments): globs of usernames, where an account matches one of each; `parallelism`: the maximum number of concurrent connections
 * @throws UserError USAGE: the configuration has no account to test, or none matches `only`; ORGANIZATION_DIFFERS, MANY_MISSING, CLOCK_DIFFERS
 */
export async function smokeTest(
  desired: Desired,
  state: State,
  service: OpenedService,
  options: { readonly only?: readonly string[]; readonly names?: readonly string[]; readonly parallelism: number },
  context: RunContext,
): Promise<Smoke> {
  const { progress, signal } = context;
  const [isOnly, isNamed] = [onlyMatcher(options.only), onlyMatcher(options.names)];
  const only = (username: string) => isOnly(username) && isNamed(username);
  const accounts = [...desired.accounts.values()].filter((account) => only(account.username));
  const names = [...desired.accounts.values()].map((account) => account.username);
  const typed = [...(options.only ?? []), ...(options.names ?? [])];
  if (names.length > 0)
    refuseUnmatched(typed.length > 0 ? typed : undefined, names, 'the configuration', options.names);
  if (accounts.length === 0 && names.length > 0) {
    const hint = 'Leave out --only, or name accounts that match it.';
    throw new UserError('USAGE', '--only leaves out all of the accounts that are named', hint);
  }
  if (accounts.length === 0) {
    const hint = { text: 'Add one under accounts, then apply.', command: ['apply'] };
    throw new UserError('USAGE', 'the configuration has no account to test', hint);
  }
  await checkManagedAccounts(desired, state, service, options.parallelism, signal);
  checkClock(service, context);
  progress?.(0, accounts.length);
  const smoke = await smokeAccounts({
    accounts: accounts.map((account) => ({ account })),
    api: service.api,
    connector: service.connector,
    probe: probeRunner(service.env),
    ...defined({ timeout: service.timeout }),
    parallelism: options.parallelism,
    organization: state.organization_id,
    ...defined({ signal }),
    onDone: (_result, { done, total }) => progress?.(done, total),
  });
  const stores = storesFor(desired, service);
  const named = withStoreNames(state, stores).state;
  const notices = secretLosses(await inspectStores(desired, named, stores, only)).map(noticeText);
  return { ...smoke, warnings: [...smoke.warnings, ...notices.map(({ message, hint }) => ({ message, hint }))] };
}

/**
 * Reads whether the managed accounts are there. In another organization, the accounts of their names are others, for which no
 * token may be created.
 *
 * @throws UserError ORGANIZATION_DIFFERS, MANY_MISSING
 */
export async function checkManagedAccounts(
  desired: Desired,
  { accounts }: State,
  { api }: OpenedService,
  parallelism: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const names = [...accounts.values()].map(({ username }) => ({ username, needsDucklings: false }));
  try {
    const live = await readLive({
      api,
      names,
      managed: accounts,
      isAbsenceOnly: true,
      parallelism,
      ...defined({ signal }),
    });
    refuseMissing(desired, { accounts }, live, ACCEPT_MISSING);
  } catch (error) {
    // Without any reading nothing is known, and each account's test says why it fails.
    if (!(error instanceof ApiError)) throw error;
  }
}

/** Records the organization's id with the first connection, for later tests to compare. */
export async function recordOrganization(stateWriter: StateWriter, smoke: Smoke): Promise<void> {
  const id = smoke.organization?.id;
  const isSure = smoke.accounts.every(({ connections }) =>
    connections.every(({ organization }) => organization === undefined || organization.id === id),
  );
  if (id === undefined || !isSure || stateWriter.state.organization_id !== undefined) return;
  if (stateWriter.state.accounts.size === 0) return;
  await stateWriter.update((state) => ({ ...state, organization_id: id }));
}

/** Records the test result of each managed account in the state. */
export async function recordSmoke(stateWriter: OpenedState, smoke: Smoke): Promise<void> {
  await recordOrganization(stateWriter, smoke);
  const tested = smoke.accounts.filter(({ outcome }) => outcome === 'passed' || outcome === 'failed');
  const known = tested.filter(({ account }) => stateWriter.state.accounts.has(accountKey(account)));
  await Promise.all(
    known.map(({ account, outcome }) =>
      updateAccount(
        stateWriter,
        account,
        (account) => account && { ...account, smoke: { at: smoke.at, passed: outcome === 'passed' } },
      ),
    ),
  );
}
