import type { Span } from '../yaml/source.ts';
import { entriesOf, type Node } from '../yaml/tree.ts';
import type { SchemaError } from './config-validator.generated.js';

/** The node of a path, and where to point for it: at the key when there is no value to see. */
export function locate(root: Node, path: readonly string[]): { node: Node; at: Span; keyAt: Span } {
  let [node, keyAt] = [root, root.at];
  for (const step of path) {
    const entry = entriesOf(node).get(step);
    const next = entry?.value ?? (node.kind === 'list' ? node.items[Number(step)] : undefined);
    if (next === undefined) break;
    [node, keyAt] = [next, entry?.keyAt ?? next.at];
  }
  return { node, at: node.at, keyAt };
}

/** The steps from the root to where a schema error is. */
export function pathOf({ instancePath }: SchemaError): string[] {
  const steps = instancePath.split('/').slice(1);
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
