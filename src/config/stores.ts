import path from 'node:path';
import { targetOf } from '../files/paths.ts';
import type { WrittenStore } from '../secrets/store.ts';
import { STORE_KINDS, storeKind } from '../secrets/stores.ts';
import { locationOf } from '../yaml/source.ts';
import { child, type Entry, type Node, textOf } from '../yaml/tree.ts';

/** Reads the secret stores; paths are relative to `folder`, and commands run there. A store with a wrong structure has been reported and is skipped. */
export async function resolveStores(entries: ReadonlyMap<string, Entry>, folder: string): Promise<WrittenStore[]> {
  const stores: WrittenStore[] = [];
  const base = { folder: path.resolve(folder) };
  for (const { key, keyAt, value: block } of entries.values()) {
    const kind = storeKind(textOf(child(block, 'kind')));
    const config = kind?.read(block, { ...base, name: key, location: locationOf(keyAt) });
    if (config === undefined) continue;
    const target = await targetOfPath(kind?.locate?.(block), folder);
    stores.push({ config, at: keyAt, block, ...(target === undefined ? {} : { target }) });
  }
  return stores;
}

/** The files that a block says secrets go to, whatever its kind, with the nodes that name them. */
export async function secretFiles(block: Node, folder: string): Promise<ReadonlyMap<string, Node>> {
  const found = new Map<string, Node>();
  for (const { locate } of STORE_KINDS) {
    const node = locate?.(block);
    const target = await targetOfPath(node, folder);
    if (node !== undefined && target !== undefined) found.set(target, node);
  }
  return found;
}

/** Where symbolic links lead from a path. The check of the store reports a path that cannot be followed. */
async function targetOfPath(node: Node | undefined, folder: string): Promise<string | undefined> {
  const written = textOf(node);
  if (!written) return undefined;
  const file = path.resolve(folder, written);
  return await targetOf(file).catch(() => file);
}
