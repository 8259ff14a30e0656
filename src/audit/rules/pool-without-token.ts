import type { Rule } from '../rule.ts';
import { ofAccount } from '../wording.ts';

/** For configured accounts, and not where a read scaling token is configured: that it is not there yet is found as that. */
export const poolWithoutToken: Rule = {
  id: 'MDA014',
  name: 'pool-without-token',
  severity: 'note',
  title: 'An account has a read scaling pool and no token that uses it.',
  help: 'It costs nothing until something connects with a read scaling token. A new account has such a pool unless its "ducklings" say otherwise.',
  *check({ accounts }) {
    for (const account of accounts) {
      const { ducklings, want, tokens } = account;
      if (want === undefined || ducklings === undefined) continue;
      const { size, pool_size } = ducklings.live.read_scaling;
      if (pool_size === 0 || ducklings.wanted.read_scaling.pool_size === 0) continue;
      const types = [...tokens.map(({ live }) => live.type), ...[...want.tokens.values()].map(({ type }) => type)];
      if (types.includes('read_scaling')) continue;
      yield {
        ...ofAccount(account),
        message: `a read scaling pool of ${size} x${pool_size}, and no read scaling token; it costs nothing until one is used`,
        fix: 'Set "read_scaling: { pool_size: 0 }" under its ducklings, or give it a read_scaling token.',
        location: want.ducklings?.location ?? want.location,
      };
    }
  },
};
