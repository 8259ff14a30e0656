import type { Rule } from '../rule.ts';
import { nameOf, ofAccount } from '../wording.ts';

/** Not where the next apply gives it a pool, which is a difference. */
export const readScalingWithoutPool: Rule = {
  id: 'MDA013',
  name: 'read-scaling-without-pool',
  severity: 'warning',
  title: 'An account has a read scaling token, and a pool of size 0.',
  help: 'No Duckling can serve what connects with such a token. Give the account a pool, or take the token away.',
  *check({ accounts }) {
    for (const account of accounts) {
      const { ducklings, want, tokens } = account;
      if (ducklings === undefined || ducklings.live.read_scaling.pool_size > 0) continue;
      const readers = tokens.filter(({ live, role }) => live.type === 'read_scaling' && role !== 'leaving');
      if (readers.length === 0 || ducklings.wanted.read_scaling.pool_size > 0) continue;
      const location = want?.ducklings?.location;
      yield {
        ...ofAccount(account),
        message: `the read scaling pool has size 0, and there is a token for it: ${readers.map(({ live }) => nameOf(live)).join(', ')}`,
        fix: 'Give the account a pool_size, or revoke the token.',
        ...(location ? { location } : {}),
      };
    }
  },
};
