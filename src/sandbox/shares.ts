/** The shares of the organization: a DuckDB file each, and beside it who created it and who may read it. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { refuseTrackedLinks } from '../files/links.ts';
import { accountKey } from '../model/username.ts';

/** The end of the name of a DuckDB file. */
export const EXTENSION = '.duckdb';
/** The folder of the shares in the folder of a sandbox. */
export const SHARES = 'shares';
/** Beside the file of a share. Shares that you put there have none. */
const ACCESS = '.access.json';

/** Who may attach a share, in the words of CREATE SHARE. */
const ACCESSES = ['ORGANIZATION', 'UNRESTRICTED', 'RESTRICTED'] as const;
export type Access = (typeof ACCESSES)[number];

/** Who created a share, and who may read it. */
interface ShareAccess {
  /** The folder name of the account that created it. */
  readonly owner?: string;
  readonly access: Access;
  /** By `accountKey`; counts for a restricted share. */
  readonly granted: readonly string[];
}

const OPTION = new RegExp(
  `^\\s*(?:ACCESS\\s+(${ACCESSES.join('|')})|VISIBILITY\\s+(?:DISCOVERABLE|HIDDEN)|UPDATE\\s+(?:MANUAL|AUTOMATIC))\\s*$`,
  'i',
);

/** The access that the options of CREATE SHARE give, without their parentheses; undefined: an option is none of MotherDuck's. */
export function accessIn(options = ''): Access | undefined {
  const found = options.trim() === '' ? [] : options.split(',').map((option) => OPTION.exec(option));
  if (found.includes(null)) return undefined;
  const named = found.flatMap((match) => match?.[1]?.toUpperCase() ?? []);
  return ACCESSES.find((access) => access === named.at(-1)) ?? 'ORGANIZATION';
}

/** The file of a share; undefined when there is none. @param folder the sandbox's */
export function shareFile(folder: string, share: string): string | undefined {
  const fileName = share.toLowerCase() + EXTENSION;
  const shares = join(folder, SHARES);
  const found = existsSync(shares) ? readdirSync(shares).find((file) => file.toLowerCase() === fileName) : undefined;
  return found === undefined ? undefined : join(shares, found);
}

/** Who may read a share; undefined when there is none. One that you put there is for the organization. */
export function shareAccess(folder: string, share: string): ShareAccess | undefined {
  const file = shareFile(folder, share);
  return file === undefined ? undefined : accessOf(file);
}

/** Whether an account may attach a share. @param home the folder of its databases */
export function mayRead({ owner, access, granted }: ShareAccess, username: string, home: string): boolean {
  return access !== 'RESTRICTED' || owner === basename(home) || granted.includes(accountKey(username));
}

/** A share is a copy of the database as it was. @param home the folder of the account that creates it */
export async function createShare(
  folder: string,
  home: string,
  { share, access, database }: { readonly share: string; readonly access: Access; readonly database: string },
): Promise<void> {
  const shares = join(folder, SHARES);
  const file = shareFile(folder, share) ?? join(shares, share.toLowerCase() + EXTENSION);
  await refuseTrackedLinks(shares);
  mkdirSync(shares, { recursive: true });
  await refuseTrackedLinks(file);
  const copy = `${file}.${process.pid}`;
  copyFileSync(database, copy);
  renameSync(copy, file);
  // Assumption: one that takes the place of another is granted to nobody, as its URL is another.
  await writeAccess(file, { owner: basename(home), access, granted: [] });
}

/** Gives accounts the right to read a share, or takes it. */
export async function grantShare(
  folder: string,
  share: string,
  users: readonly string[],
  gives: boolean,
): Promise<void> {
  const file = shareFile(folder, share);
  if (file === undefined) return;
  const before = accessOf(file);
  const keys = users.map(accountKey);
  const others = before.granted.filter((user) => !keys.includes(user));
  await writeAccess(file, { ...before, granted: gives ? [...others, ...keys] : others });
}

/** Removes the shares that an account created, as MotherDuck does when it deletes the account. @param home the account's folder */
export function removeShares(folder: string, home: string): void {
  for (const file of createdShares(folder)) if (accessOf(file).owner === basename(home)) removeShare(file);
}

/** Removes the shares that accounts created. Those that you put there stay. */
export function removeAllShares(folder: string): void {
  for (const file of createdShares(folder)) removeShare(file);
}

/** The files of the shares that accounts created. */
function createdShares(folder: string): string[] {
  const shares = join(folder, SHARES);
  const notes = existsSync(shares) ? readdirSync(shares).filter((file) => file.endsWith(EXTENSION + ACCESS)) : [];
  return notes.map((note) => join(shares, note.slice(0, -ACCESS.length)));
}

/** The note last: what cannot be removed now is still known as a share that an account created. */
function removeShare(file: string): void {
  for (const path of [file, file + ACCESS]) rmSync(path, { force: true });
}

/** Who may read the share of a file. One that you put there is for the organization. */
export function accessOf(file: string): ShareAccess {
  try {
    return JSON.parse(readFileSync(file + ACCESS, 'utf8')) as ShareAccess;
  } catch {
    return { access: 'ORGANIZATION', granted: [] };
  }
}

async function writeAccess(file: string, access: ShareAccess): Promise<void> {
  await refuseTrackedLinks(file + ACCESS);
  writeFileSync(file + ACCESS, `${JSON.stringify(access)}\n`);
}
