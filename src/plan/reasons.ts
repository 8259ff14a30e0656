/** The words that reviewers read: where in the configuration something is asked for. */
import type { Location } from '../model/user-error.ts';

/** `configuration line 31`, or `accounts/tenants.yaml line 7` in an included file. */
export function atLine(location: Location, mainFile: string): string {
  return location.file === mainFile ? `configuration line ${location.line}` : `${location.file} line ${location.line}`;
}

/** The `line` and `file` of an action. */
export function position(location: Location): { line: number; file: string } {
  return { line: location.line, file: location.file };
}
