import type { Ducklings } from '../../model/ducklings.ts';
import { formatDuration } from '../../model/duration.ts';
import type { Rule } from '../rule.ts';
import { applyTo, ofAccount } from '../wording.ts';

/** By the plan's own comparison, so that what the configuration leaves out never differs. */
export const ducklingsDiffer: Rule = {
  id: 'MDA010',
  name: 'ducklings-differ',
  severity: 'error',
  title: "An account's Ducklings are not what the configuration says.",
  help: 'Somebody changed them at MotherDuck, or the configuration was changed and not applied. Either costs more, or works slower, than was reviewed.',
  *check({ accounts }) {
    for (const account of accounts) {
      const { want, ducklings } = account;
      if (want?.ducklings === undefined || ducklings === undefined) continue;
      const differences = compare(ducklings.live, ducklings.wanted);
      if (differences.length === 0) continue;
      yield {
        ...ofAccount(account),
        message: differences
          .map(([what, live, wanted]) => `${what} is ${live}, the configuration says ${wanted}`)
          .join('; '),
        fix: `Set them as configured: ${applyTo(account)}. Or change the configuration.`,
        location: want.ducklings.location,
      };
    }
  },
};

type Difference = [what: string, live: string, wanted: string];

function compare(live: Ducklings, wanted: Ducklings): Difference[] {
  const single: Difference = ['read/write size', live.read_write.size, wanted.read_write.size];
  const pool: Difference = ['read scaling pool', showPool(live.read_scaling), showPool(wanted.read_scaling)];
  const cooldowns = (['read_write', 'read_scaling'] as const).flatMap((kind): Difference[] => {
    const cooldown = wanted[kind].cooldown;
    if (cooldown === undefined) return [];
    const name = kind === 'read_write' ? 'read/write cooldown' : 'read scaling cooldown';
    return [[name, showCooldown(live[kind].cooldown), showCooldown(cooldown)]];
  });
  return [single, pool, ...cooldowns].filter(([, before, after]) => before !== after);
}

function showPool({ size, pool_size }: Ducklings['read_scaling']): string {
  return `${size} x${pool_size}`;
}

function showCooldown(seconds: number | undefined): string {
  return seconds === undefined ? 'none' : formatDuration(seconds);
}
