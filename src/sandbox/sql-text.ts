/** SQL from names and texts. */

/** A statement that fails with the message. */
export function raise(message: string): string {
  return `SELECT error(${text(message)})`;
}

/** An SQL text in quotes. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** An SQL name in quotes. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The statement that attaches a database file. */
export function attach(path: string, name: string, readOnly: boolean): string {
  return `ATTACH IF NOT EXISTS ${text(path)} AS ${identifier(name)}${readOnly ? ' (READ_ONLY)' : ''}`;
}
