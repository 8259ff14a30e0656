import type { ExecStoreConfig, FileStoreConfig } from '../model/desired.ts';
import { variableOf } from '../model/secret-variable.ts';
import { PLACEHOLDERS } from '../model/store-command.ts';
import { checkCollisions } from './check-store-places.ts';
import type { Problems } from './diagnostics.ts';
import type { ResolvedAccount } from './resolve.ts';
import type { ResolvedStore } from './stores.ts';
import { suggestion } from './suggest.ts';
import { child, fromEnvironment, itemsOf, type Node } from './tree.ts';
import { listed, quote, shown } from './wording.ts';

/** Checks each store, and that no two tokens write the same place. `files` are the real paths of the configuration's own. */
export function checkStores(
  stores: readonly ResolvedStore[],
  accounts: readonly ResolvedAccount[],
  files: readonly string[],
  problems: Problems,
): void {
  const byPath = new Map<string, ResolvedStore>();
  for (const store of stores) {
    const { config } = store;
    if (config.kind === 'exec') checkExec(store, config, problems);
    else {
      checkPath(store, config, files, problems);
      checkVariable(store, config, problems);
      checkFormat(store, config, byPath, problems);
    }
  }
  checkCollisions(stores, accounts, problems);
}

const TIMEOUT_SECONDS = { min: 1, max: 3600 } as const;

function checkExec({ node }: ResolvedStore, config: ExecStoreConfig, problems: Problems): void {
  const words = itemsOf(child(node, 'command'));
  for (const word of words) checkPlaceholders(word, problems);
  for (const word of itemsOf(child(node, 'check'))) {
    const placeholder = placeholdersIn(word).find(isPlaceholder);
    if (placeholder === undefined) continue;
    const message = `{${placeholder}} is not replaced in check, which runs once and before there is a token`;
    problems.error('store-command', word.at, message, { hint: 'remove it from check' });
  }
  for (const list of [words, itemsOf(child(node, 'check'))]) {
    const program = list[0];
    if (program?.kind === 'scalar' && program.value === '') {
      problems.error('store-command', program.at, 'the name of the program is empty');
    }
  }
  const timeout = child(node, 'timeout');
  if (timeout === undefined || (config.timeout >= TIMEOUT_SECONDS.min && config.timeout <= TIMEOUT_SECONDS.max)) return;
  problems.error('store-timeout', timeout.at, `timeout ${shown(timeout)} is outside of 1s to 1h`);
}

function checkPlaceholders(word: Node, problems: Problems): void {
  for (const name of placeholdersIn(word)) {
    if (isPlaceholder(name)) continue;
    const known = listed(PLACEHOLDERS.map((one) => `{${one}}`));
    if (fromEnvironment(word)) {
      problems.error('store-command', word.at, `what ${shown(word)} gives holds an unknown placeholder`, {
        hint: `known are ${known}`,
      });
    } else {
      const near = suggestion(name, PLACEHOLDERS)?.replace(/"(\w+)"/, '"{$1}"');
      const hint = near?.startsWith('did you mean') ? near : `known are ${known}`;
      problems.error('store-command', word.at, `unknown placeholder {${name}}`, { hint });
    }
  }
}

function isPlaceholder(name: string): boolean {
  return PLACEHOLDERS.some((known) => known === name);
}

function placeholdersIn(word: Node): string[] {
  if (word.kind !== 'scalar' || typeof word.value !== 'string' || word.env?.missing === true) return [];
  return [...word.value.matchAll(/\{([a-z_]+)\}/g)].map(([, name]) => name ?? '');
}

function checkPath(
  { node, target }: ResolvedStore,
  config: FileStoreConfig,
  files: readonly string[],
  problems: Problems,
): void {
  const pathNode = child(node, 'path');
  if (pathNode === undefined) return;
  if (config.shownPath.startsWith('~')) {
    const hint = 'write ${' + 'HOME} for your home directory';
    problems.error('store-path', pathNode.at, '~ is not replaced in a path', { hint });
  } else if (files.includes(target ?? config.path)) {
    reportOwnFile(pathNode, problems);
  } else if (/[\\/]$/.test(config.shownPath)) {
    problems.error('store-path', pathNode.at, `${shown(pathNode)} is a folder`, { hint: 'name a file in it' });
  }
}

/** Where it is known: `included` is the entry of include that leads to it. */
export function reportOwnFile(pathNode: Node, problems: Problems, included?: Node): void {
  problems.error('store-path', pathNode.at, `${shown(pathNode)} is a file of the configuration itself`, {
    ...(included === undefined ? {} : { related: { message: 'it is included', at: included.at } }),
    hint: 'give the secrets a file of their own',
  });
}

function checkVariable({ node }: ResolvedStore, config: FileStoreConfig, problems: Problems): void {
  const variable = child(node, 'variable');
  if (variable === undefined) return;
  if (config.format === 'json') {
    problems.error('store-variable', variable.at, 'a json file has no variables', {
      hint: 'remove variable, or write format: dotenv',
    });
    return;
  }
  const example = variableOf(config.variable, { account: 'ACCOUNT', token: 'TOKEN' });
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(example)) return;
  const message = `${shown(variable)} makes no usable name of an environment variable`;
  problems.error('store-variable', variable.at, message, {
    hint: 'use letters, digits and underscores, {ACCOUNT} and {TOKEN}; no digit first',
  });
}

function checkFormat(
  store: ResolvedStore,
  config: FileStoreConfig,
  byPath: Map<string, ResolvedStore>,
  problems: Problems,
): void {
  const file = store.target ?? config.path;
  const other = byPath.get(file);
  if (other === undefined) byPath.set(file, store);
  else if (other.config.kind === 'file' && other.config.format !== config.format) {
    const message = `store ${quote(config.name)} writes the same file as ${quote(other.config.name)}, in another format`;
    problems.error('store-format', child(store.node, 'path')?.at ?? store.at, message, {
      related: { message: 'the other stands', at: other.at },
      hint: 'give each format a file of its own',
    });
  }
}
