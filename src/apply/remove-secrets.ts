/** Secrets of tokens that no longer exist: they are removed from the stores that can remove them. */
import type { Desired } from '../model/desired.ts';
import type { Live } from '../model/live.ts';
import type { Plan } from '../model/plan.ts';
import { type SecretRecord, secretRecords } from '../model/secret-record.ts';
import type { StateToken } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { goneSecrets } from '../plan/obsolete-secrets.ts';
import { obsoleteSecret } from '../secrets/recorded-secrets.ts';
import { SecretPathsInUse } from '../secrets/secret-paths-in-use.ts';
import type { SecretStore } from '../secrets/store.ts';
import { withoutRemoved } from './removal-records.ts';
import { noteToken, type StateWriter } from './state-writer.ts';

/** The tools that remove secrets. */
export interface RemovalTools {
  readonly desired: Desired;
  readonly plan: Pick<Plan, 'sandbox'>;
  readonly stores: ReadonlyMap<string, SecretStore>;
  readonly stateWriter: StateWriter;
}

/**
 * Removes a secret as `howRemoved` tells, and notes that, so that the removal runs once.
 *
 * @returns Whether no store has it there any more.
 * @throws UserError STORE_FAILED
 */
export async function removeSecret(
  record: SecretRecord | undefined,
  tools: RemovalTools,
  removals = removalsOf(tools),
): Promise<boolean> {
  if (record === undefined) return false;
  const { plan, stores, stateWriter } = tools;
  if (removals.inUse.howRemoved(record, stateWriter.state) === undefined) return false;
  const { account, token, secret } = record;
  const store = stores.get(secret.store);
  const isRehearsed = store?.rehearsedIn !== undefined;
  const removal = isRehearsed ? undefined : store?.removalOf?.({ account, token }, secret.secret_path);
  if (removal === undefined || !removals.done.has(removal)) await store?.remove?.(obsoleteSecret(record, plan.sandbox));
  // Nothing is stored there later in a run: a secret path of the configuration is in use.
  if (removal !== undefined) removals.done.add(removal);
  if (stateWriter.state.accounts.get(accountKey(account))?.tokens.has(token))
    noteToken(stateWriter, account, token, (entry) => withoutRemoved(entry, record));
  return true;
}

/** What a run removes secrets by. */
interface Removals {
  readonly inUse: SecretPathsInUse;
  /** What removed secrets in this run: `removalOf` of stores. */
  readonly done: Set<string>;
}

const removalsByPlan = new WeakMap<RemovalTools['plan'], Removals>();

/** Those of the run, which begin with its first removal. */
function removalsOf(tools: RemovalTools): Removals {
  const removals = removalsByPlan.get(tools.plan) ?? newRemovals(tools);
  removalsByPlan.set(tools.plan, removals);
  return removals;
}

function newRemovals({ desired, stores, stateWriter }: RemovalTools): Removals {
  return { inUse: new SecretPathsInUse(desired, stateWriter.state, stores), done: new Set() };
}

/** Removes all secrets of these tokens of an account. @throws UserError STORE_FAILED, after trying all */
export async function removeSecrets(
  account: string,
  tokens: Iterable<readonly [key: string, token: StateToken]>,
  tools: RemovalTools,
): Promise<void> {
  let failed: UserError | undefined;
  for (const record of [...tokens].flatMap(([key, entry]) => secretRecords(account, key, entry))) {
    await removeSecret(record, tools).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      failed ??= error;
    });
  }
  if (failed) throw failed;
}

/** Removes the secrets of tokens that are gone, of replaced ones and of interrupted runs. Failures are reported, and nothing waits for them. @throws UserError STATE_LOST */
export async function removeGone(
  input: RemovalTools & { readonly live: Live; readonly stopping: AbortSignal },
): Promise<UserError[]> {
  const failures: UserError[] = [];
  const { state } = input.stateWriter;
  const gone = goneSecrets(state, input.live);
  // Another run may have the state: this one may have waited for an answer, on a machine that slept.
  if (gone.length > 0) await input.stateWriter.confirm();
  const removals = newRemovals(input);
  for (const record of gone) {
    if (input.stopping.aborted) break;
    try {
      await removeSecret(record, input, removals);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures.push(error);
    }
  }
  return failures;
}
