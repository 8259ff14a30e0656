import path from 'node:path';
import { targetOf } from '../files/atomic.ts';
import type { ExecStoreConfig, FileStoreConfig, SecretStoreConfig } from '../model/desired.ts';
import { durationOf } from './settings.ts';
import { type Span, whereOf } from './source.ts';
import { booleanOf, child, type Entry, itemsOf, type Node, textOf } from './tree.ts';

/** How a dotenv variable is named where the store does not say it. */
export const DEFAULT_VARIABLE = 'MOTHERDUCK_TOKEN_{ACCOUNT}_{TOKEN}';
const DEFAULT_TIMEOUT = 30;

/** A secret store of the configuration, and where it stands. */
export interface ResolvedStore {
  readonly config: SecretStoreConfig;
  readonly at: Span;
  readonly node: Node;
  /** Where symbolic links lead from a file store's path: two ways to one file are one file. */
  readonly target?: string;
}

/** Reads the secret stores; paths are relative to `folder`, and commands run there. One whose structure is wrong has been reported and is left out. */
export async function resolveStores(entries: ReadonlyMap<string, Entry>, folder: string): Promise<ResolvedStore[]> {
  const stores: ResolvedStore[] = [];
  for (const { key, keyAt, value } of entries.values()) {
    const kind = textOf(child(value, 'kind'));
    const base = { name: key, where: whereOf(keyAt) };
    const config =
      kind === 'file' ? fileStore(base, value, folder) : kind === 'exec' ? execStore(base, value, folder) : undefined;
    if (config === undefined) continue;
    const target = config.kind === 'file' ? { target: await storeTarget(config.path) } : {};
    stores.push({ config, at: keyAt, node: value, ...target });
  }
  return stores;
}

/** What cannot be followed is said when the store is checked. */
export async function storeTarget(file: string): Promise<string> {
  return await targetOf(file).catch(() => file);
}

type Base = Pick<SecretStoreConfig, 'name' | 'where'>;

function fileStore(base: Base, node: Node, folder: string): FileStoreConfig | undefined {
  const pathNode = child(node, 'path');
  const [file, format] = [textOf(pathNode), textOf(child(node, 'format'))];
  if (file === undefined || (format !== 'dotenv' && format !== 'json')) return undefined;
  const env = pathNode?.kind === 'scalar' ? pathNode.env : undefined;
  return {
    kind: 'file',
    ...base,
    path: path.resolve(folder, file),
    shownPath: env?.raw ?? file,
    format,
    variable: textOf(child(node, 'variable')) ?? DEFAULT_VARIABLE,
    allowUnignored: booleanOf(child(node, 'allow_unignored')) ?? false,
  };
}

function execStore(base: Base, node: Node, folder: string): ExecStoreConfig | undefined {
  const command = wordsOf(child(node, 'command'));
  const checkNode = child(node, 'check');
  const check = wordsOf(checkNode);
  if (command === undefined || (checkNode !== undefined && check === undefined)) return undefined;
  const timeout = child(node, 'timeout');
  return {
    kind: 'exec',
    ...base,
    command,
    ...(check === undefined ? {} : { check }),
    folder: path.resolve(folder),
    timeout: (timeout === undefined ? undefined : durationOf(timeout)) ?? DEFAULT_TIMEOUT,
  };
}

function wordsOf(node: Node | undefined): string[] | undefined {
  if (node?.kind !== 'list' || node.items.length === 0) return undefined;
  const words = itemsOf(node)
    .map(textOf)
    .filter((word) => word !== undefined);
  return words.length === node.items.length ? words : undefined;
}
