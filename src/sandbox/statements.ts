/**
 * MotherDuck's own statements about databases and shares, which plain DuckDB does not know, as DuckDB runs them on the files of
 * the sandbox. Source of their forms: MotherDuck's documentation. Each is recognized whole, and other forms of them are refused.
 */
import { withoutComments } from '../model/setup.ts';
import { unquotedName } from '../model/setup-objects.ts';
import type { TokenType } from '../model/tokens.ts';
import { type Access, accessIn } from './shares.ts';
import { identifier, raise, text } from './sql-text.ts';

/** The change of the account's databases by a statement. Names are in lower case. */
export type Effect =
  | { readonly kind: 'dropped' | 'attached' | 'detached'; readonly database: string }
  /** `file`: where it is, since the file of its name had one that was dropped before. */
  | { readonly kind: 'created'; readonly database: string; readonly file?: string }
  | { readonly kind: 'share_attached'; readonly database: string; readonly share: string }
  | { readonly kind: 'share_created'; readonly database: string; readonly share: string; readonly access: Access }
  /** `gives`: else the right is taken. */
  | { readonly kind: 'granted'; readonly share: string; readonly users: readonly string[]; readonly gives: boolean };

/** A share as the account of a connection sees it. */
interface Share {
  readonly access: Access;
  readonly isOwn: boolean;
  readonly mayRead: boolean;
}

/** The databases of an account, and the shares of the organization. */
export interface Catalog {
  /** The file of a database of the account, whether it exists or not. */
  fileOf(database: string): string;
  /** A file that does not exist, for a database that takes its place later. */
  newFileOf(database: string): string;
  /** Those that exist, in lower case. */
  readonly databases: ReadonlySet<string>;
  /** Shares by the name under which they are attached. */
  readonly attachedShares: ReadonlyMap<string, string>;
  /** A share of the organization; undefined when there is none. */
  share(name: string): Share | undefined;
  /** The account of the connection. */
  readonly username: string;
}

/** Statements as plain DuckDB runs them, and what they change. */
export interface Translated {
  /** By the statement's position, as `effects`: what runs in its place; empty: DuckDB knows it. */
  readonly instead: readonly (readonly string[])[];
  readonly effects: readonly (Effect | undefined)[];
  /** Shares that are attached before the statements run, so that these need no file: by the name that each gets. */
  readonly shares: ReadonlyMap<string, string>;
  /** The files of databases that the statements open. */
  readonly files: ReadonlySet<string>;
}

const NAME = '("(?:[^"]|"")+"|[A-Za-z_][\\w$]*)';
const END = '\\s*;*\\s*$';
const FORMS = {
  create: new RegExp(`^\\s*CREATE\\s+DATABASE\\s+(IF\\s+NOT\\s+EXISTS\\s+)?${NAME}${END}`, 'i'),
  drop: new RegExp(`^\\s*DROP\\s+DATABASE\\s+(IF\\s+EXISTS\\s+)?${NAME}${END}`, 'i'),
  attach: new RegExp(
    `^\\s*ATTACH\\s+(?:DATABASE\\s+)?(IF\\s+NOT\\s+EXISTS\\s+)?'md:([^']+)'(?:\\s+AS\\s+${NAME})?${END}`,
    'i',
  ),
  detach: new RegExp(`^\\s*DETACH\\s+(?:DATABASE\\s+)?(IF\\s+EXISTS\\s+)?${NAME}${END}`, 'i'),
  share: new RegExp(
    `^\\s*CREATE\\s+(OR\\s+REPLACE\\s+)?SHARE\\s+(IF\\s+NOT\\s+EXISTS\\s+)?${NAME}\\s+FROM\\s+${NAME}(?:\\s*\\(([\\w\\s,]*)\\))?${END}`,
    'i',
  ),
  grant: new RegExp(
    `^\\s*(?:GRANT\\s+READ\\s+ON\\s+SHARE\\s+${NAME}\\s+TO|REVOKE\\s+READ\\s+ON\\s+SHARE\\s+${NAME}\\s+FROM)\\s+(${NAME}(?:\\s*,\\s*${NAME})*)${END}`,
    'i',
  ),
} as const;
/** Statements of MotherDuck in any form. */
const OWN =
  /^\s*(?:ATTACH|DETACH|GRANT|REVOKE|(?:CREATE(?:\s+OR\s+REPLACE)?|DROP|ALTER|UPDATE|USE|LIST|DESCRIBE)\s+(?:DATABASE|SHARE|SHARES|SNAPSHOT|SECRET)\b)/i;
/** Names that are file names everywhere. */
const SAFE_NAME = /^[\p{L}\p{N}_](?:[\p{L}\p{N}_.@+ -]{0,98}[\p{L}\p{N}_@+-])?$/u;
/** The end of a share's URL. The sandbox tells shares by their names alone; at MotherDuck, the URL has the database's name. */
const SHARE_TOKEN = '00000000-0000-4000-8000-000000000000';
const NOTHING = ['SELECT 1'];

/** Translates the statements of a connection, in the order in which they run. */
export function translate(statements: readonly string[], type: TokenType, catalog: Catalog): Translated {
  const translator = new Translator(catalog);
  const runs = statements.map((sql): Run => {
    const bare = withoutComments(sql);
    if (type === 'read_scaling') return { run: OWN.test(bare) ? [raise(readOnly(bare))] : [] };
    return translator.translate(bare) ?? { run: [] };
  });
  const { shares, files } = translator;
  return { instead: runs.map(({ run }) => run), effects: runs.map(({ effect }) => effect), shares, files };
}

interface Run {
  readonly run: readonly string[];
  readonly effect?: Effect;
}

class Translator {
  readonly shares = new Map<string, string>();
  readonly files = new Set<string>();
  readonly #catalog: Catalog;
  readonly #known: Set<string>;
  readonly #attached: Map<string, string>;
  /** The database of each share that the statements create. */
  readonly #createdShares = new Map<string, { readonly database: string; readonly access: Access }>();
  readonly #dropped = new Set<string>();
  /** Of databases that were created again. */
  readonly #newFiles = new Map<string, string>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.#known = new Set(catalog.databases);
    this.#attached = new Map(catalog.attachedShares);
  }

  /** Undefined: the statement is DuckDB's. */
  translate(sql: string): Run | undefined {
    const create = FORMS.create.exec(sql);
    if (create) return this.#create(unquotedName(create[2]), create[1] !== undefined);
    const drop = FORMS.drop.exec(sql);
    if (drop) return this.#drop(unquotedName(drop[2]), drop[1] !== undefined);
    const attach = FORMS.attach.exec(sql);
    if (attach) return this.#attach(attach[2] ?? '', attach[3], attach[1] !== undefined);
    const detach = FORMS.detach.exec(sql);
    if (detach) return this.#detach(unquotedName(detach[2]), detach[1] !== undefined);
    const share = FORMS.share.exec(sql);
    if (share) {
      const [, replaces, isOptional, name, database, options] = share;
      const about = { replaces: replaces !== undefined, isOptional: isOptional !== undefined, options };
      return this.#share(unquotedName(name), unquotedName(database), about);
    }
    const grant = FORMS.grant.exec(sql);
    if (grant) return this.#grant(unquotedName(grant[1] ?? grant[2]), namesOf(grant[3]), grant[1] !== undefined);
    if (!OWN.test(sql)) return undefined;
    return {
      run: [
        raise(
          /^\s*ATTACH/i.test(sql)
            ? NO_FILES
            : `Parser Error: the sandbox does not know this statement: ${sql.trim().slice(0, 80)}`,
        ),
      ],
    };
  }

  #create(name: string, isOptional: boolean): Run {
    if (!SAFE_NAME.test(name)) return { run: [raise(`Invalid database name '${name}'`)] };
    if (this.#known.has(key(name)))
      return {
        run: isOptional ? NOTHING : [raise(`Failed to create database: database with name "${name}" already exists`)],
      };
    this.#known.add(key(name));
    const effect = { kind: 'created', database: key(name) } as const;
    if (!this.#dropped.has(key(name))) return { run: [this.#open(name)], effect };
    // The file cannot be removed while the connection lasts.
    const file = this.#catalog.newFileOf(key(name));
    this.#newFiles.set(key(name), file);
    return { run: [this.#open(name)], effect: { ...effect, file } };
  }

  #drop(name: string, isOptional: boolean): Run {
    if (!this.#known.delete(key(name))) return isOptional ? { run: NOTHING } : missing(name);
    this.#dropped.add(key(name));
    return { run: [`DETACH DATABASE IF EXISTS ${identifier(name)}`], effect: { kind: 'dropped', database: key(name) } };
  }

  #attach(url: string, alias: string | undefined, isOptional: boolean): Run {
    const [, share] = /^_share\/([\w-]+)\/[\w-]+$/.exec(url) ?? [];
    if (share !== undefined)
      return this.#attachShare(share, alias === undefined ? share : unquotedName(alias), isOptional);
    if (!this.#known.has(key(url))) return missing(url);
    if (alias !== undefined && key(unquotedName(alias)) !== key(url))
      return { run: [raise('Binder Error: a database of MotherDuck cannot be attached under another name')] };
    // Without the option, DuckDB itself says that it is attached.
    return { run: [this.#open(url, isOptional)], effect: { kind: 'attached', database: key(url) } };
  }

  #attachShare(share: string, name: string, isOptional: boolean): Run {
    const found = this.#find(share);
    if (found === undefined) return missing(share);
    if (!found.mayRead) return { run: [raise(notGranted(share, this.#catalog.username))] };
    const present = this.#attached.get(key(name));
    const isSame = present !== undefined && key(present) === key(share);
    if (this.#known.has(key(name)) || (present !== undefined && !(isOptional && isSame)))
      return { run: [raise(`Failed to attach: database with name "${name}" already exists`)] };
    if (isSame) return { run: NOTHING };
    if ([...this.#attached.values()].some((each) => key(each) === key(share)))
      return { run: [raise(`Failed to attach: the share '${share}' is attached already under another name`)] };
    this.#attached.set(key(name), share);
    const effect = { kind: 'share_attached', database: key(name), share } as const;
    if (this.#catalog.share(share) === undefined) return { run: this.#copyOf(share, name), effect };
    if (!this.#catalog.attachedShares.has(key(name))) this.shares.set(key(name), share);
    return { run: NOTHING, effect };
  }

  /** The file of a share that the statements create is written after them, so this connection gets a copy of its database. */
  #copyOf(share: string, name: string): string[] {
    const { database = '' } = this.#createdShares.get(key(share)) ?? {};
    return [
      `ATTACH ':memory:' AS ${identifier(name)}`,
      `COPY FROM DATABASE ${identifier(database)} TO ${identifier(name)}`,
    ];
  }

  #detach(name: string, isOptional: boolean): Run {
    const isKnown = this.#attached.delete(key(name)) || this.#known.has(key(name));
    const effect = { kind: 'detached', database: key(name) } as const;
    return {
      run: [`DETACH DATABASE ${isOptional ? 'IF EXISTS ' : ''}${identifier(name)}`],
      ...(isKnown ? { effect } : {}),
    };
  }

  #share(share: string, database: string, { replaces, isOptional, options }: ShareForm): Run {
    if (!/^[\w-]+$/.test(share)) return { run: [raise(`Invalid share name '${share}'`)] };
    const access = accessIn(options);
    if (access === undefined) return { run: [raise(`Parser Error: unknown options of a share: ${options}`)] };
    if (!this.#known.has(key(database))) return missing(database);
    if (this.#find(share) !== undefined && !replaces)
      return {
        run: isOptional ? NOTHING : [raise(`Failed to create share: share with name '${share}' already exists`)],
      };
    this.#createdShares.set(key(share), { database, access });
    this.files.add(this.#fileOf(database));
    return {
      run: [`SELECT ${text(`md:_share/${share}/${SHARE_TOKEN}`)} AS share_url`, `CHECKPOINT ${identifier(database)}`],
      effect: { kind: 'share_created', database: key(database), share, access },
    };
  }

  /** Assumption: the texts of what is refused, and that MotherDuck takes names of users that it does not have. */
  #grant(share: string, users: readonly string[], gives: boolean): Run {
    const found = this.#find(share);
    if (found === undefined) return missing(share);
    const refusal = !found.isOwn
      ? `only the owner of the share '${share}' can grant or revoke READ on it`
      : found.access !== 'RESTRICTED'
        ? `the share '${share}' is not restricted: GRANT and REVOKE need ACCESS RESTRICTED`
        : undefined;
    if (refusal !== undefined) return { run: [raise(refusal)] };
    return { run: NOTHING, effect: { kind: 'granted', share, users, gives } };
  }

  #find(share: string): Share | undefined {
    const created = this.#createdShares.get(key(share));
    return created ? { access: created.access, isOwn: true, mayRead: true } : this.#catalog.share(share);
  }

  #open(name: string, isOptional = true): string {
    const file = this.#fileOf(name);
    this.files.add(file);
    return `ATTACH ${isOptional ? 'IF NOT EXISTS ' : ''}${text(file)} AS ${identifier(name)}`;
  }

  #fileOf(name: string): string {
    return this.#newFiles.get(key(name)) ?? this.#catalog.fileOf(key(name));
  }
}

/** As seen at connections that reach no local file. */
const NO_FILES = 'Permission Error: File system LocalFileSystem has been disabled by configuration';

/** Assumption: MotherDuck's text for it is not known. */
function notGranted(share: string, username: string): string {
  return `the share '${share}' is restricted, and not granted to ${username}: GRANT READ ON SHARE ${share} TO ${username}`;
}

/** How a share is created. `options`: what is between the parentheses. */
interface ShareForm {
  readonly replaces: boolean;
  readonly isOptional: boolean;
  readonly options: string | undefined;
}

function missing(name: string): Run {
  return { run: [raise(`no database/share named '${name}' found`)] };
}

function readOnly(sql: string): string {
  const [verb = ''] = /\w+/.exec(sql) ?? [];
  return `Cannot execute statement of type "${verb.toUpperCase()}" on a database which is attached in read-only mode!`;
}

/** The names of a list. */
function namesOf(list = ''): string[] {
  return [...list.matchAll(new RegExp(NAME, 'g'))].map(([name]) => unquotedName(name));
}

/** DuckDB ignores the case of names, also of shares. */
function key(name: string): string {
  return name.toLowerCase();
}
