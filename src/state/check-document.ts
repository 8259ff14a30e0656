/** Checks that a document is a valid state, and says at which line it is not. */
import { countRecords, STATE_LIMITS, type State } from '../model/state.ts';
import { generationOf, MAX_GENERATION, seriesOf } from '../model/tokens.ts';
import { type Hint, UserError } from '../model/user-error.ts';
import type { StateBackend } from './backend.ts';
import { contradictionOf } from './contradictions.ts';
import type { JsonLines } from './json-lines.ts';
import { type StateDocument, stateFromDocument } from './state-document.ts';
import type { SchemaError } from './state-validator.generated.js';

/** Without lines, the error of a huge file comes soon. */
const LARGEST_WITH_LINES = 8 * 1024 * 1024;
/** No state is written so often. What may be read can be written again, since the schema allows more. */
const MAX_SERIAL = 900_000_000_000;

/** Where a text is kept that may be wrong, for errors. */
export type StateSource = Pick<StateBackend, 'name' | 'file' | 'restoreHint'>;

/**
 * The state of a parsed document of the current version.
 *
 * @param text Of the document, to find lines in; undefined where it has none.
 * @throws UserError STATE_INVALID
 */
export async function checkDocument(source: StateSource, text: string | undefined, document: unknown): Promise<State> {
  if (Object.keys(fieldOf(document, 'accounts') ?? {}).length > STATE_LIMITS.accounts) {
    const problem = `has more than ${STATE_LIMITS.accounts.toLocaleString('en')} accounts`;
    throw invalidState(source, problem, await source.restoreHint(text ?? LIKE_STATE));
  }
  const violation = await violationOf(document);
  if (violation !== undefined) {
    const hint = violation.isTooMuch ? numberHint(document, violation.pointer) : undefined;
    throw await wrongAt(source, text, violation.pointer, violation.problem, hint);
  }
  const state = stateFromDocument(document as StateDocument);
  if (state.serial > MAX_SERIAL) {
    const problem = `must be <= ${MAX_SERIAL}`;
    throw await wrongAt(source, text, '/serial', problem, numberHint(document, '/serial'));
  }
  for (const [key, { tokens }] of state.accounts) {
    if (countRecords(tokens) <= STATE_LIMITS.records) continue;
    const problem = `has more than ${STATE_LIMITS.records.toLocaleString('en')} tokens`;
    throw await wrongAt(source, text, `/accounts/${key}`, problem);
  }
  const contradiction = contradictionOf(state);
  if (contradiction !== undefined) throw await wrongAt(source, text, contradiction.pointer, contradiction.problem);
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

async function wrongAt(
  source: StateSource,
  text: string | undefined,
  pointer: string,
  problem: string,
  hint?: Hint,
): Promise<UserError> {
  const line = text === undefined ? undefined : (await linesOf(text)).lineOf.get(pointer);
  const member = `${pointer === '' ? 'the document' : pointer.slice(1).replaceAll('/', '.')}`;
  const at = line === undefined ? '' : ` at line ${line}`;
  return invalidState(
    source,
    `is not a valid state${at}: ${member} ${problem}`,
    hint ?? (await source.restoreHint(text ?? LIKE_STATE)),
    line,
  );
}

/** The parser with positions is loaded only for invalid files. */
export async function linesOf(text: string): Promise<JsonLines> {
  if (text.length > LARGEST_WITH_LINES) return { lineOf: new Map() };
  return (await import('./json-lines.ts')).jsonLines(text);
}

/** The error of a state that cannot be used. @param problem Follows the name: `is empty` */
export function invalidState(
  { name, file }: StateSource,
  problem: string,
  hint: Hint | string,
  line?: number,
): UserError {
  const location = line === undefined || file === undefined ? {} : { location: { file, line, column: 1 } };
  return new UserError('STATE_INVALID', `${name} ${problem}`, hint, location);
}

/** Stands for a text that is like a state, where changes follow it. */
const LIKE_STATE = '  "lineage"';

/**
 * The first violation of `schemas/state.schema.json` in a parsed document: a JSON pointer and the problem with its value.
 * Undefined for a valid document. Loads the validator only where there is a state.
 */
async function violationOf(
  document: unknown,
): Promise<{ readonly pointer: string; readonly problem: string; readonly isTooMuch?: boolean } | undefined> {
  const { validate } = await import('./state-validator.generated.js');
  if (validate(document)) return undefined;
  // Of alternatives, the one that comes nearest: its error is the deepest.
  const depth = ({ instancePath }: SchemaError) => instancePath.split('/').length;
  const first = validate.errors?.reduce((a, b) => (depth(b) > depth(a) ? b : a));
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
