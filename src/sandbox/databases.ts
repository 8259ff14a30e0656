import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { accountKey } from '../model/username.ts';
import { removeShares } from './shares.ts';

/** The folder in a sandbox that contains a folder of DuckDB files for each account that connected. */
export const DATABASES = 'databases';

/** The folder of an account's DuckDB files. @param folder the sandbox's */
export function homeOf(folder: string, username: string): string {
  return resolve(folder, DATABASES, folderName(accountKey(username)));
}

/** Removes an account's data and its shares, as far as no other program keeps it open. */
export function removeHome(folder: string, username: string): void {
  const home = homeOf(folder, username);
  try {
    removeShares(folder, home);
    rmSync(home, { recursive: true, force: true });
  } catch {
    // The account is deleted nevertheless; `sandbox reset` removes the remaining files.
  }
}

/** Names that Windows reserves for devices. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** The username if it is a valid folder name everywhere, else a readable name with a hash. */
function folderName(key: string): string {
  if (/^[a-z0-9_]{1,100}$/.test(key) && !DEVICES.test(key)) return key;
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return `${key.replace(/[^a-z0-9_]/g, '-').slice(0, 80)}-${hash}`;
}
