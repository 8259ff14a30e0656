import { typeName } from '../../model/tokens.ts';
import { aboutAccount, type Rule, restoreOrDeleteHint } from '../rule.ts';

export const retainedAccountRunning: Rule = {
  id: 'MDA020',
  name: 'retained-account-running',
  severity: 'warning',
  title: 'A Duckling runs on an account that was removed from the configuration.',
  help: 'Something still uses the account, and it costs money. Find out what, then put the account back or delete it.',
  *check({ accounts }) {
    for (const account of accounts) {
      if (account.standing !== 'retained' || account.running.length === 0) continue;
      const ducklings = account.running.map(({ id, type, status }) => {
        return `${typeName(type)} Duckling ${id} is ${status === 'active' ? 'active' : 'in its cooldown'}`;
      });
      yield {
        ...aboutAccount(account),
        message: `removed from the configuration, and in use: ${ducklings.join(', ')}`,
        fix: restoreOrDeleteHint(account),
      };
    }
  },
};
