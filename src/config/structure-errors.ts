/** What is wrong in the structure of a file, in plain words: each difference from the schema at its location. */
import { SIZES } from '../model/ducklings.ts';
import { quote } from '../model/quote.ts';
import { nearest, suggestion } from '../model/suggestion.ts';
import { enumerated } from '../model/wording.ts';
import { COMMAND_WORD } from '../secrets/store-kind.ts';
import { STORE_KINDS } from '../secrets/stores.ts';
import { STATE_KINDS } from '../state/backends.ts';
import { blankHint, describeNode } from '../yaml/describe-node.ts';
import type { Problems } from '../yaml/problems.ts';
import type { Span } from '../yaml/source.ts';
import { child, coreScalar, entriesOf, isNothing, itemsOf, type Node, plain } from '../yaml/tree.ts';
import { type SchemaError, type Validator, validateConfig, validateIncluded } from './config-validator.generated.js';
import type { ConfigFile } from './read.ts';

/**
 * Reports every difference of a file from the schema.
 *
 * @param root The file's content.
 * @param only The key at the top whose value is checked; undefined: the whole file.
 */
export function explainStructure(file: ConfigFile, root: Node, problems: Problems, only?: string): void {
  const errors = schemaErrors(root, file.role === 'main' ? validateConfig : validateIncluded);
  for (const error of errors) {
    if (isMisspelt(error, errors) || (only !== undefined && pathOf(error)[0] !== only)) continue;
    if (problems.isFull) problems.error('bad-value', root.at, 'more');
    else explain(error, root, problems);
  }
}

/** Whether a key is not missing but misspelt, which an error of its own says. */
function isMisspelt({ keyword, params, instancePath }: SchemaError, errors: readonly SchemaError[]): boolean {
  if (keyword !== 'required') return false;
  const unknown = errors.filter(
    (other) => other.keyword === 'additionalProperties' && other.instancePath === instancePath,
  );
  return unknown.some(({ params: { additionalProperty }, parentSchema }) => {
    const known = Object.keys(parentSchema?.properties ?? {});
    return nearest(String(additionalProperty), known) === params.missingProperty;
  });
}

/** Validates. Values from the environment are texts first, and then numbers or booleans where the schema expects them. */
function schemaErrors(root: Node, validate: Validator): readonly SchemaError[] {
  const data = plain(root);
  if (validate(data)) return [];
  const reread = (validate.errors ?? []).filter((error) => rereadAt(error, root, data));
  if (reread.length === 0) return validate.errors ?? [];
  return validate(data) ? [] : (validate.errors ?? []);
}

function rereadAt(error: SchemaError, root: Node, data: unknown): boolean {
  // A number, or a text of a pattern: `30%`.
  const takesNumber = error.keyword === 'pattern' && [error.parentSchema?.type].flat().includes('integer');
  if (error.keyword !== 'type' && !takesNumber) return false;
  const path = pathOf(error);
  const { node } = locate(root, path);
  if (node.kind !== 'scalar' || node.env === undefined) return false;
  const value = coreScalar(node);
  const last = path.at(-1);
  if (value === node.value || last === undefined) return false;
  let parent = data as Record<string, unknown>;
  for (const step of path.slice(0, -1)) parent = parent[step] as Record<string, unknown>;
  parent[last] = value;
  return true;
}

/** Reports one difference from the schema at its location, with what was expected and what was probably meant. */
function explain(error: SchemaError, root: Node, problems: Problems): void {
  const path = pathOf(error);
  const { node, at, keyAt } = locate(root, path);
  if (error.propertyName !== undefined) {
    explainName(error.propertyName, error, node, problems);
    return;
  }
  // `{ loader:pipeline }` is a key without a value, and its name has been reported.
  if (isNothing(node) && blankHint(path.at(-1) ?? '') !== undefined) return;
  // A missing variable has been reported, so its type is unknown.
  if (node.kind === 'scalar' && node.env?.missing === true) return;
  switch (error.keyword) {
    case 'additionalProperties':
      explainUnknownKey(error, node, path, problems);
      break;
    case 'required': {
      const missing = path.length === 0 ? { ...at, start: 0, end: 0 } : keyAt;
      problems.error('missing-key', missing, `${quote(String(error.params.missingProperty))} is missing`, {
        hint: missingHint(error),
      });
      break;
    }
    case 'type':
      problems.error('wrong-type', at, `expected ${expected(error)}, found ${describeNode(node)}`, {
        hint: typeHint(error, node, path.at(-1) ?? ''),
      });
      break;
    case 'enum': {
      if (node.kind !== 'scalar' || typeof node.value !== 'string') break; // its wrong type is reported
      const allowed = (error.params.allowedValues as unknown[]).map(String);
      const hint = suggestion(node.value, allowed, 'allowed');
      problems.error('bad-value', at, `expected ${expected(error)}, found ${describeNode(node)}`, { hint });
      break;
    }
    case 'discriminator': {
      const kind = child(node, 'kind');
      if (kind === undefined || (kind.kind === 'scalar' && kind.env?.missing === true)) break;
      const [noun, kinds] =
        path[0] === 'state' ? ['state', kindsOf(STATE_KINDS)] : ['secret store', kindsOf(STORE_KINDS)];
      const hint = kind.kind === 'scalar' ? suggestion(String(kind.value), kinds, 'allowed') : undefined;
      problems.error('bad-value', kind.at, `expected a kind of ${noun}, found ${describeNode(kind)}`, { hint });
      break;
    }
    case 'uniqueItems': {
      const twice = itemsOf(node)[Math.max(Number(error.params.i), Number(error.params.j))] ?? node;
      problems.error('bad-value', twice.at, `${describeNode(twice)} is in the list twice`, { hint: 'leave one' });
      break;
    }
    case 'propertyNames': // the name itself has an error of its own
    case 'const': // the version, which is checked before
      break;
    default:
      problems.error('bad-value', at, `expected ${expected(error)}, found ${measured(node)}`, {
        hint: durationHint(error, node),
      });
  }
}

/** The hint for a time in other words: `3 months`. */
function durationHint({ parentSchema }: SchemaError, node: Node): string | undefined {
  if (!String(parentSchema?.pattern).includes('[smhdw]') || node.kind !== 'scalar' || node.env !== undefined)
    return undefined;
  const [, count, word = ''] = /^(\d{1,4}) ?([a-z]+)$/i.exec(String(node.value)) ?? [];
  const [, factor, unit] = TIME_WORDS.find(([names]) => names.test(word)) ?? [];
  return count === undefined || factor === undefined ? undefined : `write ${Number(count) * factor}${unit}`;
}

const TIME_WORDS: readonly (readonly [RegExp, number, string])[] = [
  [/^s(ec(ond)?s?)?$/i, 1, 's'],
  [/^m(in(ute)?s?)?$/, 1, 'm'],
  [/^h(rs?|ours?)?$/i, 1, 'h'],
  [/^d(ays?)?$/i, 1, 'd'],
  [/^w(eeks?)?$/i, 1, 'w'],
  [/^(mo|mon|months?)$/i, 30, 'd'],
  [/^y(rs?|ears?)?$/i, 365, 'd'],
];

const kindsOf = (all: readonly { readonly kind: string }[]) => all.map(({ kind }) => kind);

/** The hint for a missing key: its allowed values, if they are known. */
function missingHint({ params, parentSchema, instancePath }: SchemaError): string | undefined {
  const key = String(params.missingProperty);
  if (key === 'kind') {
    return `write kind: ${enumerated(kindsOf(instancePath === '/state' ? STATE_KINDS : STORE_KINDS), 'or')}`;
  }
  const properties = parentSchema?.properties as Readonly<Record<string, { enum?: string[] }>> | undefined;
  const allowed = properties?.[key]?.enum;
  return allowed === undefined ? REQUIRED_HINTS.get(key) : `write ${key}: ${enumerated(allowed, 'or')}`;
}

const REQUIRED_HINTS = new Map([
  ['version', 'write version: 1'],
  ['organization', 'write a name of your own for the organization; it is kept in the state'],
  ['policy', 'name one of token_policies'],
  ['reason', 'say why the finding is accepted'],
]);

function explainUnknownKey(error: SchemaError, node: Node, path: readonly string[], problems: Problems): void {
  const key = String(error.params.additionalProperty);
  const at = entriesOf(node).get(key)?.keyAt ?? node.at;
  const known = Object.keys(error.parentSchema?.properties ?? {});
  if (error.parentSchema?.title === 'an included file' && MAIN_ONLY.has(key)) {
    problems.error('unknown-key', at, `${quote(key)} is not allowed in an included file`, {
      hint: `move it to the main file; an included file may have ${enumerated(known)}`,
    });
    return;
  }
  const hint = key === 'template' && path[0] === 'templates' ? 'a template cannot build on another' : undefined;
  problems.error('unknown-key', at, `unknown key ${quote(key)}`, { hint: hint ?? suggestion(key, known) });
}

const MAIN_ONLY: ReadonlySet<string> = new Set([
  ...['version', 'organization', 'state', 'secret_stores', 'include', 'ignore', 'compute_rates', 'guardrails', 'audit'],
]);

function explainName(name: string, error: SchemaError, node: Node, problems: Problems): void {
  const at = entriesOf(node).get(name)?.keyAt ?? node.at;
  const usable = name.replace(/[^A-Za-z0-9_]+/g, '_');
  const pattern = new RegExp(String(error.parentSchema?.pattern), 'u');
  const value = entriesOf(node).get(name)?.value;
  const blank = value !== undefined && isNothing(value) ? blankHint(name) : undefined;
  const hint = blank ?? (usable !== name && pattern.test(usable) ? `${quote(usable)} is valid` : undefined);
  problems.error('bad-name', at, `${quote(name)} is not a valid name: expected ${expected(error)}`, { hint });
}

/** Hints for YAML 1.1 booleans, for single values in place of lists or mappings, and for durations without a unit. */
function typeHint({ parentSchema }: SchemaError, node: Node, key: string): string | undefined {
  const isMapping = [parentSchema?.type].flat().includes('object');
  const blank = node.kind === 'scalar' && typeof node.value === 'string' ? blankHint(node.value) : undefined;
  if (isMapping && key === 'tokens')
    return blank ?? 'write tokens: { NAME: POLICY }, with a name of your own for each token';
  if (node.kind !== 'scalar' || node.env !== undefined) return undefined;
  const isSize = SIZES.some((size) => size === node.value);
  if (isMapping && isSize) return `write ${isPlain(key) ? key : 'read_write'}: { size: ${node.value} }`;
  const expectsBoolean = [parentSchema?.type].flat().includes('boolean');
  const word = typeof node.value === 'string' ? node.value.toLowerCase() : '';
  if (expectsBoolean && ['yes', 'on'].includes(word)) return 'write true';
  if (expectsBoolean && ['no', 'off'].includes(word)) return 'write false';
  if ([parentSchema?.type].flat().includes('array') && typeof node.value === 'string') {
    return listHint(node.value, parentSchema);
  }
  if (isMapping) return blank;
  const expectsDuration = String(parentSchema?.pattern).includes('[smhdw]');
  return expectsDuration && typeof node.value === 'number' ? 'add the unit: s, m, h, d or w' : undefined;
}

const LIST_HINT = 'write each entry on a line of its own, after "- "';

/** The hint for a text in place of a list: a list of that word, or of the words of a command. */
function listHint(text: string, schema: SchemaError['parentSchema']): string | undefined {
  const isCommand = (schema?.items as { title?: unknown } | undefined)?.title === COMMAND_WORD.title;
  const words = isCommand ? text.split(/\s+/).filter((word) => word !== '') : [text];
  // Quotes would have to be parsed as in a shell.
  const isClear = words.length > 0 && text.length <= 60 && words.every((word) => /^[^\s,"'\\\p{C}]+$/u.test(word));
  if (!isClear) return isCommand ? 'write a list of words: [program, argument]' : LIST_HINT;
  return `write [${words.map((word) => (isPlain(word) ? word : `"${word}"`)).join(', ')}]`;
}

/** Whether a word in a flow list is a text without quotes. */
function isPlain(word: string): boolean {
  return /^[A-Za-z_][\w./*-]*$/.test(word) && !/^(true|false|null)$/i.test(word);
}

/** What the schema expects: for a mapping or a list its type, else its title, which is written to follow "expected". */
function expected({ keyword, params, parentSchema }: SchemaError): string {
  const types = [parentSchema?.type].flat().filter((type) => type !== 'null');
  const isBlock = types.length === 1 && (types[0] === 'object' || types[0] === 'array');
  if (typeof parentSchema?.title === 'string' && !(keyword === 'type' && isBlock)) return parentSchema.title;
  if (keyword === 'enum') return `one of ${enumerated((params.allowedValues as unknown[]).map(String), 'or')}`;
  if (keyword === 'minimum') return `a number of at least ${params.limit}`;
  if (keyword === 'minItems') return 'at least one';
  return enumerated(
    types.map((type) => TYPE_WORDS.get(String(type)) ?? String(type)),
    'or',
  );
}

const TYPE_WORDS = new Map([
  ['object', 'a mapping'],
  ['array', 'a list'],
  ['string', 'a text'],
  ['boolean', 'true or false'],
  ['integer', 'a whole number'],
  ['number', 'a number'],
]);

function measured(node: Node): string {
  if (node.kind === 'list' && node.items.length === 0) return 'an empty list';
  const long =
    node.kind === 'scalar' && node.env === undefined && typeof node.value === 'string' && node.value.length > 60;
  return long ? `a text of ${[...String(node.value)].length} characters` : describeNode(node);
}

/** The node of a path, and the locations to report: of the value and of its key. */
function locate(root: Node, path: readonly string[]): { node: Node; at: Span; keyAt: Span } {
  let [node, keyAt] = [root, root.at];
  for (const step of path) {
    const entry = entriesOf(node).get(step);
    const next = entry?.value ?? (node.kind === 'list' ? node.items[Number(step)] : undefined);
    if (next === undefined) break;
    [node, keyAt] = [next, entry?.keyAt ?? next.at];
  }
  return { node, at: node.at, keyAt };
}

/** The steps from the root to the location of a schema error. */
function pathOf({ instancePath }: SchemaError): string[] {
  const steps = instancePath.split('/').slice(1);
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
