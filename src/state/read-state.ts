/** Reads a state from where it is kept, checks it, and brings it to the current version. */

import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { defined } from '../model/defined.ts';
import { shellCommand } from '../model/shell.ts';
import type { State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import type { StateBackend, StoredState } from './backend.ts';
import { checkDocument, invalidState, linesOf, type StateSource } from './check-document.ts';
import { type FitsIn, isFile, refuseForeign, refuseOtherConfiguration, type StateOf } from './foreign-state.ts';
import { jsonShape, keysOf } from './json-shape.ts';
import { fileBackend } from './kinds/file/backend.ts';
import { isLikeState } from './kinds/file/errors.ts';
import { leftFile, storedIn } from './kinds/file/text.ts';
import { migrateDocument } from './migrate.ts';
import { LogError, type Moved, movedTo, replay } from './state-change.ts';
import { STATE_VERSION } from './state-document.ts';

/** A state that was read. */
export interface ReadState {
  readonly state: State;
  /** The version in which it is kept, when it is older than the current one. */
  readonly migratedFrom?: number;
  /** The location that the state was moved to; this copy is as old as the move. */
  readonly moved?: Moved;
}

/**
 * Reads and checks a state; undefined when there is none.
 *
 * @param of What it must belong to; undefined: anything.
 * @throws UserError STATE_NEWER, STATE_FOREIGN, STATE_MOVED or STATE_INVALID.
 */
export async function readState(backend: StateBackend, of?: FitsIn): Promise<ReadState | undefined> {
  const parsed = await readKept(backend);
  if (parsed === undefined) return undefined;
  if (parsed.moved !== undefined) throw movedAway(backend, parsed.moved);
  if (of !== undefined) {
    refuseForeign(backend, parsed.state, of);
    await refuseOtherConfiguration(backend, parsed.state, of.configuration, of.folder);
  }
  return parsed;
}

/** As `readState`, for a state of any organization, also at a location that it was moved from. @throws UserError STATE_NEWER, STATE_INVALID */
export async function readKept(backend: StateSource & Pick<StateBackend, 'read'>): Promise<ReadState | undefined> {
  const stored = await backend.read();
  return stored === undefined ? undefined : parseState(backend, stored);
}

/** Reads the state that the text of a file is. @throws as `readKept` */
export async function stateOfText(name: string, text: string): Promise<State | undefined> {
  const read = async () => storedIn(text);
  const restoreHint = async () => ({ text: 'Restore it there.' });
  return (await readKept({ name, read, restoreHint }))?.state;
}

/** The error of a location that the state has left. */
export function movedAway({ name, file }: Pick<StateBackend, 'name' | 'file'>, { to, at, who }: Moved): UserError {
  const anew = file === undefined ? '' : ` To begin a new state here, remove ${leftFile(file)}.`;
  return new UserError(
    'STATE_MOVED',
    `the state was moved from ${name} to ${to} (${at.slice(0, 16).replace('T', ' ')} UTC, by ${who})`,
    `Get the configuration that names the new location under "state" (git pull).${anew} To move the state back here, name a configuration that has the new location: state migrate --from FILE`,
  );
}

/** Refuses to begin without a state beside one whose configuration was renamed, or which has an older default name. @throws UserError STATE_FOREIGN */
export async function refuseLeftState(path: string, of: StateOf): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith('.state.json')) continue;
    const file = join(folder, name);
    const { state } = (await readState(fileBackend(file)).catch(() => undefined)) ?? {};
    if (state === undefined || state.organization !== of.organization || state.sandbox !== of.sandbox) continue;
    const owner = state.configuration ?? name.replace(/\.state\.json$/, '.yaml');
    if (owner !== of.configuration && (await isFile(join(folder, owner)))) continue;
    const message = `there is no state at ${path}, but ${file} is a state of "${of.organization}" without a configuration`;
    const hint = `Move it to another folder, or, if it is of this configuration, rename it: ${shellCommand('mv', file, path)}`;
    throw new UserError('STATE_FOREIGN', message, hint);
  }
}

async function parseState(source: StateSource, stored: StoredState): Promise<ReadState> {
  const { snapshot, changes } = stored;
  const text = snapshot ?? changes[0] ?? '';
  const base = snapshot === undefined ? undefined : await parseDocument(source, snapshot);
  const document = await replayed(source, stored, base);
  const version = document.version;
  if (typeof version !== 'number' || !Number.isSafeInteger(version)) {
    throw invalidState(source, 'has no version, so it may not be a state file', await source.restoreHint(text));
  }
  if (version > STATE_VERSION) {
    throw new UserError(
      'STATE_NEWER',
      `${source.name} was written by a newer mdacc: it has version ${version}, and this one reads versions up to ${STATE_VERSION}`,
      'Update motherduck-accounts (npm install -g motherduck-accounts@latest), then run the command again.',
    );
  }
  const current = migrateDocument(document, version);
  if (current === undefined) {
    throw invalidState(
      source,
      `has version ${version}, which this program cannot read`,
      await source.restoreHint(text),
    );
  }
  const state = await checkDocument(source, changes.length === 0 ? text : undefined, current);
  const moved = movedTo(changes.slice(-1).map((change): unknown => JSON.parse(change)));
  return {
    state,
    ...(version === STATE_VERSION ? {} : { migratedFrom: version }),
    ...defined({ moved }),
  };
}

/** The document after the changes of the log. */
async function replayed(
  source: StateSource,
  { snapshot = '', changes }: StoredState,
  base: Readonly<Record<string, unknown>> | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  if (base !== undefined && changes.length === 0) return base;
  const lineOf = (index: number) => snapshot.split('\n').length + index;
  const values: unknown[] = [];
  for (const [index, change] of changes.entries()) {
    values.push(await parseChange(source, change, lineOf(index), snapshot));
  }
  try {
    return replay(base, values);
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    throw invalidState(
      source,
      `has a wrong log: line ${lineOf(error.index)} ${error.message}`,
      await source.restoreHint(snapshot),
      lineOf(error.index),
    );
  }
}

async function parseChange(source: StateSource, text: string, line: number, snapshot: string): Promise<unknown> {
  const shape = jsonShape(text);
  if (!('problem' in shape)) {
    try {
      const value: unknown = JSON.parse(text);
      if (keysOf(value) === shape.keys) return value;
    } catch {
      // Not JSON.
    }
  }
  if (/^(<{7}|\|{7}|={7}|>{7})( |$)/.test(text)) throw await conflictAt(source, line, snapshot);
  const problem = `is damaged: line ${line} is not a change of a state`;
  throw invalidState(source, problem, await source.restoreHint(snapshot), line);
}

async function parseDocument(source: StateSource, text: string): Promise<Readonly<Record<string, unknown>>> {
  const shape = jsonShape(text);
  if ('problem' in shape) throw invalidState(source, shape.problem, await source.restoreHint(text));
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw await damaged(source, text);
  }
  if (keysOf(document) !== shape.keys) {
    const { key, line } = (await import('./json-lines.ts')).repeatedKey(text) ?? { key: '?', line: 1 };
    throw invalidState(source, `has the key "${key}" twice at line ${line}`, await source.restoreHint(text), line);
  }
  if (typeof document === 'object' && document !== null && !Array.isArray(document)) return { ...document };
  throw invalidState(source, 'is JSON, but not a state', await source.restoreHint(text));
}

async function damaged(source: StateSource, text: string): Promise<UserError> {
  const conflict = /^<<<<<<< /m.exec(text);
  if (conflict !== null && isLikeState(text)) {
    return conflictAt(source, text.slice(0, conflict.index).split('\n').length, text);
  }
  if (text.trim() === '') return invalidState(source, 'is empty', await source.restoreHint(text));
  const line = (await linesOf(text)).errorLine;
  return invalidState(
    source,
    `${isLikeState(text) ? 'is damaged' : 'is not a state'}: not JSON${line === undefined ? '' : ` at line ${line}`}`,
    await source.restoreHint(text),
    line,
  );
}

async function conflictAt(source: StateSource, line: number, text: string): Promise<UserError> {
  const { file } = source;
  const hint =
    file === undefined
      ? await source.restoreHint(text)
      : {
          text: `Keep one side completely (${shellCommand('git checkout --ours --', source.name)}, or --theirs), then compare it with MotherDuck.`,
          command: ['plan'],
        };
  return invalidState(source, `has a git merge conflict at line ${line}`, hint, line);
}
