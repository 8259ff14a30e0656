/** Which databases and shares an account has attached: a file in the folder of its databases. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { refuseTrackedLinks } from '../files/links.ts';
import { createShare, EXTENSION, grantShare } from './shares.ts';
import type { Effect } from './statements.ts';

const FILE = 'attachments.json';

/** What an account attached and detached, kept between connections. */
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

/** Keeps what statements that ran have changed, when nothing has the files open. */
export async function keepEffects(folder: string, home: string, effects: readonly Effect[]): Promise<void> {
  if (effects.length === 0) return;
  const before = readAttachments(home);
  const [shares, detached] = [new Map(before.shares), new Set(before.detached)];
  const dropped = new Set<string>();
  /** The files of databases that were created after one of their name was dropped. */
  const replacing = new Map<string, string>();
  for (const effect of effects) {
    if (effect.kind === 'granted') {
      await grantShare(folder, effect.share, effect.users, effect.gives);
      continue;
    }
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
        await createShare(folder, home, {
          ...effect,
          database: replacing.get(database) ?? join(home, database + EXTENSION),
        });
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
