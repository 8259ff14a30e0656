/** Which users of the organization `import --all` takes, before anything else of them is read. */
import type { Desired } from '../model/desired.ts';
import { globMatcher } from '../model/glob.ts';
import type { Skipped } from '../model/import.ts';
import type { LiveUser } from '../model/live.ts';
import type { State } from '../model/state.ts';
import { accountKey, USERNAME_PATTERN } from '../model/username.ts';

/** `take`, `skip` without a word, or why it is left out. */
export type Offer = 'take' | 'skip' | Skipped;

export function offerOf(desired: Desired, state: State, claims: readonly string[]): (user: LiveUser) => Offer {
  const isIgnored = globMatcher(desired.ignore);
  const own = new Set(claims.map((claim) => claim.toLowerCase()));
  return (user) => {
    const { username, id, email } = user;
    const key = accountKey(username);
    if (!user.isServiceAccount || user.isDeprovisioned || desired.accounts.has(key) || isIgnored(username))
      return 'skip';
    if (state.accounts.has(key)) return { account: username, ...hasLeft(username) };
    if (!USERNAME_PATTERN.test(username)) return { account: username, ...UNNAMEABLE };
    const isSelf = [username, id, email].some((name) => name !== undefined && own.has(name.toLowerCase()));
    if (isSelf || isAdmin(user)) {
      const reason = isSelf ? 'its token runs this program' : 'it has the Admin role';
      return { account: username, reason, hint: `When it is to be managed all the same: mdacc import ${username}` };
    }
    return 'take';
  };
}

/** An account that the configuration lost and the state has may wait for `apply --prune`. */
export function hasLeft(username: string): Pick<Skipped, 'reason' | 'hint'> {
  return {
    reason: 'the state manages it, and it left the configuration',
    hint: `Put its block back as it was, or begin anew: mdacc state forget ${username}, then import it.`,
  };
}

export const UNNAMEABLE: Pick<Skipped, 'reason' | 'hint'> = {
  reason: 'its name has other characters than A-Z, 0-9 and _, and cannot stand in the configuration',
  hint: 'Manage it at MotherDuck, and name it under ignore.',
};

function isAdmin({ roles }: LiveUser): boolean {
  return roles.some((role) => role.toLowerCase() === 'admin');
}
