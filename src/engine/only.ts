/** `--only`: which accounts are meant, and what is said when there is none. */

import { UserError } from '../model/user-error.ts';
import { globMatcher } from '../model/username.ts';
import { few } from '../model/wording.ts';
import { nearest } from '../yaml/wording.ts';

const NAMES_SHOWN = 10;

export function onlyMatcher(globs: readonly string[] | undefined): (username: string) => boolean {
  return globs === undefined ? () => true : globMatcher(globs);
}

/** The error for globs that none of the `names` of a place matches. */
export function matchesNothing(globs: readonly string[], names: readonly string[], place: string): UserError {
  const said = globs.map((glob) => `--only ${glob}`).join(' ');
  const near = globs.flatMap((glob) => nearest(glob, names) ?? []);
  const hint =
    near.length > 0
      ? `Did you mean ${near.map((name) => `--only ${name}`).join(' ')}?`
      : `There are: ${few(names, NAMES_SHOWN)}`;
  return new UserError('USAGE', `${said} matches no account of ${place}`, hint);
}
