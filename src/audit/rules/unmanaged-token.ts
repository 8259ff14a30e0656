import { showDay } from '../../model/time.ts';
import { aboutToken, importTokenHint, type Rule, revokeHint } from '../rule.ts';

/** For managed accounts. Yields to the rules for tokens that expire soon, share a name, or belong to a suspended account. */
export const unmanagedToken: Rule = {
  id: 'MDA002',
  name: 'unmanaged-token',
  severity: 'warning',
  title: 'A managed account has a token that is not in the configuration.',
  help: 'Somebody created it outside of mdacc: it gives the same access, and nothing rotates or revokes it. Adopt it with mdacc import, or revoke it at MotherDuck.',
  yieldsTo: ['MDA005', 'MDA009', 'MDA042'],
  *check({ accounts }) {
    for (const account of accounts) {
      if (account.standing === 'unmanaged') continue;
      for (const token of account.tokens) {
        if (token.role !== 'unmanaged') continue;
        const { type, createdAt, expiresAt } = token.live;
        const end = expiresAt === null ? 'never expires' : `expires ${showDay(expiresAt)}`;
        yield {
          ...aboutToken(account, token),
          message: `not in the configuration: ${type}, created ${showDay(createdAt)}, ${end}`,
          fix: token.isAdoptable
            ? importTokenHint(account, token, 'Revoke at MotherDuck if unused, or adopt.')
            : revokeHint(token),
        };
      }
    }
  },
};
