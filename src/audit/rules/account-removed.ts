import { counted } from '../../model/counted.ts';
import type { Rule } from '../rule.ts';
import { ofAccount, putBackOrDelete } from '../wording.ts';

/** Where one of its Ducklings runs, that says more. Tokens that nobody managed, or that a run left, are found as these. */
export const accountRemoved: Rule = {
  id: 'MDA032',
  name: 'account-removed',
  severity: 'warning',
  title: 'An account left the configuration, and its tokens still live.',
  help: 'They open what they always did, and nothing rotates them any more. An apply leaves such an account alone until it is told to delete it, with its data.',
  yieldsTo: ['MDA020'],
  *check({ accounts }) {
    for (const account of accounts) {
      const managed = account.tokens.filter(({ role }) => role === 'current' || role === 'leaving');
      if (account.standing !== 'removed' || managed.length === 0) continue;
      yield {
        ...ofAccount(account),
        message: `left the configuration, and is still there with ${counted(managed.length, 'token')} that nothing rotates`,
        fix: putBackOrDelete(account),
      };
    }
  },
};
