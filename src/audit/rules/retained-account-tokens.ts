import { counted } from '../../model/wording.ts';
import { unreadTokens } from '../account.ts';
import { aboutAccount, type Rule, restoreOrDeleteHint } from '../rule.ts';

/** Yields to the rule for running Ducklings. Unmanaged tokens and those of interrupted runs have rules of their own. */
export const retainedAccountTokens: Rule = {
  id: 'MDA032',
  name: 'retained-account-tokens',
  severity: 'warning',
  title: 'An account was removed from the configuration, and its tokens are still live.',
  help: 'The tokens still give access, and nothing rotates them. An apply does not touch the account unless you tell it to delete the account and its data.',
  yieldsTo: ['MDA020'],
  *check({ accounts }) {
    for (const account of accounts) {
      const managed = account.tokens.filter(({ role }) => role === 'current' || role === 'obsolete');
      const count = managed.length + unreadTokens(account).length;
      if (account.standing !== 'retained' || count === 0) continue;
      yield {
        ...aboutAccount(account),
        message: `removed from the configuration, and still live with ${counted(count, 'token')} that nothing rotates`,
        fix: restoreOrDeleteHint(account),
      };
    }
  },
};
