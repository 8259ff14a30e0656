/** The run that import and init --from-live share: lock, read, decide, show, ask, import, report. */
import type { SecretAdoption, SecretAdoptionInput } from '../engine/adopt-secrets.ts';
import { checkClock } from '../engine/clock.ts';
import { decideSafely, type ImportDecision, readForImport } from '../engine/import-decision.ts';
import type { ImportFiles } from '../engine/import-files.ts';
import { afterImport, carryOutImport, type ImportInput, isAllRead } from '../engine/importing.ts';
import { openServiceFor, openStateOf } from '../engine/open-state.ts';
import { whoRuns } from '../engine/run-lock.ts';
import type { OpenServiceOptions } from '../engine/service.ts';
import { backendAt, backendContext } from '../engine/state-location.ts';
import { type Selection, selectsDucklings } from '../import/selection.ts';
import { handOver } from '../import/terraform.ts';
import type { Desired } from '../model/desired.ts';
import { entryName } from '../model/entry-name.ts';
import type { Live } from '../model/live.ts';
import type { Notice } from '../model/notice.ts';
import type { State } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import { counted, few } from '../model/wording.ts';
import { ACCEPT_MISSING, refuseMissing } from '../plan/missing-accounts.ts';
import { printable } from '../report/escape.ts';
import { commandText } from '../report/hint.ts';
import { type Counts, importSummary, unknownSecretsText } from '../report/import/summary.ts';
import { importDiff, importNoticeText, importRefused, skippedText } from '../report/import/text.ts';
import { unbroken } from '../report/terminal-text.ts';
import { remindToCommit } from './commit-reminder.ts';
import { type ConfigOptions, importContext, setCommandFlags } from './configuration.ts';
import { askFor } from './confirm.ts';
import { EXIT } from './exit-codes.ts';
import type { Io, OutputOptions } from './io.ts';
import { withProgress } from './progress.ts';
import { interruptibleUnderLock, waitForOtherRun } from './signals.ts';
import { type FromTerraform, onlyInTerraform, secretsToAdopt, showHandOver } from './terraform.ts';

/** The options of `import` and `init --from-live`. */
export interface ImportLiveOptions extends ConfigOptions, OpenServiceOptions, OutputOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly store?: string;
  readonly into?: string;
  readonly allowMissing?: boolean;
  /** Seconds. */
  readonly lockTimeout?: number;
}

/** The configuration that an import starts from. */
export interface ImportStart {
  /** Reads the configuration, before anything live is known. */
  read(): Promise<ImportFiles>;
  /** Changes the configuration to add to, once the live organization is known. */
  adjust?(live: Live): Promise<ImportFiles>;
  /** The command that begins so, for hints. */
  readonly argv?: readonly string[];
  /** Notices to show to the user. */
  readonly notices?: readonly Notice[];
  /** What Terraform manages, where that is what was selected. */
  readonly terraform?: FromTerraform;
}

/** Imports the selection. Returns the exit code. @throws UserError */
export async function importLive(
  command: string,
  selection: Selection,
  start: ImportStart,
  options: ImportLiveOptions,
  io: Io,
): Promise<number> {
  setCommandFlags();
  const backend = await backendAt(options, backendContext(options, io));
  const run = async (stopping: AbortSignal) => {
    const read = await start.read();
    const service = await openServiceFor(options, read.loaded.desired, io);
    try {
      const { desired } = read.loaded;
      const { stateWriter, others } = await openStateOf(backend, options, desired, service);
      const { state } = stateWriter;
      const live = await withProgress('Reading accounts', io, stopping, (context) =>
        readForImport({ selection, desired, state, service, others, parallelism: options.parallelism }, context),
      );
      checkClock(service, io);
      if (!options.allowMissing) refuseMissing(desired, state, live, start.argv ?? ACCEPT_MISSING);
      const files = (await start.adjust?.(live)) ?? read;
      const { terraform } = start;
      const input = { selection, files, live, state, service, others, terraform: terraform?.instances };
      const decided = await decideSafely(input, options, importContext(io));
      if ('refusal' in decided) throw importRefused(decided.refusal);
      showImport(decided, files, withoutDucklings(selection, files.loaded.desired, decided.desired), io);
      const isEmpty = service.isSandbox && selection.what === 'all' && hasNoAccounts(live);
      const before = [...(start.notices ?? []), ...(isEmpty ? [EMPTY_SANDBOX] : [])];
      for (const { message, hint } of [...before, ...decided.decided.notices.map(importNoticeText)])
        io.warn(message, hint);
      const work = { decided, files, live, stateWriter, service };
      return await askAndImport(command, work, terraform, options, io, stopping);
    } finally {
      await service.close();
    }
  };
  if (!options.dryRun) return interruptibleUnderLock(command, backend, options, io, run);
  await waitForOtherRun(backend, options, io);
  return run(new AbortController().signal);
}

const EMPTY_SANDBOX: Notice = {
  message: 'the sandbox has no service accounts',
  hint: { text: 'Add some, with two tokens each.', command: ['sandbox', 'seed', '3'] },
};

function hasNoAccounts({ accounts }: Live): boolean {
  return [...accounts.values()].every(({ presence }) => presence === 'absent');
}

/** Accounts that an apply would create: an import may add to a starter file, whose account does not exist. */
function notAtMotherDuck({ accounts }: Desired, state: State, live: Live): string[] {
  return [...accounts].flatMap(([key, { username, location }]) =>
    live.accounts.get(key)?.presence === 'absent' && !state.accounts.has(key)
      ? [`${printable(username)} (line ${location.line})`]
      : [],
  );
}

/** Shows the lines first, since there may be many; what is skipped follows, just above the question. */
function showImport({ decided }: ImportDecision, files: ImportFiles, unmanaged: readonly string[], io: Io): void {
  io.result(importDiff(files.isNew ? new Map() : files.texts, decided, io.paint.out));
  if (unmanaged.length > 0) {
    io.note(
      `The Ducklings of ${few(unmanaged)} stay unmanaged. To manage them, add "ducklings" to the account's block.`,
    );
  }
  if (decided.skipped.length > 0) io.note(skippedText(decided.skipped, io.paint.err, io.inContext));
}

async function askAndImport(
  command: string,
  work: ImportInput,
  terraform: FromTerraform | undefined,
  options: ImportLiveOptions,
  io: Io,
  stopping: AbortSignal,
): Promise<number> {
  const { config, parallelism, dryRun = false } = options;
  const { decided, live, stateWriter } = work;
  const { actions, desired } = decided;
  const { texts } = decided.decided;
  const after = afterImport(work);
  const chosen = secretsToAdopt(terraform, after, io);
  const { adoptions } = chosen;
  const exitCode = (isComplete: boolean) => (isComplete ? EXIT.done : EXIT.partly);
  if (dryRun || (texts.size === 0 && actions.length === 0 && adoptions.length === 0)) {
    reportImport(decided, options, adoptions, dryRun ? 'dry_run' : 'done', io);
    handOverTo(terraform, after, onlyInTerraform(chosen, adoptions), io);
    return exitCode(isAllRead(decided));
  }
  if (!options.yes) {
    io.note(`\n${summary(decided, config, adoptions, 'confirm').trimEnd()}`);
    const question = questionOf(decided);
    await askFor('yes', question, { text: 'Read what it would write with --dry-run, then add --yes.' }, io, stopping);
  }
  const { serial } = stateWriter.state;
  const by = { command, who: whoRuns(io.env), exitCode };
  const how = { config, adoptions, after, parallelism };
  const { stored, ignored, isComplete } = await carryOutImport(work, how, by, { warn: io.warn, signal: stopping });
  reportImport(decided, options, stored, 'done', io);
  handOverTo(terraform, after, onlyInTerraform(chosen, stored), io);
  const unknown = unknownSecrets(decided, after.stores, stored);
  if (unknown !== undefined) io.note(unknown);
  const unmade = notAtMotherDuck(desired, stateWriter.state, live);
  if (unmade.length > 0)
    io.note(
      `In the configuration, but not at MotherDuck: ${few(unmade)}. The next apply creates what you do not remove.`,
    );
  const { added, file } = ignored;
  const lines = added > 0 ? `Added ${counted(added, 'line')} to ${file}, which keep secrets out of git.\n` : '';
  io.note(`${lines}Next: ${unbroken(commandText(['plan'], io.inContext))}`);
  await remindToCommit(stateWriter, serial, io, [...texts.keys(), ...(added > 0 ? [file] : [])]);
  return exitCode(isComplete);
}

function reportImport(
  decided: ImportDecision,
  { config }: ImportLiveOptions,
  stored: readonly SecretAdoption[],
  stage: Counts['stage'],
  io: Io,
): void {
  const space = decided.decided.texts.size > 0 ? '\n' : '';
  io.report(`${space}${summary(decided, config, stored, stage)}`);
}

/** @param kept the ids of tokens whose secrets Terraform alone has */
function handOverTo(
  terraform: FromTerraform | undefined,
  { state, desired }: SecretAdoptionInput,
  kept: ReadonlySet<string>,
  io: Io,
): void {
  if (terraform === undefined) return;
  const { instances } = terraform;
  showHandOver(handOver(instances, state, desired, kept), instances, io);
}

/** Which stores get the secrets of adopted tokens that were not adopted, and when. */
function unknownSecrets(
  { actions, desired }: ImportDecision,
  stores: SecretAdoptionInput['stores'],
  stored: readonly SecretAdoption[],
): string | undefined {
  const adopted = new Set(stored.map(({ account, key }) => entryName({ account, token: key })));
  const unknown = actions.flatMap((action) =>
    action.action === 'adopt_token' && !adopted.has(entryName(action)) ? [action] : [],
  );
  if (unknown.length === 0) return undefined;
  const names = unknown.flatMap(
    ({ account, token }) => desired.accounts.get(accountKey(account))?.tokens.get(token)?.stores ?? [],
  );
  return unknownSecretsText(
    unknown.length,
    [...new Set(names)].flatMap((name) => stores.get(name) ?? []),
  );
}

function questionOf({ decided: { texts }, actions }: ImportDecision): string {
  if (texts.size > 0) return `Write this to ${[...texts.keys()].join(' and ')}?`;
  return actions.length > 0 ? 'Add that to the state?' : 'Store these secrets?';
}

/** The selected accounts in the configuration without Ducklings, and new ones of which Terraform has none. */
function withoutDucklings(selection: Selection, { accounts }: Desired, after: Desired): string[] {
  const inConfig = [...accounts.values()].filter(({ ducklings }) => ducklings === undefined);
  if (selection.what === 'all') return inConfig.map(({ username }) => username);
  const without = new Map(inConfig.map((account) => [accountKey(account.username), account.username]));
  return [...selection.accounts].flatMap(([key, selected]) => {
    const isLeft = selected.ducklings === false;
    if (!accounts.has(key)) return isLeft && after.accounts.has(key) ? [selected.username] : [];
    return isLeft || selectsDucklings(selected) ? (without.get(key) ?? []) : [];
  });
}

function summary(
  { decided, actions }: ImportDecision,
  config: string,
  stored: readonly SecretAdoption[],
  stage: Counts['stage'],
): string {
  const { accounts, tokens, skipped, texts } = decided;
  const adopted = actions.filter(({ action }) => action === 'adopt_account').length;
  const configured = { accounts: adopted - accounts, tokens: actions.length - adopted - tokens };
  const secrets = { count: stored.length, stores: [...new Set(stored.flatMap(({ stores }) => stores))] };
  const about = { skipped: skipped.length, secrets, files: [...texts.keys()], config, stage };
  return importSummary({ written: { accounts, tokens }, configured, ...about });
}
