import { counted } from '../../model/counted.ts';
import type { AuditedAccount } from '../account.ts';
import type { Rule } from '../rule.ts';
import { ofAccount, operand } from '../wording.ts';

/** Its tokens are not listed one by one as unmanaged: that is what an unmanaged account is. */
export const unmanagedAccount: Rule = {
  id: 'MDA001',
  name: 'unmanaged-account',
  severity: 'warning',
  title: 'A service account is not in the configuration.',
  help: 'Nobody reviews its compute, and nothing rotates its tokens. Adopt it with mdacc import, delete it at MotherDuck, or name it under "ignore" when another team looks after it.',
  *check({ accounts }) {
    for (const account of accounts) {
      if (account.standing !== 'unmanaged' || account.live === undefined) continue;
      yield {
        ...ofAccount(account),
        message: `not in the configuration: ${[counted(account.tokens.length, 'token'), ...ducklings(account)].join(', ')}`,
        fix: howToSettle(account),
      };
    }
  },
};

function howToSettle({ username, whyNotImported }: AuditedAccount): string {
  const adopt = `mdacc import ${operand(username)}`;
  switch (whyNotImported) {
    case undefined:
      return `Adopt it: ${adopt}. Or delete it at MotherDuck, or name it under "ignore".`;
    case 'held':
      return `The state holds a gone account of its name. Drop that: mdacc state forget ${operand(username)}. Then adopt this one: ${adopt}`;
    case 'unnameable':
      return 'Its name cannot stand in the configuration: delete it at MotherDuck, or name it under "ignore".';
    default:
      return whyNotImported satisfies never;
  }
}

function ducklings({ ducklings: both }: AuditedAccount): string[] {
  if (both === undefined) return [];
  const { read_write, read_scaling } = both.live;
  return [`read/write ${read_write.size}`, `pool ${read_scaling.size} x${read_scaling.pool_size}`];
}
