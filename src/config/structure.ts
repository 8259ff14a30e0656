/** Compares the structure of a file with the schema. What is wrong is explained in `structure-errors.ts`. */
import { showNode } from '../yaml/describe-node.ts';
import type { Problems } from '../yaml/problems.ts';
import { child, isNothing, type Node, numberOf, plain } from '../yaml/tree.ts';
import { isConfig, isIncluded } from './config-check.generated.js';
import type { ConfigFile } from './read.ts';
import { explainStructure } from './structure-errors.ts';

/** The format version that this program reads. */
const VERSION = 1;

/**
 * Compares the structure of a file with the schema and reports every difference in plain words. Returns false when the file
 * has no content to check further.
 *
 * @param only The key at the top whose value is checked; undefined: the whole file.
 */
export function checkStructure(file: ConfigFile, problems: Problems, only?: string): boolean {
  const { root } = file;
  if (root === undefined) return false;
  if (isNothing(root)) {
    // An included file may have all of its accounts commented out; a main file needs at least two lines.
    if (file.role === 'included') return true;
    const hint = 'it needs at least "version: 1" and "organization: NAME"';
    problems.error('empty-file', { source: file.source, start: 0, end: 0 }, 'the file is empty', { hint });
    return false;
  }
  if (file.role === 'main' && isOtherVersion(root, problems)) return false;
  const isValid = file.role === 'main' ? isConfig : isIncluded;
  if (!isValid(plain(root))) explainStructure(file, root, problems, only);
  return true;
}

/** A file of another version may mean something else, so nothing else is reported. */
function isOtherVersion(root: Node, problems: Problems): boolean {
  const node = child(root, 'version');
  const version = numberOf(node);
  if (node === undefined || version === undefined || version === VERSION) return false;
  const other = child(root, 'lineage') ? 'a state' : child(root, 'digest') ? 'a saved plan' : undefined;
  if (other !== undefined) {
    const hint = 'name the configuration with --config FILE';
    problems.error('version-unsupported', node.at, `this is ${other}, not a configuration`, { hint });
    return true;
  }
  const newer = version > VERSION && Number.isInteger(version);
  problems.error(
    'version-unsupported',
    node.at,
    newer
      ? `version ${showNode(node)} is newer than this program, which reads ${VERSION}`
      : `there is no version ${showNode(node)}`,
    { hint: newer ? 'install a newer motherduck-accounts' : `write version: ${VERSION}` },
  );
  return true;
}
