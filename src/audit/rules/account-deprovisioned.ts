import type { Rule } from '../rule.ts';
import { ofAccount, operand } from '../wording.ts';

/** The only finding of such an account. One that nobody manages is nobody's business. */
export const accountDeprovisioned: Rule = {
  id: 'MDA015',
  name: 'account-deprovisioned',
  severity: 'error',
  title: 'A managed account is deprovisioned at MotherDuck.',
  help: 'Its tokens open nothing any more, and nothing can be changed about it. Have it provisioned again, or take it out of the configuration and the state.',
  *check({ accounts }) {
    for (const account of accounts) {
      if (account.obstacle?.is !== 'deprovisioned' || account.standing === 'unmanaged') continue;
      const forget = `mdacc state forget ${operand(account.username)}`;
      yield {
        ...ofAccount(account),
        message: 'someone deprovisioned it at MotherDuck',
        fix:
          account.standing === 'configured'
            ? 'Have it provisioned again at MotherDuck, or take it out of the configuration.'
            : `Have it provisioned again at MotherDuck, or drop it from the state: ${forget}`,
      };
    }
  },
};
