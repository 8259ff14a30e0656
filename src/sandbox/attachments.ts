/** Which databases and shares an account has attached: a file in the folder of its databases, and the shares of the organization. */
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
import type { Effect } from './statements.ts';

const FILE = 'attachments.json';
export const EXTENSION = '.duckdb';
const SHARES = 'shares';
/** Beside the file of a share: the folder name of the account that created it. Shares that you put there have none. */
const OWNER = '.owner';

export interface Attachments {
  /** The share of each name, in lower case. */
  readonly shares: ReadonlyMap<string, string>;
  /** Databases of the account that it detached. */
  readonly detached: ReadonlySet<string>;
}

/** @param home the folder of the account's databases */
export function readAttachments(home: string): Attachments {
  try {
    const { shares = {}, detached = [] } = JSON.parse(readFileSync(join(home, FILE), 'utf8')) as {
      shares?: Record<string, string>;
      detached?: string[];
    };
    return { shares: new Map(Object.entries(shares)), detached: new Set(detached) };
  } catch {
    return { shares: new Map(), detached: new Set() }; // nothing was attached or detached
  }
}

/** The file of a share; undefined when there is none. @param folder the sandbox's */
export function shareFile(folder: string, share: string): string | undefined {
  const wanted = share.toLowerCase() + EXTENSION;
  const shares = join(folder, SHARES);
  const found = existsSync(shares) ? readdirSync(shares).find((file) => file.toLowerCase() === wanted) : undefined;
  return found === undefined ? undefined : join(shares, found);
}

/** Keeps what statements that ran have changed, when nothing has the files open. */
export async function keepEffects(folder: string, home: string, effects: readonly Effect[]): Promise<void> {
  if (effects.length === 0) return;
  const before = readAttachments(home);
  const [shares, detached] = [new Map(before.shares), new Set(before.detached)];
  const dropped = new Set<string>();
  /** The files of databases that were created after one of their name was dropped. */
  const replacing = new Map<string, string>();
  for (const effect of effects) {
    const { database } = effect;
    switch (effect.kind) {
      case 'created':
        detached.delete(database);
        if (effect.file !== undefined) replacing.set(database, effect.file);
        break;
      case 'attached':
        detached.delete(database);
        break;
      case 'share_attached':
        shares.set(database, effect.share);
        break;
      case 'detached':
        if (!shares.delete(database)) detached.add(database);
        break;
      case 'dropped':
        detached.delete(database);
        dropped.add(database);
        removeDatabase(replacing.get(database));
        replacing.delete(database);
        break;
      case 'share_created':
        await createShare(folder, replacing.get(database) ?? join(home, database + EXTENSION), effect.share);
        await noteOwner(folder, home, effect.share);
        break;
      default:
        effect satisfies never;
    }
  }
  for (const database of dropped) removeDatabase(join(home, database + EXTENSION));
  for (const [database, file] of replacing)
    for (const end of ENDS) if (existsSync(file + end)) renameSync(file + end, join(home, database + EXTENSION + end));
  await refuseTrackedLinks(join(home, FILE));
  writeFileSync(
    join(home, FILE),
    `${JSON.stringify({ shares: Object.fromEntries(shares), detached: [...detached] })}\n`,
  );
}

/** Of a database's file, and of what DuckDB has not yet written to it. */
const ENDS = ['', '.wal'];

function removeDatabase(file: string | undefined): void {
  if (file !== undefined) for (const end of ENDS) rmSync(file + end, { force: true });
}

/** A share is a copy of the database as it was. */
async function createShare(folder: string, database: string, share: string): Promise<void> {
  const shares = join(folder, SHARES);
  const file = shareFile(folder, share) ?? join(shares, share.toLowerCase() + EXTENSION);
  await refuseTrackedLinks(shares);
  mkdirSync(shares, { recursive: true });
  await refuseTrackedLinks(file);
  const copy = `${file}.${process.pid}`;
  copyFileSync(database, copy);
  renameSync(copy, file);
}

async function noteOwner(folder: string, home: string, share: string): Promise<void> {
  const file = shareFile(folder, share);
  if (file === undefined) return;
  await refuseTrackedLinks(file + OWNER);
  writeFileSync(file + OWNER, `${basename(home)}\n`);
}

/** Removes the shares that an account created, as MotherDuck does when it deletes the account. @param home the account's folder */
export function removeShares(folder: string, home: string): void {
  const shares = join(folder, SHARES);
  const owners = existsSync(shares) ? readdirSync(shares).filter((file) => file.endsWith(EXTENSION + OWNER)) : [];
  for (const owner of owners) {
    const path = join(shares, owner);
    if (readFileSync(path, 'utf8').trim() !== basename(home)) continue;
    for (const file of [path.slice(0, -OWNER.length), path]) rmSync(file, { force: true });
  }
}
