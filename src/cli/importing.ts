/**
 * The run that import and init --from-live share: read, decide, show, ask, write, adopt.
 *
 * The configuration is written first, then the state. A run that ends between the two does no harm: the next import or apply
 * adopts what is in the configuration and not yet in the state.
 */
import { adoptAll } from '../apply/adopt.ts';
import { type Decided, decideSafely, type ImportFiles, readForImport } from '../engine/importing.ts';
import { checkClock, openService, type ServiceOptions } from '../engine/service.ts';
import { backendAt, openStateOf, surroundingsOf, whoRuns } from '../engine/state.ts';
import { type Selection, selectsDucklings } from '../import/selection.ts';
import { handOver } from '../import/terraform.ts';
import type { TerraformInstance } from '../import/terraform-state.ts';
import type { Desired } from '../model/desired.ts';
import type { HandOver } from '../model/import.ts';
import type { Live } from '../model/live.ts';
import type { Notice } from '../model/notice.ts';
import { runBy, withRun } from '../model/state-run.ts';
import { isoTime } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import { few } from '../model/wording.ts';
import { refuseMissing } from '../plan/missing-accounts.ts';
import { commandText } from '../report/hint.ts';
import { HAND_OVER, removedBlocks } from '../report/import/terraform.ts';
import { type Counts, importDiff, importNoticeText, importSummary, skippedText } from '../report/import/text.ts';
import { unbroken } from '../report/terminal-text.ts';
import type { OpenedState } from '../state/opened-state.ts';
import { waitUnlocked } from '../state/state-lock.ts';
import { type ConfigOptions, setCommandFlags, showFindings } from './configuration.ts';
import { askFor } from './confirm.ts';
import { EXIT } from './exit-codes.ts';
import { ignoreInGit, writeImportFiles } from './import-files.ts';
import type { Io, OutputOptions } from './io.ts';
import { withProgress } from './progress.ts';
import { underLock } from './signals.ts';

export interface ImportOptions extends ConfigOptions, ServiceOptions, OutputOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly store?: string;
  readonly into?: string;
  readonly allowMissing?: boolean;
  /** Seconds. */
  readonly lockTimeout?: number;
}

/** The configuration that an import starts from. */
export interface Beginning {
  /** Reads the configuration, before anything live is known. */
  read(): Promise<ImportFiles>;
  /** Changes the configuration to add to, once the live organization is known. */
  settle?(live: Live): Promise<ImportFiles>;
  /** The command that begins so, for hints. */
  readonly argv?: readonly string[];
  /** Notices to show to the user. */
  readonly notices?: readonly Notice[];
  /** What Terraform manages, where that is what was selected. */
  readonly terraform?: readonly TerraformInstance[];
}

/** Imports the selection. Returns the exit code. @throws UserError */
export async function importLive(
  command: string,
  selection: Selection,
  beginning: Beginning,
  options: ImportOptions,
  io: Io,
): Promise<number> {
  setCommandFlags();
  const backend = await backendAt(options, surroundingsOf(options, io));
  const work = async (stopping: AbortSignal) => {
    const read = await beginning.read();
    const service = await openService(options, io);
    try {
      const { desired } = read.loaded;
      const stateWriter = await openStateOf(backend, options, desired, service);
      const { state, others } = stateWriter;
      const live = await withProgress('Reading accounts', io, stopping, (context) =>
        readForImport({ selection, desired, state, service, others, parallelism: options.parallelism }, context),
      );
      checkClock(service, io);
      if (!options.allowMissing) refuseMissing(desired, state, live, beginning.argv);
      const files = (await beginning.settle?.(live)) ?? read;
      const { terraform } = beginning;
      const decided = await decideSafely({ selection, files, live, state, service, others, terraform }, options, {
        env: io.env,
        showFindings: (loaded) => showFindings(loaded, io),
      });
      showImport(decided, files, withoutDucklings(selection, files.loaded.desired), io);
      for (const { message, hint } of [...(beginning.notices ?? []), ...decided.decided.notices.map(importNoticeText)])
        io.warn(message, hint);
      return await carryOut(command, decided, { files, live, stateWriter, terraform }, options, io, stopping);
    } finally {
      await service.close();
    }
  };
  if (!options.dryRun) return underLock(command, backend, options, io, work);
  await waitUnlocked(backend, (options.lockTimeout ?? 0) * 1000);
  return work(new AbortController().signal);
}

/** Shows the lines first, since there may be many; what is skipped follows, just above the question. */
function showImport({ decided }: Decided, files: ImportFiles, unmanaged: readonly string[], io: Io): void {
  io.result(importDiff(files.isNew ? new Map() : files.texts, decided, io.paint.out));
  if (unmanaged.length > 0) io.note(`The Ducklings of ${few(unmanaged)} stay unmanaged, as configured.`);
  if (decided.skipped.length > 0) io.note(skippedText(decided.skipped, io.paint.err, io.inContext));
}

interface Work {
  readonly files: ImportFiles;
  readonly live: Live;
  readonly stateWriter: OpenedState;
  readonly terraform: readonly TerraformInstance[] | undefined;
}

async function carryOut(
  command: string,
  { decided, actions, desired }: Decided,
  { files, live, stateWriter, terraform = [] }: Work,
  options: ImportOptions,
  io: Io,
  stopping: AbortSignal,
): Promise<number> {
  const { config, dryRun = false } = options;
  const { texts, skipped } = decided;
  const code = skipped.some(({ reason }) => reason.kind === 'unreadable') ? EXIT.partly : EXIT.done;
  const isDone = !dryRun && (texts.size > 0 || actions.length > 0);
  const after = adoptAll(stateWriter.state, actions, live);
  if (isDone) {
    const question = texts.size > 0 ? `Write this to ${[...texts.keys()].join(' and ')}?` : 'Add that to the state?';
    if (!options.yes) {
      io.note(`\n${summary({ decided, actions }, config, 'confirm').trimEnd()}`);
      await askFor('yes', question, { text: 'Read what it would write with --dry-run, then add --yes.' }, io, stopping);
    }
    await writeImportFiles(files, texts);
    if (decided.addsStore || files.isNew) await ignoreInGit(config);
    const run = {
      ...runBy({ command, who: whoRuns(io.env) }, isoTime(live.now)),
      counts: countsOf(actions),
      exit_code: code,
    };
    await stateWriter
      .update((state) => {
        const adopted = adoptAll(state, actions, live);
        return adopted === state ? state : { ...adopted, runs: withRun(state.runs, run) };
      })
      .catch((error) => notAdopted(error, [...texts.keys()]));
    await stateWriter.close();
  }
  io.report(`${texts.size > 0 ? '\n' : ''}${summary({ decided, actions }, config, dryRun ? 'dry_run' : 'done')}`);
  showHandOver(handOver(terraform, after, desired), io);
  if (isDone) {
    io.note(`Next: ${unbroken(commandText(['plan'], io.inContext))}`);
    // The state of a sandbox is of no use to anybody else.
    const { file } = stateWriter;
    if (!stateWriter.state.sandbox) io.note(`Then commit ${config}${file === undefined ? '' : ` and ${file}`}.`);
  }
  return code;
}

/** Shows what to do in Terraform, whose next apply would otherwise change what is managed here. */
function showHandOver(found: HandOver, io: Io): void {
  if (found.resources.length + found.instances.length === 0) return;
  io.note(`\n${HAND_OVER}`);
  io.result(`\n${removedBlocks(found)}`);
}

function countsOf(actions: Decided['actions']): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { action } of actions) counts[action] = (counts[action] ?? 0) + 1;
  return counts;
}

/** The configuration is written before the state. */
function notAdopted(error: unknown, written: readonly string[]): never {
  if (!(error instanceof UserError) || written.length === 0) throw error;
  const message = `${error.message} ${written.join(' and ')} ${written.length === 1 ? 'was' : 'were'} written, and the state was not.`;
  const text = `${error.hint.text} Or let apply adopt what is written.`;
  throw new UserError(error.code, message, { text, command: ['apply'] }, { cause: error });
}

/** The named accounts that are in the configuration without Ducklings. */
function withoutDucklings(selection: Selection, { accounts }: Desired): string[] {
  if (selection.what === 'all') return [];
  const named = [...selection.accounts].filter(([, account]) => selectsDucklings(account));
  return named.flatMap(([key]) => {
    const account = accounts.get(key);
    return account !== undefined && account.ducklings === undefined ? [account.username] : [];
  });
}

function summary(
  { decided, actions }: Pick<Decided, 'decided' | 'actions'>,
  config: string,
  stage: Counts['stage'],
): string {
  const { accounts, tokens, skipped, texts } = decided;
  const adopted = actions.filter(({ action }) => action === 'adopt_account').length;
  const configured = { accounts: adopted - accounts, tokens: actions.length - adopted - tokens };
  const about = { skipped: skipped.length, files: [...texts.keys()], config, stage };
  return importSummary({ written: { accounts, tokens }, configured, ...about });
}
