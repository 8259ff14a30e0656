import { unreadTokens } from '../account.ts';
import { aboutAccount, type Rule, restoreOrDeleteHint, wasSuspended } from '../rule.ts';

/** Roles of tokens for which rules of their own name the account. */
const NAMED: ReadonlySet<string> = new Set(['current', 'obsolete', 'orphan']);

/** An account with managed tokens, or whose Ducklings run, has a rule of its own. */
export const retainedAccount: Rule = {
  id: 'MDA045',
  name: 'retained-account',
  severity: 'note',
  title: 'An account without managed tokens was removed from the configuration, and still exists.',
  help: 'Its data and its Ducklings stay, and cost what they cost. An apply does not touch the account unless you tell it to delete the account and its data.',
  yieldsTo: ['MDA020', 'MDA032'],
  *check({ accounts }) {
    for (const account of accounts) {
      if (account.standing !== 'retained' || account.live === undefined) continue;
      if (
        account.gone.length > 0 ||
        unreadTokens(account).length > 0 ||
        account.tokens.some(({ role }) => NAMED.has(role))
      )
        continue;
      yield {
        ...aboutAccount(account),
        message: `removed from the configuration${wasSuspended(account) ? ' while it was suspended' : ''}, and still there with its data`,
        fix: restoreOrDeleteHint(account),
      };
    }
  },
};
