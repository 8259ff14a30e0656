import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NotAFileError, NotTextError, readText } from '../files/read-text.ts';
import { leaveSandboxCommand } from '../files/shell.ts';
import { codeOf } from '../files/system-errors.ts';
import { recordsOf, STATE_LIMITS, type State, secretFilesOf } from '../model/state.ts';
import { generationOf, MAX_GENERATION, seriesOf } from '../model/tokens.ts';
import { type Hint, UserError } from '../model/user-error.ts';
import { contradictionOf } from './contradictions.ts';
import type { JsonLines } from './json-lines.ts';
import { jsonShape, keysOf } from './json-shape.ts';
import { MIGRATIONS, type Migrations, migrate } from './migrate.ts';
import { type StateDocument, stateFromDocument } from './state-document.ts';
import type { SchemaError } from './state-validator.generated.js';

const LARGEST = 64 * 1024 * 1024;
/** Without lines, the error of a huge file comes soon. */
const LARGEST_WITH_LINES = 8 * 1024 * 1024;
/** No state is written so often. What may be read can be written again, since the schema allows more. */
const MAX_SERIAL = 900_000_000_000;

/** What a state belongs to. */
export type StateOf = Pick<State, 'organization' | 'organization_id' | 'sandbox' | 'configuration'>;

/** A state file that was read. */
export interface ReadState {
  readonly state: State;
  /** The text of the file. */
  readonly text: string;
  /** The file's version, when it is older than the current one. */
  readonly migratedFrom?: number;
}

/**
 * Reads and checks a state file; undefined when there is none.
 *
 * @param of What it must belong to, with the configuration's folder; undefined: anything.
 * @throws UserError STATE_NEWER, STATE_FOREIGN or STATE_INVALID.
 */
export async function readState(
  path: string,
  of: (StateOf & { readonly folder?: string }) | undefined,
  migrations: Migrations,
): Promise<ReadState | undefined> {
  const text = await readStateText(path);
  if (text === undefined) return undefined;
  const parsed = await parseState(path, text, migrations);
  if (of !== undefined) {
    refuseForeign(path, parsed.state, of, of.folder ?? dirname(path));
    await refuseOtherConfiguration(path, parsed.state, of.configuration, of.folder ?? dirname(path));
  }
  return { ...parsed, text };
}

function refuseForeign(path: string, state: State, of: StateOf, folder: string): void {
  if (state.organization !== of.organization) {
    throw new UserError(
      'STATE_FOREIGN',
      `${path} is the state of the organization "${state.organization}", but the configuration is for "${of.organization}".`,
      'Name matching files with --config and --state, or correct `organization` in the configuration.',
    );
  }
  if (state.sandbox && !of.sandbox) {
    const message = `${path} is the state of a sandbox, but this command would use it with MotherDuck.`;
    const leave = leaveSandboxCommand(path, secretFilesOf(state, folder));
    throw new UserError('STATE_FOREIGN', message, `To go on in the sandbox, add --sandbox. To leave it: ${leave}`);
  }
  if (!state.sandbox && of.sandbox) {
    const message = `${path} is the state of the real organization, but this command would use it in a sandbox.`;
    const hint =
      'Use the sandbox in a copy of the folder without its state, so that the secrets of real tokens are not overwritten either.';
    throw new UserError('STATE_FOREIGN', message, hint);
  }
  const { organization_id: known } = state;
  if (of.sandbox && known !== undefined && of.organization_id !== undefined && known !== of.organization_id) {
    const message = `${path} is the state of another sandbox, or of this one before it was reset or removed.`;
    const leave = leaveSandboxCommand(path, secretFilesOf(state, folder));
    const hint = `Name the other sandbox's folder with --sandbox-dir. If it is gone, remove what is left of it: ${leave}`;
    throw new UserError('STATE_FOREIGN', message, hint);
  }
}

/** With a shared state, each configuration of a folder would delete the accounts of the others. */
async function refuseOtherConfiguration(path: string, state: State, own: string | undefined, folder: string) {
  const { configuration } = state;
  if (own === undefined || configuration === undefined || configuration === own) return;
  if (!(await isFile(join(folder, configuration)))) return; // it was renamed
  const message = `${path} is the state of ${configuration}, but the configuration is ${own}.`;
  if (basename(path) === ownState(own)) {
    // It is where this configuration's state belongs, so it was copied there.
    const hint = `It is a copy. If ${own} replaces ${configuration}, remove ${configuration}. If not, move the copy away, and ${own} begins with a state of its own: mv ${path} ${path}.old`;
    throw new UserError('STATE_FOREIGN', message, hint);
  }
  throw new UserError(
    'STATE_FOREIGN',
    message,
    `Leave out --state (MDACC_STATE), so that each configuration has a state of its own. If ${own} replaces ${configuration}, remove ${configuration}.`,
  );
}

/** The name of a configuration's state, unless another is given. */
export function ownState(configuration: string): string {
  return configuration.replace(/\.(ya?ml|json)$/i, '').concat('.state.json');
}

/** Refuses to begin without a state beside one whose configuration was renamed, or which has an older default name. @throws UserError STATE_FOREIGN */
export async function refuseLeftState(path: string, of: StateOf): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith('.state.json')) continue;
    const file = join(folder, name);
    const { state } = (await readState(file, undefined, MIGRATIONS).catch(() => undefined)) ?? {};
    if (state === undefined || state.organization !== of.organization || state.sandbox !== of.sandbox) continue;
    const owner = state.configuration ?? name.replace(/\.state\.json$/, '.yaml');
    if (owner !== of.configuration && (await isFile(join(folder, owner)))) continue;
    const message = `there is no state at ${path}, but ${file} is a state of "${of.organization}" without a configuration`;
    const hint = `Move it to another folder, or, if it is of this configuration, rename it: mv ${file} ${path}`;
    throw new UserError('STATE_FOREIGN', message, hint);
  }
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** The file's text without a byte order mark; undefined when there is no file. @throws UserError STATE_INVALID */
export async function readStateText(path: string): Promise<string | undefined> {
  try {
    return (await readText(path, { most: LARGEST }))?.replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof NotTextError) throw invalid(path, 'is not UTF-8 text', await restoreHint(path, '?'));
    const code = codeOf(error) ?? 'failed';
    if (code === 'EFBIG')
      throw invalid(path, `is larger than ${LARGEST / 2 ** 20} MB`, 'Check that --state names a state file.');
    const why = error instanceof NotAFileError ? error.message : code;
    const access =
      code === 'EACCES' || code === 'EPERM' ? `Give this user read access (chmod u+r ${path}), or name` : 'Name';
    const hint = `${access} another state file with --state.`;
    throw new UserError('STATE_INVALID', `${path} cannot be read: ${why}.`, hint, { cause: error });
  }
}

async function parseState(path: string, text: string, migrations: Migrations): Promise<Omit<ReadState, 'text'>> {
  const document = await parseDocument(path, text);
  const version = document.version;
  if (typeof version !== 'number' || !Number.isSafeInteger(version)) {
    throw invalid(path, 'has no version, so it may not be a state file', await restoreHint(path, text));
  }
  if (version > migrations.to) {
    throw new UserError(
      'STATE_NEWER',
      `${path} was written by a newer mdacc: it has version ${version}, and this one reads versions up to ${migrations.to}.`,
      'Update motherduck-accounts (npm install -g motherduck-accounts@latest), then run the command again.',
    );
  }
  const current = migrate(document, version, migrations);
  if (current === undefined) {
    throw invalid(path, `has version ${version}, which this program cannot read`, await restoreHint(path, text));
  }
  const state = await check(path, text, current);
  return version === migrations.to ? { state } : { state, migratedFrom: version };
}

async function parseDocument(path: string, text: string): Promise<Readonly<Record<string, unknown>>> {
  const shape = jsonShape(text);
  if ('problem' in shape) throw invalid(path, shape.problem, await restoreHint(path, text));
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw await damaged(path, text);
  }
  if (keysOf(document) !== shape.keys) {
    const { key, line } = (await import('./json-lines.ts')).repeatedKey(text) ?? { key: '?', line: 1 };
    throw invalid(path, `has the key "${key}" twice at line ${line}`, await restoreHint(path, text), line);
  }
  if (typeof document === 'object' && document !== null && !Array.isArray(document)) return { ...document };
  throw invalid(path, 'is JSON, but not a state', await restoreHint(path, text));
}

async function damaged(path: string, text: string): Promise<UserError> {
  const conflict = /^<<<<<<< /m.exec(text);
  if (conflict !== null && isLikeState(text)) {
    const line = text.slice(0, conflict.index).split('\n').length;
    return invalid(
      path,
      `has a git merge conflict at line ${line}`,
      {
        text: `Keep one side completely (git checkout --ours -- ${path}, or --theirs), then compare it with MotherDuck.`,
        command: ['plan'],
      },
      line,
    );
  }
  if (text.trim() === '') return invalid(path, 'is empty', await restoreHint(path, text));
  const line = (await linesOf(text)).errorLine;
  return invalid(
    path,
    `${isLikeState(text) ? 'is damaged' : 'is not a state'}: not JSON${line === undefined ? '' : ` at line ${line}`}`,
    await restoreHint(path, text),
    line,
  );
}

async function check(path: string, text: string, document: unknown): Promise<State> {
  if (Object.keys(fieldOf(document, 'accounts') ?? {}).length > STATE_LIMITS.accounts) {
    const problem = `has more than ${STATE_LIMITS.accounts.toLocaleString('en')} accounts`;
    throw invalid(path, problem, await restoreHint(path, text));
  }
  const violation = await violationOf(document);
  if (violation !== undefined) {
    const hint = violation.isTooMuch ? numberHint(document, violation.pointer) : undefined;
    throw await wrongAt(path, text, violation.pointer, violation.problem, hint);
  }
  const state = stateFromDocument(document as StateDocument);
  if (state.serial > MAX_SERIAL) {
    const problem = `must be <= ${MAX_SERIAL}`;
    throw await wrongAt(path, text, '/serial', problem, numberHint(document, '/serial'));
  }
  for (const [key, { tokens }] of state.accounts) {
    if (recordsOf(tokens) <= STATE_LIMITS.records) continue;
    const problem = `has more than ${STATE_LIMITS.records.toLocaleString('en')} tokens`;
    throw await wrongAt(path, text, `/accounts/${key}`, problem);
  }
  const contradiction = contradictionOf(state);
  if (contradiction !== undefined) throw await wrongAt(path, text, contradiction.pointer, contradiction.problem);
  return state;
}

/** No run writes so large a number, and an older version of the file may be outdated: the number itself is corrected. */
function numberHint(document: unknown, pointer: string): Hint | undefined {
  const steps = pointer.slice(1).split('/');
  const path = steps.slice(0, -1).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const parent = path.reduce<unknown>((value, step) => fieldOf(value, step), document);
  const known = [fieldOf(fieldOf(parent, 'current'), 'name'), fieldOf(parent, 'name')].find(
    (name): name is string => typeof name === 'string',
  );
  const generation = known === undefined ? 1 : generationOf(seriesOf(known), known);
  if (steps.at(-1) === 'serial') {
    return {
      text: 'It was edited. Set it to the serial of the last good version in git, or to 1, then plan.',
      command: ['plan'],
    };
  }
  if (generation === undefined || generation > MAX_GENERATION) return undefined;
  return { text: `It was edited. Set it to ${generation} there, then plan.`, command: ['plan'] };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

async function wrongAt(path: string, text: string, pointer: string, problem: string, hint?: Hint): Promise<UserError> {
  const line = (await linesOf(text)).lineOf.get(pointer);
  const member = `${pointer === '' ? 'the document' : pointer.slice(1).replaceAll('/', '.')}`;
  const at = line === undefined ? '' : ` at line ${line}`;
  return invalid(
    path,
    `is not a valid state${at}: ${member} ${problem}`,
    hint ?? (await restoreHint(path, text)),
    line,
  );
}

/** The parser with positions is loaded only for invalid files. */
async function linesOf(text: string): Promise<JsonLines> {
  if (text.length > LARGEST_WITH_LINES) return { lineOf: new Map() };
  return (await import('./json-lines.ts')).jsonLines(text);
}

function invalid(path: string, problem: string, hint: Hint | string, line?: number): UserError {
  const location = line === undefined ? {} : { location: { file: path, line, column: 1 } };
  return new UserError('STATE_INVALID', `${path} ${problem}.`, hint, location);
}

/** Advises to restore a state, with the newest backup in its folder; another file is left alone. */
async function restoreHint(path: string, text: string): Promise<Hint> {
  const names = await readdir(dirname(path)).catch(() => []);
  const backup = names
    .filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith('.backup'))
    .sort()
    .at(-1);
  if (backup === undefined && text.trim() !== '' && !isLikeState(text)) {
    const kind = /^(version|organization|accounts)\s*:/m.test(text)
      ? 'It looks like a configuration.'
      : 'It does not look like a state.';
    return {
      text: `${kind} Leave out --state (MDACC_STATE), or name the state's file. A damaged state comes back from git or a backup.`,
    };
  }
  const also = backup === undefined ? '' : `, or the backup ${join(dirname(path), backup)}`;
  const advice = `Restore the last good version (git checkout -- ${path}${also}). If there is none, move the file away and adopt what is live.`;
  return { text: advice, command: ['apply'] };
}

/** Whether a text has the first lines of a state, so that advice to restore it harms no other file. */
function isLikeState(text: string): boolean {
  return /^\s{0,2}"(lineage|serial)"/m.test(text);
}

/**
 * The first violation of `schemas/state.schema.json` in a parsed document: a JSON pointer and the problem with its value.
 * Undefined for a valid document. Loads the validator only where there is a state.
 */
export async function violationOf(
  document: unknown,
): Promise<{ readonly pointer: string; readonly problem: string; readonly isTooMuch?: boolean } | undefined> {
  const { validate } = await import('./state-validator.generated.js');
  if (validate(document)) return undefined;
  const first = validate.errors?.[0];
  return first === undefined
    ? { pointer: '', problem: 'is invalid' }
    : { pointer: first.instancePath, problem: problemOf(first), isTooMuch: first.keyword === 'maximum' };
}

function problemOf({ keyword, params, parentSchema, message }: SchemaError): string {
  if (keyword === 'additionalProperties') return `has an unknown "${String(params.additionalProperty)}"`;
  if (keyword === 'enum') return `must be one of ${JSON.stringify(params.allowedValues)}`;
  if (keyword === 'pattern') return `is invalid: ${String(parentSchema?.description)}`.replace(/\.$/, '');
  return message ?? 'is invalid';
}
