import type { Rule } from '../rule.ts';
import { ofAccount, putBackOrDelete } from '../wording.ts';

export const removedAccountRunning: Rule = {
  id: 'MDA020',
  name: 'removed-account-running',
  severity: 'warning',
  title: 'A Duckling runs on an account that the configuration has removed.',
  help: 'Something still uses the account, and it costs. Find out who, then put the account back or delete it.',
  *check({ accounts }) {
    for (const account of accounts) {
      if (account.standing !== 'removed' || account.running.length === 0) continue;
      const kinds = account.running.map(({ id, type, status }) => {
        const kind = type === 'read_write' ? 'read/write' : 'read scaling';
        return `${kind} Duckling ${id} is ${status === 'active' ? 'active' : 'in its cooldown'}`;
      });
      yield {
        ...ofAccount(account),
        message: `left the configuration, and is in use: ${kinds.join(', ')}`,
        fix: putBackOrDelete(account),
      };
    }
  },
};
