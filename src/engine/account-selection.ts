/** The accounts that --only selects. */
import { nearest } from '../model/suggestion.ts';
import { UserError } from '../model/user-error.ts';
import { globMatcher, unmatchedGlobs } from '../model/username.ts';
import { few, NAMES_SHOWN } from '../model/wording.ts';

/** Whether `--only` includes an account; without globs it includes all. */
export function onlyMatcher(globs: readonly string[] | undefined): (username: string) => boolean {
  return globs === undefined ? () => true : globMatcher(globs);
}

/** Refuses globs that match no account. @param names the accounts there are. @param source where they come from. @param typed the globs that were typed as arguments. @throws UserError USAGE */
export function refuseUnmatched(
  only: readonly string[] | undefined,
  names: readonly string[],
  source: string,
  typed: readonly string[] = [],
): void {
  const globs = unmatchedGlobs(only ?? [], names);
  if (globs.length === 0) return;
  const asTyped = (glob: string, name = glob) => (typed.includes(glob) ? name : `--only ${name}`);
  const said = globs.map((glob) => asTyped(glob)).join(' ');
  const near = globs.flatMap((glob) => {
    const name = nearest(glob, names);
    return name === undefined ? [] : [asTyped(glob, name)];
  });
  const hint = near.length > 0 ? `Did you mean ${near.join(' ')}?` : `There are: ${few(names, NAMES_SHOWN.list)}`;
  throw new UserError('USAGE', `${said} ${globs.length === 1 ? 'matches' : 'match'} no account of ${source}`, hint);
}
