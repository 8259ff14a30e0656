/**
 * What the SQL of a setup creates and attaches at MotherDuck, by the names in it. Statements of another form tell nothing, so
 * what is found is certain and may not be all.
 */
import { withoutComments } from './setup.ts';

/** Databases and shares that the setup of an account created, and did not drop. */
export interface CreatedObjects {
  readonly databases: readonly string[];
  readonly shares: readonly CreatedShare[];
}

/** `database`: what it shares. */
export interface CreatedShare {
  readonly name: string;
  readonly database: string;
}

const NAME = '("(?:[^"]|"")+"|[A-Za-z_][\\w$]*)';
const CREATED = new RegExp(
  `^\\s*CREATE\\s+(?:OR\\s+REPLACE\\s+)?(?:DATABASE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?${NAME}|SHARE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?${NAME}\\s+FROM\\s+${NAME})`,
  'i',
);
const DROPPED = new RegExp(`^\\s*DROP\\s+(DATABASE|SHARE)\\s+(?:IF\\s+EXISTS\\s+)?${NAME}`, 'i');
const ATTACHED = /^\s*ATTACH\s+(?:DATABASE\s+)?(?:IF\s+NOT\s+EXISTS\s+)?'md:_share\/([^/']+)\//i;

/** What is there after these statements ran, in addition to what was there before. */
export function createdObjects(
  statements: readonly string[],
  before: CreatedObjects = { databases: [], shares: [] },
): CreatedObjects {
  const databases = new Map(before.databases.map((name) => [keyOf(name), name]));
  const shares = new Map(before.shares.map((share) => [keyOf(share.name), share]));
  for (const sql of statements.map(withoutComments)) {
    const [, database, share, source] = CREATED.exec(sql) ?? [];
    if (database !== undefined) databases.set(keyOf(unquotedName(database)), unquotedName(database));
    if (share !== undefined && source !== undefined) {
      shares.set(keyOf(unquotedName(share)), { name: unquotedName(share), database: unquotedName(source) });
    }
    const [, what, dropped] = DROPPED.exec(sql) ?? [];
    if (dropped === undefined) continue;
    const from: Map<string, unknown> = what?.toUpperCase() === 'SHARE' ? shares : databases;
    from.delete(keyOf(unquotedName(dropped)));
  }
  return { databases: [...databases.values()], shares: [...shares.values()] };
}

/** The name in the URL of the share that a statement attaches: that of its database, and in the sandbox its own. */
export function attachedShare(sql: string): string | undefined {
  return ATTACHED.exec(withoutComments(sql))?.[1];
}

/** Whether a share may be the one of a URL: a URL tells the name alone. */
export function isNamedLike({ name, database }: CreatedShare, inUrl: string): boolean {
  return [name, database].some((each) => keyOf(each) === keyOf(inUrl));
}

/** The name that an identifier in SQL means: `"a""b"` is `a"b`. */
export function unquotedName(written = ''): string {
  return written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written;
}

/** DuckDB ignores the case of names. */
function keyOf(name: string): string {
  return name.toLowerCase();
}
