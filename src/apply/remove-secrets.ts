/** Secrets of tokens that no longer exist: they are removed from the stores that can remove them. */
import { type SecretRecord, secretRecords } from '../model/secret-record.ts';
import type { StateToken } from '../model/state.ts';
import { isStateError, UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { goneSecrets } from '../plan/obsolete-secrets.ts';
import { obsoleteSecret } from '../secrets/recorded-secrets.ts';
import { SecretPathsInUse } from '../secrets/secret-paths-in-use.ts';
import type { ApplyInput } from './apply-input.ts';
import { withoutRemoved } from './removal-records.ts';
import { noteToken } from './state-writer.ts';

/** What a run removes secrets with. */
type RemovalInput = Pick<ApplyInput, 'desired' | 'plan' | 'stores' | 'stateWriter'>;

/** Removes secrets from their stores during one run, in which the same removal runs once. */
export class SecretRemover {
  readonly #input: RemovalInput;
  /** The secret paths in use when the first secret is removed. */
  #inUse: SecretPathsInUse | undefined;
  /** What removed secrets in this run: `removalOf` of stores. */
  readonly #done = new Set<string>();

  constructor(input: RemovalInput) {
    this.#input = input;
  }

  /**
   * Removes a secret as `howRemoved` tells, and notes that, so that no later run removes it again.
   *
   * @returns Whether no store has it there any more.
   * @throws UserError STORE_FAILED, STATE_LOST, STATE_UNREACHABLE
   */
  async remove(record: SecretRecord): Promise<boolean> {
    const { desired, plan, stores, stateWriter } = this.#input;
    this.#inUse ??= new SecretPathsInUse(desired, stateWriter.state, stores);
    if (this.#inUse.howRemoved(record, stateWriter.state) === undefined) return false;
    const { account, token, secret } = record;
    const store = stores.get(secret.store);
    const isRehearsed = store?.rehearsedIn !== undefined;
    const removal = isRehearsed ? undefined : store?.removalOf?.({ account, token }, secret.secret_path);
    if (removal === undefined || !this.#done.has(removal)) {
      // Another run may have stored a secret there, while this one waited for an answer or on a machine that slept.
      await stateWriter.confirm();
      await store?.remove?.(obsoleteSecret(record, plan.sandbox));
    }
    // Nothing is stored there later in a run: a secret path of the configuration is in use.
    if (removal !== undefined) this.#done.add(removal);
    if (stateWriter.state.accounts.get(accountKey(account))?.tokens.has(token))
      noteToken(stateWriter, account, token, (entry) => withoutRemoved(entry, record));
    return true;
  }

  /** Removes all secrets of these tokens of an account. @throws UserError STORE_FAILED, after trying all; STATE_LOST, STATE_UNREACHABLE */
  async removeAll(account: string, tokens: Iterable<readonly [key: string, token: StateToken]>): Promise<void> {
    let failed: UserError | undefined;
    for (const record of [...tokens].flatMap(([key, entry]) => secretRecords(account, key, entry))) {
      await this.remove(record).catch((error: unknown) => {
        if (!(error instanceof UserError) || isStateError(error)) throw error;
        failed ??= error;
      });
    }
    if (failed) throw failed;
  }
}

/** Removes the secrets of tokens that are gone, of replaced ones and of interrupted runs. Failures are reported, and nothing waits for them. @throws UserError STATE_LOST, STATE_UNREACHABLE */
export async function removeGone(input: RemovalInput & Pick<ApplyInput, 'live' | 'stopping'>): Promise<UserError[]> {
  const failures: UserError[] = [];
  const { state } = input.stateWriter;
  const gone = goneSecrets(state, input.live);
  const remover = new SecretRemover(input);
  for (const record of gone) {
    if (input.stopping.aborted) break;
    try {
      await remover.remove(record);
    } catch (error) {
      if (!(error instanceof UserError) || isStateError(error)) throw error;
      failures.push(error);
    }
  }
  return failures;
}
