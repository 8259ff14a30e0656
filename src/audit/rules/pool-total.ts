import { compareText } from '../../model/collections.ts';
import { counted } from '../../model/wording.ts';
import type { Rule } from '../rule.ts';

const SHOWN = 3;

/** Over the managed accounts that could be read; not with --only, which reads some of them. */
export const poolTotal: Rule = {
  id: 'MDA012',
  name: 'pool-total',
  severity: 'error',
  title: 'The read scaling pools together exceed guardrails.max_pool_size_total.',
  help: 'Each unit of a pool can become a running Duckling. The guardrail limits the configured pools; this rule adds up the live ones, with those of managed accounts that have no "ducklings" or were removed from the configuration.',
  *check({ accounts, desired, isComplete }) {
    const most = desired.guardrails.maxPoolSizeTotal;
    if (most === undefined || !isComplete) return;
    const pools = accounts
      .filter(({ standing }) => standing !== 'unmanaged')
      .map(({ username, ducklings }) => ({ username, size: ducklings?.live.read_scaling.pool_size ?? 0 }))
      .filter(({ size }) => size > 0)
      .sort((a, b) => b.size - a.size || compareText(a.username, b.username));
    const total = pools.reduce((sum, { size }) => sum + size, 0);
    if (total <= most) return;
    const largest = pools.slice(0, SHOWN).map(({ username, size }) => `${username} ${size}`);
    yield {
      message: `the live pools of ${counted(pools.length, 'managed account')} are ${total} together, and guardrails.max_pool_size_total is ${most}; the largest: ${largest.join(', ')}`,
      fix: { text: 'Make pools smaller in the configuration and apply, or raise max_pool_size_total.' },
    };
  },
};
