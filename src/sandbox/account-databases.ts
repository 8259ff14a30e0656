/** The databases of an account in the sandbox's folder, and the shares that it has attached. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { refuseTrackedLinks } from '../files/links.ts';
import { writeFix } from '../files/system-errors.ts';
import { UserError } from '../model/user-error.ts';
import { type Attachments, readAttachments } from './attachments.ts';
import { homeOf } from './databases.ts';
import { accessOf, EXTENSION, mayRead, shareAccess, shareFile } from './shares.ts';
import type { Catalog, Translated } from './statements.ts';

/** The database that every new account has. */
export const FIRST_DATABASE = 'my_db';

/** A database that a connection attaches. */
interface DatabaseFile {
  readonly path: string;
  readonly name: string;
}

/** The databases of an account: the first one's path, every other DuckDB file in its folder that is attached, and the attached shares. */
export interface DatabaseFiles {
  readonly username: string;
  readonly home: string;
  readonly path: string;
  readonly siblings: readonly DatabaseFile[];
  readonly shares: readonly DatabaseFile[];
  readonly attachments: Attachments;
}

/** What the statements of an account find. Without a folder, databases are in memory. */
export function catalogOf(folder: string | undefined, files: DatabaseFiles | undefined): Catalog {
  if (folder === undefined || files === undefined)
    return {
      fileOf: () => ':memory:',
      newFileOf: () => ':memory:',
      databases: new Set([FIRST_DATABASE]),
      attachedShares: new Map(),
      share: () => undefined,
      username: '',
    };
  const { username, home, siblings, shares, attachments } = files;
  const names = [FIRST_DATABASE, ...siblings.map(({ name }) => name), ...attachments.detached];
  const attached = new Set(shares.map(({ name }) => name));
  return {
    fileOf: (database) => join(home, database + EXTENSION),
    newFileOf: (database) => join(home, `${database}.${randomUUID()}.new`),
    databases: new Set(names.map((name) => name.toLowerCase())),
    attachedShares: new Map([...attachments.shares].filter(([name]) => attached.has(name))),
    share: (share) => {
      const access = shareAccess(folder, share);
      if (access === undefined) return undefined;
      return {
        access: access.access,
        isOwn: access.owner === basename(home),
        mayRead: mayRead(access, username, home),
      };
    },
    username,
  };
}

/** With the shares that statements attach: they are attached before, since the statements reach no file. */
export function withShares(
  files: DatabaseFiles | undefined,
  { shares }: Translated,
  folder: string | undefined,
): DatabaseFiles | undefined {
  if (files === undefined || folder === undefined) return files;
  const more = [...shares].map(([name, share]) => ({ name, path: shareFile(folder, share) ?? '' }));
  return { ...files, shares: [...files.shares, ...more] };
}

/** The files that statements open, with those that DuckDB puts beside them. */
export function openedFiles(
  files: DatabaseFiles | undefined,
  { files: opened }: Translated,
  all: readonly string[],
): string[] {
  if (files === undefined || all.length === 0) return [];
  const own = [...files.siblings.map(({ path }) => path), files.path];
  return [...new Set([...own, ...opened])].flatMap((path) =>
    ['', '.wal', '.wal.checkpoint', '.wal.recovery', '.tmp'].map((end) => path + end),
  );
}

/** Looks for the databases of an account. @param folder the sandbox's */
export async function databasesOf(folder: string, username: string): Promise<DatabaseFiles> {
  const home = homeOf(folder, username);
  return inFolder(home, async () => {
    const all = readdirSync(home);
    for (const name of all) await refuseTrackedLinks(join(home, name));
    const names = all.filter((file) => file.endsWith(EXTENSION) && file !== FIRST_DATABASE + EXTENSION);
    const attachments = readAttachments(home);
    const siblings = names
      .sort()
      .map((file) => ({ path: join(home, file), name: file.slice(0, -EXTENSION.length) }))
      .filter(({ name }) => !attachments.detached.has(name.toLowerCase()));
    const shares = [...attachments.shares].flatMap(([name, share]) => {
      const path = shareFile(folder, share);
      return path !== undefined && mayRead(accessOf(path), username, home) ? [{ path, name }] : [];
    });
    for (const { path } of shares) await refuseTrackedLinks(path);
    return { username, home, path: join(home, FIRST_DATABASE + EXTENSION), siblings, shares, attachments };
  });
}

/** Creates a folder of databases, and looks into it. @throws UserError LINK_REFUSED, SANDBOX_FAILED */
export async function inFolder<T>(home: string, look: () => Promise<T>): Promise<T> {
  try {
    await refuseTrackedLinks(home);
    mkdirSync(home, { recursive: true });
    return await look();
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const message = `the sandbox's databases cannot be written: ${home}`;
    const fix = writeFix(cause, 'Give a writable folder with `--sandbox-dir DIR`.');
    throw new UserError('SANDBOX_FAILED', message, fix, { cause });
  }
}
