/** The options that rotate tokens: what they select, and what is wrong usage, before anything is opened or locked. */
import { onlyMatcher } from '../engine/account-selection.ts';
import { type SelectedTokens, selectTokens } from '../engine/rotation-selection.ts';
import type { Desired } from '../model/desired.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { few } from '../model/wording.ts';

interface RotationOptions {
  readonly only?: readonly string[];
  readonly rotate?: readonly string[];
  readonly revokeOld?: boolean;
  readonly force?: boolean;
  /** false with --no-smoke. */
  readonly smoke?: boolean;
}

/** The tokens to rotate; undefined without --rotate. @throws UserError USAGE */
export function selectRotation(desired: Desired, options: RotationOptions): SelectedTokens | undefined {
  const { only, rotate, revokeOld, force } = options;
  if (revokeOld && rotate === undefined) {
    throw new UserError(
      'USAGE',
      '--revoke-old is for tokens that are rotated',
      'Name the tokens: --rotate ACCOUNT/TOKEN',
    );
  }
  if (force && !revokeOld) {
    throw new UserError('USAGE', '--force is for --revoke-old', 'Leave it out, or add --revoke-old.');
  }
  if (rotate === undefined) return undefined;
  const selected = selectTokens(rotate, desired, onlyMatcher(only));
  if (!revokeOld || force) return selected;
  refuseUnverified(options, rotate);
  const untested = selected.accounts.filter((name) => desired.accounts.get(accountKey(name))?.smoke === false);
  if (untested.length === 0) return selected;
  const names = few(untested);
  throw unverified(`the configuration has smoke: false for ${names}, so`, rotate);
}

/** Without a smoke test, nothing shows that the new tokens connect. @param tokens Those that are rotated. @throws UserError USAGE */
export function refuseUnverified({ smoke }: Pick<RotationOptions, 'smoke'>, tokens: readonly string[]): void {
  if (smoke === false) throw unverified('with --no-smoke,', tokens);
}

function unverified(why: string, tokens: readonly string[]): UserError {
  const hint = {
    text: 'To revoke the old ones as soon as the new ones are stored, add --force.',
    command: ['rotate', ...tokens, '--revoke-old', '--force'],
  };
  return new UserError('USAGE', `${why} nothing verifies new tokens before --revoke-old revokes the old ones`, hint);
}
