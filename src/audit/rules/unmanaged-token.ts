import { shownToken } from '../../model/planned-token.ts';
import { dayOf } from '../../model/time.ts';
import { expiryText } from '../../model/wording.ts';
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
        const { type, created_at, expires_at } = shownToken(token.live);
        yield {
          ...aboutToken(account, token),
          message: `not in the configuration: ${type}, created ${dayOf(created_at)}, ${expiryText(expires_at)}`,
          fix: token.isAdoptable
            ? importTokenHint(account, token, 'Revoke at MotherDuck if unused, or adopt.')
            : revokeHint(token),
        };
      }
    }
  },
};
