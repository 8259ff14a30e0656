import type { Rule } from '../rule.ts';
import { adoptToken, day, ofToken, REVOKE } from '../wording.ts';

/** On managed accounts alone. That it ends soon, or shares its name, says more. */
export const unmanagedToken: Rule = {
  id: 'MDA002',
  name: 'unmanaged-token',
  severity: 'warning',
  title: 'A managed account has a token that is not in the configuration.',
  help: 'Somebody made it outside of mdacc: it opens the same data, and nothing rotates or revokes it. Adopt it with mdacc import, or revoke it at MotherDuck.',
  yieldsTo: ['MDA005', 'MDA009'],
  *check({ accounts }) {
    for (const account of accounts) {
      if (account.standing === 'unmanaged') continue;
      for (const token of account.tokens) {
        if (token.role !== 'unmanaged') continue;
        const { type, createdAt, expiresAt } = token.live;
        const end = expiresAt === null ? 'never expires' : `expires ${day(expiresAt)}`;
        yield {
          ...ofToken(account, token),
          message: `not in the configuration: ${type}, made ${day(createdAt)}, ${end}`,
          fix: token.isAdoptable
            ? `Adopt it: ${adoptToken(account, token)}. Or revoke it at MotherDuck when nobody uses it.`
            : REVOKE,
        };
      }
    }
  },
};
