/** `mdacc state list|show|history|mv|forget|unlock|migrate`: shows the state and its runs, changes an entry, removes a stale lock, moves the state. */
import { existsSync } from 'node:fs';
import { updateAccount, updateToken, withEntry } from '../apply/state-writer.ts';
import { remindToCommit } from '../cli/commit-reminder.ts';
import type { ConfigOptions } from '../cli/configuration.ts';
import { askFor } from '../cli/confirm.ts';
import { EXIT, runCommand } from '../cli/exit-codes.ts';
import type { Io, OutputOptions } from '../cli/io.ts';
import { interruptibleUnderLock } from '../cli/signals.ts';
import { hintAbove } from '../config/errors.ts';
import { loadStateConfig } from '../config/load.ts';
import { refuseUnmatched } from '../engine/account-selection.ts';
import { underStateLock, whoRuns } from '../engine/run-lock.ts';
import { type OpenServiceOptions, sandboxFolder } from '../engine/service.ts';
import { backendAt, backendContext, backendOf, statePath } from '../engine/state-location.ts';
import { readText } from '../files/read-text.ts';
import { parseEntryName } from '../model/entry-name.ts';
import type { State, StateAccount, StateToken } from '../model/state.ts';
import { STATE_LIMITS } from '../model/state.ts';
import { runBy, withRun } from '../model/state-run.ts';
import { seriesOf } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey, globMatcher } from '../model/username.ts';
import { counted, few } from '../model/wording.ts';
import { jsonText, printable } from '../report/escape.ts';
import { HISTORY_FORMATS, type HistoryFormat, STATE_FORMATS, type StateFormat } from '../report/formats.ts';
import { commandText } from '../report/hint.ts';
import { isRehearsedIn } from '../secrets/rehearsed.ts';
import type { StateBackend } from '../state/backend.ts';
import { findEntry, nameOfEntry, type Renaming, renameEntry } from '../state/entry.ts';
import { fileBackend } from '../state/kinds/file/backend.ts';
import { isLikeState } from '../state/kinds/file/errors.ts';
import { leftFile } from '../state/kinds/file/text.ts';
import { isSameBackend, moveState } from '../state/move-state.ts';
import { openAnyState } from '../state/opened-state.ts';
import { refuseMoveOfOther } from '../state/other-states.ts';
import { bringBack } from '../state/removed-state.ts';
import { serializeAccount, serializeState } from '../state/state-document.ts';

interface StateOptions extends ConfigOptions, OpenServiceOptions, OutputOptions {
  readonly yes?: boolean;
  /** Seconds. */
  readonly lockTimeout?: number;
}

/** @param names globs of usernames; none: all accounts */
export function list(options: StateOptions & { readonly format: StateFormat }, names: readonly string[] = []) {
  return runCommand(options, async (io) => {
    const { state: whole } = await openAt(options, await backendAt(options, backendContext(options, io)));
    const state = names.length === 0 ? whole : withAccounts(whole, names);
    io.keepWhole([...state.accounts.values()].flatMap(({ tokens }) => [...tokens.values()].flatMap(namesOf)));
    const folder = state.sandbox ? sandboxFolder(options, io.env) : undefined;
    const isRehearsed = (account: string, token: string, store: string, fingerprint: string) =>
      folder !== undefined && isRehearsedIn(folder, store, { account, token }, fingerprint);
    io.report(STATE_FORMATS[options.format]({ state, text: serializeState(state), isRehearsed }, io.paint.out));
    return EXIT.done;
  });
}

/** The state with these accounts alone. @throws UserError USAGE if a glob matches none */
function withAccounts(state: State, globs: readonly string[]): State {
  const usernames = [...state.accounts.values()].map(({ username }) => username);
  refuseUnmatched(globs, usernames, 'the state', globs);
  const isNamed = globMatcher(globs);
  return { ...state, accounts: new Map([...state.accounts].filter(([, { username }]) => isNamed(username))) };
}

export function history(options: StateOptions & { readonly format: HistoryFormat }): Promise<number> {
  return runCommand(options, async (io) => {
    const { state } = await openAt(options, await backendAt(options, backendContext(options, io)));
    io.report(HISTORY_FORMATS[options.format](state, io.paint.out));
    return EXIT.done;
  });
}

/** The names at MotherDuck of a token's generations. */
function namesOf({ current, retiring, intents }: StateToken): string[] {
  return [...(current ? [current] : []), ...retiring, ...intents].map(({ name }) => name);
}

export function show(options: StateOptions, name: string): Promise<number> {
  return runCommand(options, async (io) => {
    const { state } = await openAt(options, await backendAt(options, backendContext(options, io)));
    const { account, token } = findEntry(name, state);
    const document = JSON.parse(serializeAccount(account)) as { tokens: Record<string, unknown> };
    io.result(jsonText(token === undefined ? document : document.tokens[token]));
    return EXIT.done;
  });
}

export function forget(options: StateOptions, name: string): Promise<number> {
  return runCommand(options, async (io) => {
    const backend = await backendAt(options, backendContext(options, io));
    return interruptibleUnderLock('state forget', backend, options, io, async (stopping) => {
      const file = await openAt(options, backend);
      const { serial } = file.state;
      const entry = findEntry(name, file.state);
      const { account, token } = entry;
      const what = nameOfEntry(entry);
      const shown = printable(what);
      warnOfIntents(account, token, io);
      await sure(`Forget ${what}? It stays at MotherDuck and is no longer managed.`, options, io, stopping);
      const run = runBy({ command: 'state forget', who: whoRuns(io.env) }, new Date().toISOString());
      file.note((state) => ({
        ...state,
        runs: withRun(state.runs, { ...run, counts: { forget: 1 }, exit_code: EXIT.done }),
      }));
      if (token === undefined) await updateAccount(file, account.username, () => undefined);
      else await updateToken(file, account.username, token, () => undefined);
      await file.close();
      io.report(`Forgot ${shown}. Nothing was changed at MotherDuck.\n`);
      io.note('If the configuration still names it, the next apply adopts it again.');
      await remindToCommit(file, serial, io);
      return EXIT.done;
    });
  });
}

export function mv(options: StateOptions, from: string, to: string): Promise<number> {
  return runCommand(options, async (io) => {
    const backend = await backendAt(options, backendContext(options, io));
    return interruptibleUnderLock('state mv', backend, options, io, async () => {
      const file = await openAt(options, backend);
      const { serial } = file.state;
      const renaming = renameEntry(file.state, from, to);
      if (renaming === undefined) {
        io.report(printable(`Nothing to do: the state has ${to}.`).concat('\n'));
        return EXIT.done;
      }
      const { before, after } = renaming;
      const run = runBy({ command: 'state mv', who: whoRuns(io.env) }, new Date().toISOString());
      await file.update((state) => ({
        ...state,
        accounts: withEntry(
          withEntry(state.accounts, accountKey(before.username), undefined),
          accountKey(after.username),
          after,
        ),
        runs: withRun(state.runs, { ...run, counts: { move: 1 }, exit_code: EXIT.done }),
      }));
      await file.close();
      io.report(printable(`Moved ${from} to ${to} in the state. Nothing was changed at MotherDuck.`).concat('\n'));
      io.note(afterMv(renaming, to, io));
      await remindToCommit(file, serial, io);
      return EXIT.done;
    });
  });
}

/** Tells what the next plan does with the names at MotherDuck, which stay. */
function afterMv({ after }: Renaming, to: string, io: Io): string {
  const next = `Next: ${commandText(['plan', '--only', after.username], io.inContext)}`;
  const key = parseEntryName(to).token ?? '';
  const { name, secret = 'unknown' } = after.tokens.get(key)?.current ?? {};
  const isNamedSo = name === undefined || seriesOf(name) === key;
  const told = [
    isNamedSo
      ? []
      : `Its name at MotherDuck is still "${name}": write name: ${seriesOf(name)} beside its policy. Without it, the old token is never revoked.`,
    secret === 'unknown'
      ? []
      : `Its secret is at ${secret.secret_path}. If the store names places after keys, the next apply replaces the token, with its overlap.`,
  ].flat();
  return [...told.map(printable), next].join('\n');
}

/** Warns that orphans are forgotten too: the next apply could not tell them from other tokens. */
function warnOfIntents({ username, tokens }: StateAccount, token: string | undefined, io: Io): void {
  const entries = [...tokens].flatMap(([key, entry]) => (token === undefined || token === key ? [entry] : []));
  const names = entries.flatMap(({ intents }) => intents.map(({ name }) => printable(`"${name}"`)));
  if (names.length === 0) return;
  io.warn(`an interrupted run of ${username} may have created ${few(names)}, which is forgotten too`, {
    text: 'Apply before you forget, which revokes or replaces it. Else look for it at MotherDuck, and revoke it.',
    command: ['apply', '--only', username],
  });
}

export function unlock(options: StateOptions): Promise<number> {
  return runCommand(options, async (io) => {
    const told = await (await backendAt(options, backendContext(options, io))).unlock((question) =>
      sure(question, options, io, new AbortController().signal),
    );
    io.report(`${told}\n`);
    return EXIT.done;
  });
}

export function migrate(options: StateOptions & { readonly from?: string }): Promise<number> {
  return runCommand(options, async (io) => {
    refuseStateOption(options);
    const [from, to] = [await oldBackend(options, io), await backendAt(options, backendContext(options, io))];
    await refuseMoveOfOther(from, options.config);
    const about = { command: 'state migrate', who: whoRuns(io.env) };
    const { isMoved, state } = await interruptibleUnderLock(about.command, to, options, io, async (signal) => {
      const move = () => moveState(from, to, { who: about.who, at: new Date().toISOString() });
      if (isSameBackend(from, to)) return move();
      const context = { warn: io.warn, note: io.note, signal };
      return underStateLock(from, about, options.lockTimeout ?? 0, context, move).catch((error: unknown) => {
        throw inOldLocation(error, from, options);
      });
    });
    const what = `the state of "${state.organization}" (${counted(state.accounts.size, 'account')}, serial ${state.serial})`;
    if (!isMoved) io.report(printable(`Nothing to do: ${what} is in ${to.name}.`).concat('\n'));
    else {
      io.report(printable(`Moved ${what} from ${from.name} to ${to.name}.`).concat('\n'));
      io.note(`Next: ${commandText(['plan'], io.inContext)}\n${afterMove(options, from, to, state)}`);
    }
    return EXIT.done;
  });
}

/** `state unlock` alone would unlock the new location. */
function inOldLocation(error: unknown, { file }: StateBackend, { from = '' }: { readonly from?: string }): unknown {
  if (!(error instanceof UserError) || error.code !== 'STATE_LOCKED') return error;
  const there = file === undefined ? ['--config', from] : ['--state', file];
  const hint = {
    text: 'Wait with --lock-timeout 5m. If that process has ended, remove the lock of the old location.',
    command: ['state', 'unlock', ...there],
  };
  return new UserError(error.code, error.message, hint, { cause: error });
}

/** What the user commits, and what is left in the old location. */
function afterMove({ config }: StateOptions, from: StateBackend, to: StateBackend, { sandbox }: State): string {
  const left =
    from.file === undefined
      ? `What is left in ${from.name} says where the state is, so that older configurations cannot go on.`
      : `The old file is now ${leftFile(from.file)}. Keep it out of git, and remove it when you no longer need it.`;
  const added = to.file === undefined ? '' : ` and ${to.file}`;
  const removed = from.file === undefined ? '' : `, and the removal of ${from.file}`;
  // The state of a sandbox is of no use to anybody else.
  return sandbox ? left : `Then commit ${config}${added}${removed}.\n${left}`;
}

/** @throws UserError USAGE */
function refuseStateOption({ state }: StateOptions): void {
  if (state === undefined) return;
  const text = 'Leave out --state (MDACC_STATE). To move the state from that file, name it.';
  const hint = { text, command: ['state', 'migrate', '--from', state] };
  throw new UserError(
    'USAGE',
    'state migrate moves the state to where the configuration says, and --state overrides that',
    hint,
  );
}

/** Opens the state. Where there is none, the hint names the state that git has or, without a configuration, the one of a folder above. */
async function openAt({ state, config }: StateOptions, backend: StateBackend) {
  const isHere = state !== undefined || existsSync(config);
  const { file } = backend;
  const instead = file === undefined ? undefined : await bringBack(file);
  return openAnyState(backend, instead ?? (isHere ? undefined : await hintAbove(config)));
}

/** Where the state was: in the named state file, as the named configuration says, or beside the configuration. */
async function oldBackend(options: StateOptions & { readonly from?: string }, io: Io) {
  const { config, from, allowEnv } = options;
  if (from === undefined) return fileBackend(statePath({ config }));
  if (await isStateFile(from)) return fileBackend(from);
  const block = await loadStateConfig(from, io.env, allowEnv);
  return backendOf({ config }, block, backendContext(options, io));
}

/** Whether a name is that of a state file, which may be moved already. */
async function isStateFile(name: string): Promise<boolean> {
  if (!name.endsWith('.json')) return false;
  const text = await readText(name, { most: STATE_LIMITS.bytes }).catch(() => undefined);
  return text === undefined ? name.endsWith('.state.json') : isLikeState(text);
}

async function sure(question: string, { yes }: StateOptions, io: Io, signal: AbortSignal): Promise<void> {
  if (!yes) await askFor('yes', question, { text: `${question} Check it, then add --yes.` }, io, signal);
}
