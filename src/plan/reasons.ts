/** The words that reviewers read: where in the configuration something is asked for. */
import type { Where } from '../model/user-error.ts';

/** `configuration line 31`, or `accounts/tenants.yaml line 7` in an included file. */
export function atLine(where: Where, mainFile: string): string {
  return where.file === mainFile ? `configuration line ${where.line}` : `${where.file} line ${where.line}`;
}

/** The `line` and `file` of an action. */
export function position(where: Where): { line: number; file: string } {
  return { line: where.line, file: where.file };
}
