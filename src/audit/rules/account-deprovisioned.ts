import { aboutAccount, forgetHint, type Rule } from '../rule.ts';

/** The only finding of such an account. Unmanaged accounts are not reported. */
export const accountDeprovisioned: Rule = {
  id: 'MDA015',
  name: 'account-deprovisioned',
  severity: 'error',
  title: 'A managed account is deprovisioned at MotherDuck.',
  help: 'Its tokens stop working, and it cannot be changed. Have it provisioned again, or remove it from the configuration and the state.',
  *check({ accounts }) {
    for (const account of accounts) {
      if (account.obstacle?.is !== 'deprovisioned' || account.standing === 'unmanaged') continue;
      yield {
        ...aboutAccount(account),
        message: 'deprovisioned at MotherDuck',
        fix:
          account.standing === 'configured'
            ? { text: 'Have it provisioned again at MotherDuck, or remove it from the configuration.' }
            : forgetHint(account.username, 'Have it provisioned again at MotherDuck, or remove it from the state.'),
      };
    }
  },
};
