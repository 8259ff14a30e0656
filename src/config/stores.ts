import path from 'node:path';
import { targetOf } from '../files/paths.ts';
import { defined } from '../model/defined.ts';
import { entryName } from '../model/entry-name.ts';
import { accountKey } from '../model/username.ts';
import type { OwnFiles, StoredToken, StoreKind, WrittenStore } from '../secrets/store-kind.ts';
import { kindOf, STORE_KINDS, storeKind } from '../secrets/stores.ts';
import type { Problems } from '../yaml/problems.ts';
import { locationOf, type Span } from '../yaml/source.ts';
import { child, type MapEntry, type Node, textOf } from '../yaml/tree.ts';
import type { ResolvedAccount, ResolvedToken } from './resolve.ts';

/** Reads the secret stores; paths are relative to `folder`, and commands run there. A store with a wrong structure has been reported and is skipped. */
export async function resolveStores(entries: ReadonlyMap<string, MapEntry>, folder: string): Promise<WrittenStore[]> {
  const stores: WrittenStore[] = [];
  const base = { folder: path.resolve(folder) };
  for (const { key, keyAt, value: block } of entries.values()) {
    const kind = storeKind(textOf(child(block, 'kind')));
    const config = kind?.read(block, { ...base, name: key, location: locationOf(keyAt) });
    if (config === undefined) continue;
    const target = await targetOfPath(kind?.locate?.(block), folder);
    stores.push({ config, at: keyAt, block, ...defined({ target }) });
  }
  return await completed(stores);
}

async function completed(stores: readonly WrittenStore[]): Promise<WrittenStore[]> {
  const configs = new Map(stores.map(({ config }) => [config.name, config]));
  for (const kind of STORE_KINDS) {
    const own = [...configs.values()].filter((config) => config.kind === kind.kind);
    for (const config of (await kind.complete?.(own)) ?? []) configs.set(config.name, config);
  }
  return stores.map((store) => ({ ...store, config: configs.get(store.config.name) ?? store.config }));
}

/** The files that the block of a store writes secrets to, with the nodes that name them. */
export async function secretFiles(block: Node, folder: string): Promise<ReadonlyMap<string, Node>> {
  const found = new Map<string, Node>();
  for (const { locate } of STORE_KINDS) {
    const node = locate?.(block);
    const target = await targetOfPath(node, folder);
    if (node !== undefined && target !== undefined) found.set(target, node);
  }
  return found;
}

/** The target of a path after symbolic links. The check of the store reports a path that cannot be followed. */
async function targetOfPath(node: Node | undefined, folder: string): Promise<string | undefined> {
  const written = textOf(node);
  if (!written) return undefined;
  const file = path.resolve(folder, written);
  return await targetOf(file).catch(() => file);
}

/** Checks each store, and that no two tokens write the same secret path. */
export function checkStores(
  stores: readonly WrittenStore[],
  accounts: readonly ResolvedAccount[],
  files: OwnFiles,
  problems: Problems,
): void {
  for (const kind of STORE_KINDS) {
    kind.check(
      stores.filter(({ config }) => config.kind === kind.kind),
      files,
      problems,
    );
  }
  const writers = writersOf(stores, accounts);
  checkSecretPaths(writers, problems);
  checkRemovals(writers, problems);
}

interface Writer {
  readonly account: ResolvedAccount;
  readonly token: ResolvedToken;
  readonly store: WrittenStore;
}

/** Every token of all accounts, with each of its stores. */
function writersOf(stores: readonly WrittenStore[], accounts: readonly ResolvedAccount[]): Writer[] {
  const byName = new Map(stores.map((store) => [store.config.name, store]));
  return accounts.flatMap((account) =>
    account.tokens.flatMap((token) =>
      (token.settings.stores?.value ?? [])
        .flatMap((name) => byName.get(name) ?? [])
        .map((store) => ({ account, token, store })),
    ),
  );
}

/**
 * No two tokens may write the same secret path of a store: the secret of one of them would be lost. Looks at all accounts:
 * `a-b` and `a_b` give the same variable, and so do `x` of `a_b` and `b_x` of `a`.
 */
function checkSecretPaths(all: readonly Writer[], problems: Problems): void {
  const writers = new Map<string, Writer>();
  const alike = new Map<string, Writer>();
  // A token of a template is at one location for all its accounts; it is reported once.
  const reported = new Set<Span>();
  for (const writer of all) {
    const { account, token } = writer;
    const secretPath = pathOf(writer);
    if (secretPath === undefined) continue;
    const near = secretPath.alike ?? secretPath.key;
    const same = writers.get(secretPath.key);
    const other = same ?? alike.get(near);
    if (same === undefined) writers.set(secretPath.key, writer);
    if (!alike.has(near)) alike.set(near, writer);
    if (other === undefined || reported.has(token.at) || areOneAccount(account, other.account)) continue;
    reported.add(token.at);
    report(writer, other, same === undefined ? 'near' : 'same', problems);
  }
}

/** A `remove` command must tell tokens apart as the `command` does, or one removal would remove the secrets of other tokens. */
function checkRemovals(all: readonly Writer[], problems: Problems): void {
  const first = new Map<string, Writer>();
  const reported = new Set<WrittenStore>();
  for (const writer of all) {
    const { account, token, store } = writer;
    const removal = kindOf(store.config).secretPaths.removalOf?.(store.config, asStored(writer));
    if (removal === undefined) continue;
    const other = first.get(removal);
    if (other === undefined) first.set(removal, writer);
    else if (other.account === account && other.token === token) continue;
    else if (!reported.has(store) && !areOneAccount(account, other.account)) {
      // One secret path of both has been reported.
      if (pathOf(writer)?.key === pathOf(other)?.key) continue;
      reported.add(store);
      const message = `remove would remove the secrets of ${nameOf(other)} and ${nameOf(writer)} together`;
      const at = child(store.block, 'remove')?.at ?? store.at;
      problems.error('store-remove', at, message, {
        hint: 'tell them apart by {account} and {token}, as command does',
      });
    }
  }
}

function pathOf(writer: Writer): ReturnType<StoreKind['secretPaths']['of']> {
  const { config, target } = writer.store;
  return kindOf(config).secretPaths.of(config, asStored(writer), target);
}

function nameOf({ account, token }: Writer): string {
  return entryName({ account: account.username, token: token.key });
}

function asStored({ account, token }: Writer): StoredToken {
  const type = token.settings.type?.value;
  return { account: account.username, token: token.key, ...defined({ type }) };
}

/** Whether two accounts differ only in case, which has been reported. */
function areOneAccount(a: ResolvedAccount, b: ResolvedAccount): boolean {
  return a !== b && accountKey(a.username) === accountKey(b.username);
}

/** Reports two tokens with one secret path: an error, or a warning where only some stores treat the paths as the same. */
function report(writer: Writer, other: Writer, how: 'same' | 'near', problems: Problems): void {
  const { store } = writer;
  const { secretPaths } = kindOf(store.config);
  const shown = secretPaths.shown(store, asStored(writer));
  if (writer.account === other.account && writer.token === other.token) {
    const [both, where] = [`${other.store.config.name} and ${store.config.name}`, writer.token.settings.stores?.node];
    const message = `the secret stores ${both} would keep one secret at the same secret path: ${shown}`;
    problems.error('store-collision', where?.at ?? writer.token.at, message, { hint: 'name one of them alone' });
    return;
  }
  const both = `${nameOf(other)} and ${nameOf(writer)}`;
  const related =
    other.token === writer.token ? {} : { related: { message: 'the other token is', at: other.token.at } };
  if (how === 'same') {
    const message = `${both} would write the same secret path: ${shown}`;
    problems.error('store-collision', writer.token.at, message, {
      ...related,
      hint: `rename a token, or ${secretPaths.change}`,
    });
  } else {
    const message = `${both} would write secret paths that differ only in case, or in - and _: ${shown}`;
    const hint = 'some stores treat them as the same and would lose a secret: rename a token if yours does';
    problems.warning('store-collision', writer.token.at, message, { ...related, hint });
  }
}
