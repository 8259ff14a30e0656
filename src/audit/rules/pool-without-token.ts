import { aboutAccount, type Rule } from '../rule.ts';

/** For configured accounts that are not suspended, without a configured read scaling token; one that is not created yet is reported as missing. */
export const poolWithoutToken: Rule = {
  id: 'MDA014',
  name: 'pool-without-token',
  severity: 'note',
  title: 'An account has a read scaling pool and no token that uses it.',
  help: 'The pool costs nothing until something connects with a read scaling token. A new account has such a pool unless its "ducklings" say otherwise.',
  *check({ accounts }) {
    for (const account of accounts) {
      const { ducklings, desired, tokens } = account;
      if (desired === undefined || desired.suspended || ducklings === undefined) continue;
      const { size, pool_size } = ducklings.live.read_scaling;
      if (pool_size === 0 || ducklings.desired.read_scaling.pool_size === 0) continue;
      const types = [...tokens.map(({ live }) => live.type), ...[...desired.tokens.values()].map(({ type }) => type)];
      if (types.includes('read_scaling')) continue;
      yield {
        ...aboutAccount(account),
        message: `has a read scaling pool of ${size} x${pool_size} and no read scaling token; the pool costs nothing until one is used`,
        fix: { text: 'Set "read_scaling: { pool_size: 0 }" in its ducklings, or give it a read_scaling token.' },
        location: desired.ducklings?.location ?? desired.location,
      };
    }
  },
};
