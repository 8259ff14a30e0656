import { counted } from '../../model/counted.ts';
import type { Rule } from '../rule.ts';

const SHOWN = 3;

/** Over the managed accounts that could be read; not with --only, which reads a part of them. */
export const poolTotal: Rule = {
  id: 'MDA012',
  name: 'pool-total',
  severity: 'error',
  title: 'The read scaling pools together are larger than guardrails.max_pool_size_total.',
  help: 'Every place in a pool can become a running Duckling. The configured pools are held to the limit; these are the live ones, of accounts without "ducklings" or outside of the configuration too.',
  *check({ accounts, desired, isWhole }) {
    const most = desired.guardrails.maxPoolSizeTotal;
    if (most === undefined || !isWhole) return;
    const pools = accounts
      .filter(({ standing }) => standing !== 'unmanaged')
      .map(({ username, ducklings }) => ({ username, size: ducklings?.live.read_scaling.pool_size ?? 0 }))
      .filter(({ size }) => size > 0)
      .sort((a, b) => b.size - a.size || (a.username < b.username ? -1 : 1));
    const total = pools.reduce((sum, { size }) => sum + size, 0);
    if (total <= most) return;
    const largest = pools.slice(0, SHOWN).map(({ username, size }) => `${username} ${size}`);
    yield {
      message: `the live pools of ${counted(pools.length, 'managed account')} are ${total} together, and guardrails.max_pool_size_total is ${most}; the largest: ${largest.join(', ')}`,
      fix: 'Make pools smaller in the configuration and apply, or raise max_pool_size_total.',
    };
  },
};
