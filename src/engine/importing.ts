/**
 * Carries out an import: writes the configuration, adopts into the state, stores the secrets that another program has.
 *
 * The configuration is written first, then the state. A run that ends between the two does no harm: the next import or apply
 * adopts what is in the configuration and not yet in the state.
 */
import { adoptAll } from '../apply/adopt.ts';
import { alsoFailed } from '../apply/store-secret.ts';
import type { Live } from '../model/live.ts';
import { runBy, type StateRun, withRun } from '../model/state-run.ts';
import { isoTime } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import type { OpenedState } from '../state/opened-state.ts';
import { adoptSecrets, checkSecretAdoptions, type SecretAdoption, type SecretAdoptionInput } from './adopt-secrets.ts';
import type { ImportDecision } from './import-decision.ts';
import { type ImportFiles, ignoreInGit, writeImportFiles } from './import-files.ts';
import { storesFor } from './planning.ts';
import type { OpenedService, RunContext } from './service.ts';

/** A decided import, and what it is carried out with. */
export interface ImportInput {
  readonly decided: ImportDecision;
  readonly files: ImportFiles;
  readonly live: Live;
  readonly stateWriter: OpenedState;
  readonly service: Pick<OpenedService, 'api' | 'env' | 'isSandbox' | 'sandboxFolder'>;
}

/** What is carried out beside the import itself, and how. */
interface ImportOptions {
  /** The main file of the configuration, beside which git ignores secrets. */
  readonly config: string;
  /** The secrets to store. */
  readonly adoptions: readonly SecretAdoption[];
  /** As `afterImport` gives it. */
  readonly after: SecretAdoptionInput;
  readonly parallelism: number;
}

/** Who runs which command, and with which exit code it ends. */
interface ImportRun {
  readonly command: string;
  readonly who: string;
  exitCode(isComplete: boolean): number;
}

/** The result of an import. */
interface ImportResult {
  /** Of the secrets to store. */
  readonly stored: readonly SecretAdoption[];
  /** The lines that were added to a .gitignore. */
  readonly ignored: { readonly added: number; readonly file: string };
  /** Whether all of the selection could be read, and all secrets were stored. */
  readonly isComplete: boolean;
}

/** The configuration, the state and the stores as they are after the import: secrets are chosen by them. */
export function afterImport({ decided, live, stateWriter, service }: ImportInput): SecretAdoptionInput {
  const { actions, desired } = decided;
  const state = adoptAll(stateWriter.state, actions, live);
  return { desired, state, live, stores: storesFor(desired, service), isSandbox: service.isSandbox };
}

/** Whether every selected account could be read. */
export function isAllRead({ decided: { skipped } }: ImportDecision): boolean {
  return skipped.every(({ reason }) => reason.kind !== 'unreadable');
}

/**
 * Writes and records the import, and warns of secrets that could not be stored.
 *
 * @throws UserError STORE_UNUSABLE, STORE_FOREIGN or IMPORT_REFUSED before anything of it is written
 */
export async function carryOutImport(
  { decided, files, live, stateWriter, service }: ImportInput,
  { config, adoptions, after, parallelism }: ImportOptions,
  { command, who, exitCode }: ImportRun,
  { warn, signal: stopping }: RunContext & { readonly signal: AbortSignal },
): Promise<ImportResult> {
  const { actions } = decided;
  const { texts } = decided.decided;
  const ignored = await ignoreInGit(config);
  await checkSecretAdoptions(adoptions, after);
  await writeImportFiles(files, texts);
  const run = runBy({ command, who }, isoTime(live.now));
  const ended = (isComplete: boolean, more: StateRun['counts'] = {}) => ({
    ...run,
    counts: { ...countsOf(actions), ...more },
    exit_code: exitCode(isComplete),
  });
  const isRead = isAllRead(decided);
  await stateWriter
    .update((state) => {
      const adopted = adoptAll(state, actions, live);
      if (adopted === state) return state;
      return { ...adopted, runs: withRun(state.runs, adoptions.length > 0 ? run : ended(isRead)) };
    })
    .catch((error) => notAdopted(error, [...texts.keys()]));
  let stored: readonly SecretAdoption[] = [];
  let isComplete = isRead;
  if (adoptions.length > 0) {
    const adopted = await adoptSecrets(adoptions, stateWriter, service.api.now, { parallelism, stopping });
    for (const { message, hint } of adopted.failures) warn(message, hint);
    stored = adopted.stored;
    isComplete &&= stored.length === adoptions.length;
    const last = ended(isComplete, { adopt_secret: stored.length });
    await stateWriter.update((state) => ({ ...state, runs: withRun(state.runs, last) }));
  }
  await stateWriter.close();
  return { stored, ignored, isComplete };
}

function countsOf(actions: ImportDecision['actions']): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { action } of actions) counts[action] = (counts[action] ?? 0) + 1;
  return counts;
}

/** The configuration is written before the state. */
function notAdopted(error: unknown, written: readonly string[]): never {
  if (!(error instanceof UserError) || written.length === 0) throw error;
  const also = `${written.join(' and ')} ${written.length === 1 ? 'was' : 'were'} written, and the state was not`;
  throw alsoFailed(error, also, { text: 'An apply then adopts what is written.', command: ['apply'] });
}
