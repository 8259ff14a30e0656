import type { Rule } from '../rule.ts';
import { ofAccount } from '../wording.ts';

/** Unmanaged accounts included; the one whose token runs mdacc can be named under "ignore". */
export const accountAdmin: Rule = {
  id: 'MDA016',
  name: 'account-admin',
  severity: 'warning',
  title: 'A service account has the Admin role.',
  help: 'Whoever has one of its read/write tokens can make tokens for every service account, and delete every one with its data. Programs that load or read data do not need that.',
  *check({ accounts }) {
    for (const account of accounts) {
      const roles = account.live?.user?.roles ?? [];
      if (!roles.some((role) => role.toLowerCase() === 'admin')) continue;
      const more = account.standing === 'unmanaged' ? ', or name the account under "ignore" when it is meant' : '';
      yield {
        ...ofAccount(account),
        message: 'has the Admin role: each of its read/write tokens can delete every account',
        fix: `Take the role away at MotherDuck${more}.`,
      };
    }
  },
};
