/** The secret paths of a file store: the file, and the variable or key in it. */
import { dirname, resolve } from 'node:path';
import { writableTarget } from '../../../files/links.ts';
import { isWithin, realPathOf, targetOf } from '../../../files/paths.ts';
import { DEFAULT_VARIABLE, type TokenAddress, variableOf } from '../../../model/secret.ts';
import { accountKey } from '../../../model/username.ts';
import type { FileStoreConfig } from './check-file.ts';
import type { FileEntry } from './secrets-text.ts';

/** The secret path of a token: `.motherduck/secrets.env#MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW`. */
export function secretPathIn(config: FileStoreConfig, address: TokenAddress): string {
  return `${config.shownPath}#${entryIn(config, address)}`;
}

/** The part of the secret path after `#`: the variable, or `etl_prod.airflow` in JSON. */
export function entryIn(config: FileStoreConfig, address: TokenAddress): string {
  return config.format === 'json' ? `${address.account}.${address.token}` : variableOf(config.variable, address);
}

/** The entry of a token in a secrets file of either format. */
export function fileEntry(config: FileStoreConfig, { account, token }: TokenAddress): FileEntry {
  return { account, token, variable: variableOf(config.variable, { account, token }) };
}

/**
 * The file and the entry at a secret path of the state; the configuration may have another file or variable by now. Undefined:
 * it is not one of a file, or cannot be one of the account's, since anybody may have edited the state.
 */
export function entryAt(config: FileStoreConfig, { account }: TokenAddress, secretPath: string) {
  const at = secretPath.lastIndexOf('#');
  const [shown, name] = [secretPath.slice(0, at), secretPath.slice(at + 1)];
  if (at <= 0) return undefined;
  const path = shown === config.shownPath ? config.path : resolve(config.folder ?? dirname(config.path), shown);
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    if (![config.variable, DEFAULT_VARIABLE].some((template) => isFromTemplate(template, account, name)))
      return undefined;
    return { path, format: 'dotenv' as const, entry: { account, token: '', variable: name } };
  }
  // The case of the account's name may have changed since.
  const own = name.slice(0, account.length);
  if (accountKey(own) !== accountKey(account) || name[own.length] !== '.') return undefined;
  const token = name.slice(own.length + 1);
  return { path, format: 'json' as const, entry: { account: own, token, variable: name } };
}

/** Whether a template gives a variable for some key of an account. */
function isFromTemplate(template: string, account: string, name: string): boolean {
  const [first = '', ...rest] = template.split('{TOKEN}').map((part) => variableOf(part, { account, token: '' }));
  // In most cases no pattern has to be compiled.
  if (!name.startsWith(first)) return false;
  const [last = ''] = rest;
  if (rest.length === 1)
    return name.endsWith(last) && /^[A-Z0-9_]+$/.test(name.slice(first.length, name.length - last.length));
  return rest.length === 0 ? name === first : new RegExp(`^${[first, ...rest].join('[A-Z0-9_]+')}$`).test(name);
}

/** Equal for equal secret paths: links are resolved, since several paths may lead to one file. */
export function keyOfPath(
  config: FileStoreConfig,
  address: TokenAddress,
  secretPath: string,
  realPaths: Map<string, string>,
): string | undefined {
  const found = entryAt(config, address, secretPath);
  if (found === undefined) return undefined;
  const real = realPathIn(found.path, realPaths);
  return JSON.stringify([real, found.entry.variable]);
}

/** The file at a path of the state, with links resolved; undefined for one that is not the configuration's. */
export async function ownTarget(config: FileStoreConfig, path: string): Promise<string | undefined> {
  if (path === config.path) return writableTarget(path);
  const target = await writableTarget(path).catch(() => undefined);
  const folder = await targetOf(config.folder ?? dirname(config.path));
  return target !== undefined && isWithin(folder, target) ? target : undefined;
}

/** The path without links, which is looked up once. */
export function realPathIn(path: string, known: Map<string, string>): string {
  const real = known.get(path) ?? realPathOf(path);
  known.set(path, real);
  return real;
}
