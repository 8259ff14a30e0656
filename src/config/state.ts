/** Reads the block `state`. */
import type { StateConfig } from '../model/desired.ts';
import { stateKind } from '../state/backends.ts';
import type { Problems } from '../yaml/diagnostic.ts';
import { locationOf } from '../yaml/source.ts';
import { child, coreScalar, type Node, textOf } from '../yaml/tree.ts';

/** Where the state is kept; undefined without a block, or with one that does not match the schema, which has been reported. */
export function stateConfigOf(main: Node, problems: Problems): StateConfig | undefined {
  const block = child(main, 'state');
  const kind = stateKind(textOf(child(block, 'kind')));
  if (block === undefined || kind === undefined) return undefined;
  const fields = Object.keys(kind.schema.properties).flatMap((name) => {
    const node = child(block, name);
    const value = node?.kind === 'scalar' ? coreScalar(node) : undefined;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[name, value]] : [];
  });
  const config = { ...Object.fromEntries(fields), kind: kind.kind, location: locationOf(block.at) };
  kind.check?.(config, block, problems);
  return config;
}
