import type { Problems } from '../yaml/problems.ts';
import type { Node } from '../yaml/tree.ts';
import { shown } from '../yaml/wording.ts';

/** A store would write over the configuration. Where it is known, `included` is the entry of include that leads there. */
export function reportOwnFile(pathNode: Node, problems: Problems, included?: Node): void {
  problems.error('store-path', pathNode.at, `${shown(pathNode)} is a file of the configuration itself`, {
    ...(included === undefined ? {} : { related: { message: 'it is included', at: included.at } }),
    hint: 'give the secrets a file of their own',
  });
}
