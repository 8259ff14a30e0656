/** The states of other configurations beside one, and in its git repository. An account belongs to one of them only. */

import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { trackedStates } from '../files/git.ts';
import { realPathOf, shownRelativePath, workTreeOf } from '../files/paths.ts';
import { readText } from '../files/read-text.ts';
import { defined } from '../model/defined.ts';
import { moveAwayCommand } from '../model/shell.ts';
import { ownState, STATE_LIMITS, type State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { counted } from '../model/wording.ts';
import type { StateBackend } from './backend.ts';
import { isFile } from './foreign-state.ts';
import { fileBackend } from './kinds/file/backend.ts';
import { type ReadState, readKept, readState } from './read-state.ts';

/** The state of another configuration. */
export interface OtherState {
  /** For output. */
  readonly name: string;
  /** What it has; or why it cannot be read. */
  readonly state: State | UserError;
}

/** Tells which other state manages an account, by its user id or, in the same organization, by its name. */
type ManagedBy = (username: string, id: string | undefined) => string | undefined;

/** The state files that git tracks in the configuration's repository. Never rejects. */
export async function statesInRepository(configuration: string): Promise<readonly string[]> {
  const tree = workTreeOf(resolve(dirname(configuration)));
  return tree === undefined ? [] : trackedStates(tree);
}

/**
 * Reads the states of other configurations that git tracks or that are beside this one. One whose configuration is gone
 * manages nothing; one that cannot be read may manage any account.
 *
 * @param configuration The path of the main file.
 * @param own The file of its state; undefined: it is no file.
 * @param tracked From `statesInRepository`.
 * @throws UserError STATE_FOREIGN: one of them is a copy of this one
 */
export async function otherStates(
  configuration: string,
  own: string | undefined,
  { lineage }: State,
  tracked: readonly string[],
): Promise<OtherState[]> {
  const folder = resolve(dirname(configuration));
  const beside = (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
  const ours = new Set(
    [ownState(configuration), ...(own === undefined ? [] : [own])].map((file) => realPathOf(resolve(file))),
  );
  const files = new Set([...beside, ...tracked].filter((file) => file.endsWith(ENDING)).map(realPathOf));
  const others: OtherState[] = [];
  for (const file of [...files].sort()) {
    if (ours.has(file)) continue;
    const name = shownRelativePath(file);
    const read = await readOrError(file);
    if (read instanceof UserError) {
      if (read.code !== 'STATE_MOVED' && (await isDamaged(file))) others.push({ name, state: read });
      continue;
    }
    const { state } = read ?? {};
    if (state === undefined || !(await isInUse(file, state))) continue;
    if (state.lineage === lineage) throw copied(own, name);
    others.push({ name, state });
  }
  return others;
}

const ENDING = '.state.json';

function readOrError(file: string): Promise<ReadState | UserError | undefined> {
  return readState(fileBackend(file)).catch((error: unknown) => {
    if (error instanceof UserError) return error;
    throw error;
  });
}

/** Whether a file that cannot be read is, or was, the state of a configuration that is there. */
async function isDamaged(file: string): Promise<boolean> {
  const text = (await readText(file, { most: STATE_LIMITS.bytes }).catch(() => undefined)) ?? '';
  const [, configuration] = /"configuration":\s*"([^"\\]+)"/.exec(text) ?? [];
  if (/"(lineage|serial)"/.test(text)) return isInUse(file, defined({ configuration }));
  // Nothing of a state is left in it, so the file beside it tells whether it is ours.
  for (const beside of namedAlike(file)) {
    if (/^\s*"?organization"?\s*:/m.test((await readText(beside).catch(() => undefined)) ?? '')) return true;
  }
  return false;
}

/** Its configuration is beside it: the one that it names, or the one that it is named after. */
async function isInUse(file: string, { configuration }: Pick<State, 'configuration'>): Promise<boolean> {
  const named = configuration === undefined ? [] : [join(dirname(file), basename(configuration))];
  for (const beside of [...named, ...namedAlike(file)]) if (await isFile(beside)) return true;
  return false;
}

/** The configurations that a state would be named after. */
function namedAlike(file: string): string[] {
  return ['yaml', 'yml', 'json'].map((end) => `${file.slice(0, -ENDING.length)}.${end}`);
}

/** What is kept in a location. */
type Kept = Pick<State, 'lineage' | 'serial' | 'sandbox' | 'accounts'>;

/**
 * Refuses a state in a service while one of the same configuration is in a file, from which it was not moved: beside the
 * configuration or, where git tracks it, in the folder that the configuration left.
 *
 * @param there The state in the service; its serial is 0 where there is none.
 * @param tracked From `statesInRepository`.
 * @throws UserError STATE_FOREIGN
 */
export async function refuseUnmoved(
  location: string,
  configuration: string,
  there: Kept,
  tracked: readonly string[],
): Promise<void> {
  const own = ownState(configuration);
  const left = tracked.filter(
    (file) => basename(file) === basename(own) && realPathOf(file) !== realPathOf(resolve(own)),
  );
  for (const file of [own, ...left]) {
    const read = await readOrError(file);
    if (read === undefined) continue;
    const name = file === own ? own : shownRelativePath(file);
    if (read instanceof UserError) {
      if (read.code !== 'STATE_MOVED' && file === own)
        throw notMoved(location, there, name, `cannot be read (${read.message})`);
      continue;
    }
    const { state } = read;
    if (state.sandbox !== there.sandbox || (there.serial > 0 && state.accounts.size === 0)) continue;
    if (file !== own && (await isInUse(file, state))) continue;
    const has = `has the state of "${state.organization}" (${counted(state.accounts.size, 'account')})`;
    throw notMoved(location, there, name, has, state, file === own);
  }
}

function notMoved(
  location: string,
  there: Kept,
  file: string,
  what: string,
  state?: State,
  isDefault = true,
): UserError {
  const isThere = there.serial > 0;
  const found = isThere
    ? `the configuration keeps its state in ${location} (${counted(there.accounts.size, 'account')}), but`
    : `there is no state at ${location} yet, and`;
  const message = `${found} ${file} ${what}`;
  if (state !== undefined && (!isThere || state.lineage === there.lineage)) {
    return new UserError('STATE_FOREIGN', message, {
      text: `${isThere ? `If ${location} is the right location, finish the move` : 'Move it there'}. If you do not know that location, correct "state" in the configuration.`,
      command: ['state', 'migrate', ...(isDefault ? [] : ['--from', file])],
    });
  }
  const hint = isThere
    ? `If the state in ${location} is the right one, move ${file} away. If not, correct "state" in the configuration.`
    : {
        text: `If you do not know ${location}, correct "state" in the configuration. Else restore ${file}, then move it there.`,
        command: ['state', 'migrate', ...(isDefault ? [] : ['--from', file])],
      };
  return new UserError('STATE_FOREIGN', message, hint);
}

/** @param own The file of the state that asks; undefined: it is no file. */
function copied(own: string | undefined, other: string): UserError {
  const message = `${own ?? 'the state of this configuration'} and ${other} are copies of one state, so two configurations would manage the same accounts`;
  const hint =
    own === undefined
      ? `Keep the one that was written first. If that is the file, give this configuration another location under "state". If not, move the file away: ${moveAwayCommand(other)}`
      : `Keep the one that was written first, and move the other away: its configuration begins with a state of its own: ${moveAwayCommand(own)}`;
  return new UserError('STATE_FOREIGN', message, hint);
}

/** @param own The state that asks. */
export function managedBy(
  others: readonly OtherState[],
  own: Pick<State, 'organization' | 'organization_id' | 'sandbox'>,
): ManagedBy {
  const [byId, byName] = [new Map<string, string>(), new Map<string, string>()];
  for (const { name, state } of others) {
    if (state instanceof UserError || state.sandbox !== own.sandbox) continue;
    const isElsewhere =
      state.organization !== own.organization ||
      (state.organization_id ?? own.organization_id) !== (own.organization_id ?? state.organization_id);
    for (const [key, { id }] of state.accounts) {
      if (id !== undefined) byId.set(id, name);
      if (!isElsewhere) byName.set(key, name);
    }
  }
  return (username, id) => byId.get(id ?? '') ?? byName.get(accountKey(username));
}

/** The states that cannot be read, which may manage any account. */
export function unreadStates(others: readonly OtherState[]): { readonly state: string; readonly why: string }[] {
  return others.flatMap(({ name, state }) => (state instanceof UserError ? [{ state: name, why: state.message }] : []));
}

/** Refuses to move the state of another configuration that is still there. @throws UserError STATE_FOREIGN, and as `readKept` */
export async function refuseMoveOfOther(from: StateBackend, configuration: string): Promise<void> {
  const read = await readKept(from);
  if (read === undefined || read.moved !== undefined) return;
  const name = basename(read.state.configuration ?? '');
  const other = join(dirname(from.file ?? configuration), name);
  if (name === '' || !(await isFile(other)) || realPathOf(resolve(other)) === realPathOf(resolve(configuration)))
    return;
  throw new UserError(
    'STATE_FOREIGN',
    `${from.name} is the state of ${other}, which would lose it, but the configuration is ${configuration}: nothing was moved`,
    {
      text: `If ${configuration} replaces ${other}, remove ${other}. Else name that configuration.`,
      command: ['state', 'migrate', '--config', other],
    },
  );
}
