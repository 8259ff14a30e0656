import { defined } from '../../model/defined.ts';
import { aboutAccount, liveTokenName, type Rule } from '../rule.ts';

/** Not where the next apply creates a pool, which ducklings-differ reports. */
export const readScalingWithoutPool: Rule = {
  id: 'MDA013',
  name: 'read-scaling-without-pool',
  severity: 'warning',
  title: 'An account has a read scaling token and a pool of size 0.',
  help: 'No Duckling can serve connections with such a token. Give the account a pool, or remove the token.',
  *check({ accounts }) {
    for (const account of accounts) {
      const { ducklings, desired, tokens } = account;
      if (ducklings === undefined || ducklings.live.read_scaling.pool_size > 0) continue;
      const readers = tokens.filter(({ live, role }) => live.type === 'read_scaling' && role !== 'obsolete');
      if (readers.length === 0 || ducklings.desired.read_scaling.pool_size > 0) continue;
      const location = desired?.ducklings?.location;
      yield {
        ...aboutAccount(account),
        message: `its read scaling pool has size 0, and it has a read scaling token: ${readers.map(({ live }) => liveTokenName(live)).join(', ')}`,
        fix: { text: 'Give the account a pool_size, or revoke the token.' },
        ...defined({ location }),
      };
    }
  },
};
