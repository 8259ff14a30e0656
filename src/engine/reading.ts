/** Reads the organization: which accounts are meant, and how far the reading is. */
import { type LiveQuestion, readLive } from '../live/read.ts';
import { few } from '../model/counted.ts';
import type { Desired } from '../model/desired.ts';
import { globMatcher } from '../model/glob.ts';
import type { Live } from '../model/live.ts';
import type { State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { accountNames } from '../plan/plan.ts';
import { nearest } from '../yaml/wording.ts';
import type { EngineContext, Progress } from './context.ts';

const NAMES_SHOWN = 10;

export function onlyMatcher(globs: readonly string[] | undefined): (username: string) => boolean {
  return globs === undefined ? () => true : globMatcher(globs);
}

/** The error for globs that none of the `names` of a source matches. */
export function matchesNothing(globs: readonly string[], names: readonly string[], source: string): UserError {
  const said = globs.map((glob) => `--only ${glob}`).join(' ');
  const near = globs.flatMap((glob) => nearest(glob, names) ?? []);
  const hint =
    near.length > 0
      ? `Did you mean ${near.map((name) => `--only ${name}`).join(' ')}?`
      : `There are: ${few(names, NAMES_SHOWN)}`;
  return new UserError('USAGE', `${said} matches no account of ${source}`, hint);
}

/** As `readLive`, with the context's progress and signal. */
export async function readWithProgress(
  question: Omit<LiveQuestion, 'onProgress' | 'signal'>,
  context: EngineContext,
): Promise<Live> {
  let progress: Progress | undefined;
  try {
    return await readLive({
      ...question,
      ...(context.signal ? { signal: context.signal } : {}),
      onProgress: (_done, total) => {
        progress ??= context.progress('Reading accounts', total);
        progress.step();
      },
    });
  } finally {
    progress?.end();
  }
}

/** What a plan has to know of MotherDuck: those accounts, and whose Ducklings. */
export function accountsToRead(desired: Desired, state: State, only: (username: string) => boolean) {
  return accountNames(desired, state)
    .filter(only)
    .map((username) => ({
      username,
      needsDucklings:
        desired.computeRates !== undefined || desired.accounts.get(accountKey(username))?.ducklings !== undefined,
    }));
}
