/** The SQL that sets an account up: how a statement is read without a parser, since plain DuckDB does not know MotherDuck's own. */
import type { Location, UserError } from './user-error.ts';

/** The placeholder of the username in `setup`, `smoke.query` and `smoke.database`. */
export const ACCOUNT = '{account}';

/** The text with the username of an account. Its pattern allows no quotes, so that it ends no text and no quoted name. */
export function forAccount(text: string, username: string): string {
  return text.replaceAll(ACCOUNT, () => username);
}

/** A statement of `setup`, with `{account}` replaced. */
export interface SetupStatement {
  readonly sql: string;
  /** SHA-256 (hex), shortened, to notice a change. */
  readonly hash: string;
  readonly location: Location;
}

/** How far a setup came. */
export interface SetupOutcome {
  /** The number of statements that ran, of those in the configuration. */
  readonly done: number;
  /** Why not all did. */
  readonly error?: UserError;
  /** MotherDuck refused a statement, which may need what the setup of another account creates. */
  readonly isRefused?: true;
}

/**
 * Comments, texts (also with backslashes, and between dollar signs), and quoted names, as DuckDB reads them; what is not closed
 * reaches the end. A name may contain dollar signs, and only that after it is none of these.
 */
const QUOTED =
  /--[^\n\r]*|(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*(?:'|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|(\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)[\s\S]*?(?:\1|$)/y;
const NAME = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;

/** The SQL with spaces for comments, and with `'` or `"` for every character of texts and quoted names. */
export function sqlCode(sql: string): string {
  let code = '';
  for (let at = 0; at < sql.length; ) {
    QUOTED.lastIndex = at;
    const found = sql.startsWith('/*', at) ? blockComment(sql, at) : QUOTED.exec(sql)?.[0];
    if (found === undefined || found === '') {
      NAME.lastIndex = at;
      const plain = NAME.exec(sql)?.[0] ?? sql.charAt(at);
      code += plain;
      at += plain.length;
      continue;
    }
    const filler = /^(--|\/\*)/.test(found) ? ' ' : found.startsWith('"') ? '"' : "'";
    code += filler.repeat(found.length);
    at += found.length;
  }
  return code;
}

/** Comments of this kind can contain others. */
function blockComment(sql: string, start: number): string {
  let depth = 0;
  for (const mark of sql.slice(start).matchAll(/\/\*|\*\//g)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return sql.slice(start, start + mark.index + 2);
  }
  return sql.slice(start);
}

/** The SQL with spaces for comments, and with all else as it is. */
export function withoutComments(sql: string): string {
  const code = sqlCode(sql);
  return [...Array(sql.length).keys()].map((at) => (code[at] === ' ' ? ' ' : sql[at])).join('');
}

/** Whether a text has more than one statement. */
export function isSeveralStatements(sql: string): boolean {
  return /;[^;]*[^\s;]/.test(sqlCode(sql));
}

/** Whether a text has nothing but comments and semicolons. */
export function isNoStatement(sql: string): boolean {
  return /^[\s;]*$/.test(sqlCode(sql));
}

/** The index of the statement that begins a transaction which no later one ends. */
export function openTransaction(statements: readonly string[]): number | undefined {
  let begun: number | undefined;
  for (const [index, sql] of statements.entries()) {
    const [word = ''] = /[a-z]+/i.exec(sqlCode(sql)) ?? [];
    if (/^(?:begin|start)$/i.test(word)) begun = index;
    else if (/^(?:commit|end|rollback|abort)$/i.test(word)) begun = undefined;
  }
  return begun;
}

/** Characters that a reader of a plan would not see as they are: control characters except line breaks and tabs, invisible ones, and those that turn text around. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029]/u;

/** The code point of the first character that a plan cannot show as it is: `U+000D`. */
export function unseenCharacter(sql: string): string | undefined {
  const [found] = UNSEEN.exec(sql) ?? [];
  return found && `U+${found.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * Words of statements that do more than read. The disruptive ones end, change, publish or copy something, or run code that a plan does
 * not show; the others add something, as a setup is to do.
 */
const CHANGING = {
  disruptive:
    'alter|copy|delete|detach|drop|export|grant|import|install|load|merge|revoke|shutdown|truncate|unrestricted|update',
  other: 'attach|call|checkpoint|comment|create|execute|insert|pragma|replace|set|vacuum',
} as const;
const DISRUPTIVE = wordsIn(CHANGING.disruptive);
const ANY_CHANGE = wordsIn(Object.values(CHANGING).join('|'));
/** Of MotherDuck's own: the option of a share, which no statement of that verb ends with, and what lets others read one. */
const OF_SHARES = /\bupdate\s+(?:automatic|manual)(?=\s*(?:[),;]|$))|^\s*grant(?=\s+read\s+on\s+share\s)/gi;
/** Views and macros have no data. */
const REPLACED_VIEW = /\bor\s+replace\s+(?:(?:temp|temporary)\s+)?(?:view|macro|function)\b/gi;
/** The function of that name has a parenthesis after it. */
const REPLACES = /(?<![a-z_])replace(?!\w|\s*\()/i;

/**
 * The words for which a statement may end what is in use, in upper case. They count wherever they are, also in comments, texts and
 * names, so that this does not depend on reading SQL as DuckDB does.
 */
export function disruptiveWords(sql: string): string[] {
  const words = [...sql.replace(OF_SHARES, '').matchAll(DISRUPTIVE)].map(([word]) => word.toUpperCase());
  return [...new Set([...words, ...(REPLACES.test(sql.replace(REPLACED_VIEW, '')) ? ['REPLACE'] : [])])];
}

/** Whether a query may do more than read, as far as its words tell. */
export function mayChange(sql: string): boolean {
  return isSeveralStatements(sql) || sql.search(ANY_CHANGE) !== -1;
}

function wordsIn(alternatives: string): RegExp {
  return new RegExp(`(?<![a-z_])(?:${alternatives})(?!\\w)`, 'gi');
}
