import type { Problems } from '../yaml/problems.ts';
import { child, coreScalar, type Node, numberOf, plain } from '../yaml/tree.ts';
import { shown } from '../yaml/wording.ts';
import { type SchemaError, type Validator, validateConfig, validateIncluded } from './config-validator.generated.js';
import { explain } from './explain.ts';
import { locate, pathOf } from './locate.ts';
import type { ConfigFile } from './read.ts';

/** The format version that this program reads. */
const VERSION = 1;

/**
 * Holds the structure of a file against the schema and reports every difference, in the words of a person. Gives false
 * when there is nothing in it whose meaning could be looked at.
 */
export function checkStructure(file: ConfigFile, problems: Problems): boolean {
  const { root } = file;
  if (root === undefined) return false;
  if (isNothing(root)) {
    // A file of accounts that are all commented out is fine; a configuration needs two lines at least.
    if (file.role === 'included') return true;
    const hint = 'it needs at least "version: 1" and "organization: NAME"';
    problems.error('empty-file', { source: file.source, start: 0, end: 0 }, 'the file is empty', { hint });
    return false;
  }
  if (file.role === 'main' && isOtherVersion(root, problems)) return false;
  const validate = file.role === 'main' ? validateConfig : validateIncluded;
  for (const error of schemaErrors(root, validate)) explain(error, root, problems);
  return true;
}

/** A file of another version means other things by its words, so nothing else is said about it. */
function isOtherVersion(root: Node, problems: Problems): boolean {
  const node = child(root, 'version');
  const version = numberOf(node);
  if (node === undefined || version === undefined || version === VERSION) return false;
  const newer = version > VERSION && Number.isInteger(version);
  problems.error(
    'version-unsupported',
    node.at,
    newer
      ? `version ${shown(node)} is newer than this program, which reads ${VERSION}`
      : `there is no version ${shown(node)}`,
    { hint: newer ? 'install a newer motherduck-accounts' : `write version: ${VERSION}` },
  );
  return true;
}

function isNothing(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** Validates; values that came whole from the environment are texts first, and numbers or booleans where that fits. */
function schemaErrors(root: Node, validate: Validator): readonly SchemaError[] {
  const data = plain(root);
  if (validate(data)) return [];
  const reread = (validate.errors ?? []).filter((error) => rereadAt(error, root, data));
  if (reread.length === 0) return validate.errors ?? [];
  return validate(data) ? [] : (validate.errors ?? []);
}

function rereadAt(error: SchemaError, root: Node, data: unknown): boolean {
  if (error.keyword !== 'type') return false;
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
