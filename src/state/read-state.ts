import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NotTextError, readText } from '../files/read-text.ts';
import { codeOf } from '../files/system-errors.ts';
import type { State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { type Migrations, migrate } from './migrate.ts';
import { type StateDocument, stateFromDocument } from './state-document.ts';
import { type SchemaError, validate } from './state-validator.generated.js';

const LARGEST = 64 * 1024 * 1024;

/** Whose state it is. */
export type StateOf = Pick<State, 'organization' | 'sandbox'>;

/** A state file that was read. */
export interface ReadState {
  readonly state: State;
  /** As it stands on disk. */
  readonly text: string;
  /** The version it was written in, where that is older than the current one. */
  readonly migratedFrom?: number;
}

/**
 * Reads a state file and checks all of it, and whose it is unless `of` is undefined. Gives undefined where there is none.
 *
 * @throws UserError STATE_NEWER, STATE_FOREIGN or STATE_INVALID, with what to do.
 */
export async function readState(
  path: string,
  of: StateOf | undefined,
  migrations: Migrations,
): Promise<ReadState | undefined> {
  const text = await readStateText(path);
  if (text === undefined) return undefined;
  const parsed = await parseState(path, text, migrations);
  if (of !== undefined) refuseForeign(path, parsed.state, of);
  return { ...parsed, text };
}

function refuseForeign(path: string, state: State, of: StateOf): void {
  if (state.organization !== of.organization) {
    throw new UserError(
      'STATE_FOREIGN',
      `${path} is the state of the organization "${state.organization}", and the configuration is of "${of.organization}".`,
      'Name the right files with --config and --state, or correct `organization` in the configuration.',
    );
  }
  if (state.sandbox && !of.sandbox) {
    const message = `${path} is the state of a sandbox, and this would use it at MotherDuck.`;
    throw new UserError(
      'STATE_FOREIGN',
      message,
      `Add --sandbox; or, when the rehearsal is over, remove it: rm ${path}`,
    );
  }
  if (!state.sandbox && of.sandbox) {
    const message = `${path} is the state of the real organization, and this would use it in a sandbox.`;
    const hint =
      'Rehearse in a copy of the folder, so that the secrets of the real tokens are not written over either.';
    throw new UserError('STATE_FOREIGN', message, hint);
  }
}

/** The file's text; undefined: there is none. */
export async function readStateText(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > LARGEST)
      throw invalid(path, `is larger than 64 MB (${size} bytes)`, 'Is it the right file? See --state.');
    return (await readText(path))?.replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (codeOf(error) === 'ENOENT') return undefined;
    if (error instanceof NotTextError) throw invalid(path, 'is not UTF-8 text', await restoreHint(path));
    const hint = `Make it readable for this user (chmod u+r ${path}), or name another one with --state.`;
    throw new UserError('STATE_INVALID', `${path} cannot be read: ${codeOf(error) ?? 'failed'}.`, hint, {
      cause: error,
    });
  }
}

async function parseState(path: string, text: string, migrations: Migrations): Promise<Omit<ReadState, 'text'>> {
  const document = await parseDocument(path, text);
  const version = document.version;
  if (typeof version !== 'number' || !Number.isSafeInteger(version)) {
    throw invalid(path, 'does not say its version: is it a state file?', await restoreHint(path));
  }
  if (version > migrations.to) {
    throw new UserError(
      'STATE_NEWER',
      `${path} was written by a newer program: it is of version ${version}, and this program knows versions up to ${migrations.to}.`,
      'Update motherduck-accounts (npm install -g motherduck-accounts@latest) and run it again.',
    );
  }
  const current = migrate(document, version, migrations);
  if (current === undefined) {
    throw invalid(path, `is of version ${version}, which this program cannot read`, await restoreHint(path));
  }
  const state = await check(path, text, current);
  return version === migrations.to ? { state } : { state, migratedFrom: version };
}

async function parseDocument(path: string, text: string): Promise<Readonly<Record<string, unknown>>> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw await damaged(path, text);
  }
  if (typeof document === 'object' && document !== null && !Array.isArray(document)) return { ...document };
  throw invalid(path, 'is JSON, but no state', await restoreHint(path));
}

async function damaged(path: string, text: string): Promise<UserError> {
  const conflict = /^<<<<<<< /m.exec(text);
  if (conflict !== null) {
    const line = text.slice(0, conflict.index).split('\n').length;
    return invalid(
      path,
      `has a git merge conflict at line ${line}`,
      `Take one whole side (git checkout --ours -- ${path}, or --theirs) and run mdacc plan: it compares that side with MotherDuck and adopts the rest.`,
      line,
    );
  }
  if (text.trim() === '') return invalid(path, 'is empty', await restoreHint(path));
  const line = (await linesOf(text)).brokenAt;
  return invalid(
    path,
    `is damaged: not JSON${line === undefined ? '' : ` at line ${line}`}`,
    await restoreHint(path),
    line,
  );
}

async function check(path: string, text: string, document: unknown): Promise<State> {
  if (!isStateDocument(document)) {
    const { pointer, problem } = violationOf(document);
    throw await wrongAt(path, text, pointer, problem);
  }
  const state = stateFromDocument(document);
  for (const [key, { username }] of state.accounts) {
    if (accountKey(username) === key) continue;
    const problem = `is "${username}", which does not belong under "${key}"`;
    throw await wrongAt(path, text, `/accounts/${key}/username`, problem);
  }
  return state;
}

async function wrongAt(path: string, text: string, pointer: string, problem: string): Promise<UserError> {
  const line = (await linesOf(text)).lineOf.get(pointer);
  const member = `${pointer === '' ? 'the document' : pointer.slice(1).replaceAll('/', '.')}`;
  const at = line === undefined ? '' : ` at line ${line}`;
  return invalid(path, `is not a valid state${at}: ${member} ${problem}`, await restoreHint(path), line);
}

/** Loads the parser with positions only when something is wrong with a file. */
async function linesOf(text: string) {
  return (await import('./json-lines.ts')).jsonLines(text);
}

function invalid(path: string, problem: string, hint: string, line?: number): UserError {
  const location = line === undefined ? {} : { location: { file: path, line, column: 1 } };
  return new UserError('STATE_INVALID', `${path} ${problem}.`, hint, location);
}

/** Names the newest backup beside the file, when there is one. */
async function restoreHint(path: string): Promise<string> {
  const names = await readdir(dirname(path)).catch(() => []);
  const backup = names
    .filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith('.backup'))
    .sort()
    .at(-1);
  const also = backup === undefined ? '' : `, or the backup ${join(dirname(path), backup)}`;
  return `Restore its last good version (git checkout -- ${path}${also}). Without one, move it away: mdacc apply adopts what is live.`;
}

/** Whether a parsed document is what `schemas/state.schema.json` describes. */
export function isStateDocument(document: unknown): document is StateDocument {
  return validate(document) === true;
}

/** The first violation of the schema: a JSON pointer and what is wrong there. */
export function violationOf(document: unknown): { readonly pointer: string; readonly problem: string } {
  validate(document);
  const first = validate.errors?.[0];
  return first === undefined
    ? { pointer: '', problem: 'is not as it should be' }
    : { pointer: first.instancePath, problem: problemOf(first) };
}

function problemOf({ keyword, params, parentSchema, message }: SchemaError): string {
  if (keyword === 'additionalProperties') return `has an unknown "${String(params.additionalProperty)}"`;
  if (keyword === 'enum') return `must be one of ${JSON.stringify(params.allowedValues)}`;
  if (keyword === 'pattern') return `is not as it should be: ${String(parentSchema?.description)}`.replace(/\.$/, '');
  return message ?? 'is not as it should be';
}
