/** The SQL that sets an account up: how a statement is read without a parser, since plain DuckDB does not know MotherDuck's own. */
import type { Location } from './user-error.ts';

/** A statement of `setup`, with `{account}` replaced. */
export interface SetupStatement {
  readonly sql: string;
  /** SHA-256 (hex), shortened, to notice a change. */
  readonly hash: string;
  readonly location: Location;
}

/** Comments, texts (also with backslashes, and between dollar signs), and quoted names; what is not closed reaches the end. */
const QUOTED =
  /--[^\n]*|(?<!\w)[eE]'(?:[^'\\]|\\.|'')*(?:'|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|(\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?(?:\1|$)/y;

/** The SQL with spaces for comments, and with `'` or `"` for every character of texts and quoted names. */
export function sqlCode(sql: string): string {
  let code = '';
  for (let at = 0; at < sql.length; ) {
    QUOTED.lastIndex = at;
    const found = sql.startsWith('/*', at) ? blockComment(sql, at) : QUOTED.exec(sql)?.[0];
    if (found === undefined || found === '') {
      code += sql[at];
      at += 1;
      continue;
    }
    const filler = /^(--|\/\*)/.test(found) ? ' ' : found.startsWith('"') ? '"' : "'";
    code += filler.repeat(found.length);
    at += found.length;
  }
  return code;
}

/** The SQL as it is shown: without comments, and with one space where it has a line break. */
export function onOneLine(sql: string): string {
  const code = sqlCode(sql);
  let line = '';
  for (let at = 0; at < sql.length; at += 1) {
    const isSpace = /\s/.test(code[at] ?? '');
    if (!isSpace) line += sql[at];
    else if (!/\s/.test(code[at - 1] ?? ' ')) line += ' ';
  }
  return line.trim();
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

/** Whether a text holds more than one statement. */
export function isSeveralStatements(sql: string): boolean {
  return /;[^;]*[^\s;]/.test(sqlCode(sql));
}

/** Whether a text holds nothing but comments and semicolons. */
export function isNoStatement(sql: string): boolean {
  return /^[\s;]*$/.test(sqlCode(sql));
}

const ENDS_SOMETHING = /^(drop|delete|truncate|alter|revoke|detach|merge)\b/i;
/** Views and macros hold no data. */
const REPLACES = /^create\s+or\s+replace\s+(?!(?:(?:temp|temporary|global|local)\s+)*(?:view|macro|function)\b)/i;
/** What begins with these words can contain another statement. */
const CONTAINS = /^(with|explain|prepare|execute|from|call|pragma)\b/i;

/** Whether a statement may end what is in use, by its words. */
export function isDisruptiveSql(sql: string): boolean {
  const code = sqlCode(sql).replace(/^[\s;(]+/, '');
  if (ENDS_SOMETHING.test(code) || REPLACES.test(code)) return true;
  return CONTAINS.test(code) && /\b(drop|delete|truncate|alter|revoke|detach|merge)\b/i.test(code);
}
