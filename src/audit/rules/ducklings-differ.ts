import type { Ducklings } from '../../model/ducklings.ts';
import { formatDuration } from '../../model/time.ts';
import { TOKEN_TYPES } from '../../model/tokens.ts';
import { aboutAccount, apply, type Rule } from '../rule.ts';

/** Compares as a plan does, so that settings that the configuration does not have never differ. */
export const ducklingsDiffer: Rule = {
  id: 'MDA010',
  name: 'ducklings-differ',
  severity: 'error',
  title: "An account's Ducklings differ from the configuration.",
  help: 'Somebody changed them at MotherDuck, or the configuration was changed and not applied. They may cost more, or be slower, than what was reviewed.',
  *check({ accounts }) {
    for (const account of accounts) {
      const { desired, ducklings } = account;
      if (desired?.ducklings === undefined || ducklings === undefined) continue;
      const differences = compare(ducklings.live, ducklings.desired);
      if (differences.length === 0) continue;
      yield {
        ...aboutAccount(account),
        message: differences
          .map(([what, live, configured]) => `${what} is ${live}, the configuration says ${configured}`)
          .join('; '),
        fix: apply(account, 'Change the configuration, or apply it.'),
        location: desired.ducklings.location,
      };
    }
  },
};

type Difference = [what: string, live: string, configured: string];

function compare(live: Ducklings, desired: Ducklings): Difference[] {
  const single: Difference = ['read/write size', live.read_write.size, desired.read_write.size];
  const pool: Difference = ['read scaling pool', showPool(live.read_scaling), showPool(desired.read_scaling)];
  const cooldowns = TOKEN_TYPES.flatMap((kind): Difference[] => {
    const cooldown = desired[kind].cooldown;
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
