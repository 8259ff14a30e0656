import { aboutAccount, type Rule } from '../rule.ts';

/** Covers unmanaged accounts too. The account whose token runs mdacc can be listed under "ignore". */
export const accountAdmin: Rule = {
  id: 'MDA016',
  name: 'account-admin',
  severity: 'warning',
  title: 'A service account has the Admin role.',
  help: 'Anyone with one of its read/write tokens can create tokens for every service account, and delete every account with its data. Programs that load or read data do not need that role.',
  *check({ accounts, unconfigured }) {
    for (const account of accounts) {
      const roles = account.live?.user?.roles ?? [];
      if (!roles.some((role) => role.toLowerCase() === 'admin')) continue;
      const ignore =
        account.standing === 'unmanaged' && !unconfigured
          ? ', or list the account under "ignore" if it is intended'
          : '';
      yield {
        ...aboutAccount(account),
        message: 'has the Admin role: each of its read/write tokens can delete every account',
        fix: { text: `Remove the role at MotherDuck${ignore}.` },
      };
    }
  },
};
