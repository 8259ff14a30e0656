import { showTime } from '../../model/time.ts';
import { tokensGoneBy } from '../account.ts';
import { aboutGoneToken, type Rule, recreateHint } from '../rule.ts';

export const tokenRevoked: Rule = {
  id: 'MDA007',
  name: 'token-revoked',
  severity: 'error',
  title: 'Someone revoked a token that is current in the state.',
  help: 'The token disappeared from MotherDuck before it expired, and mdacc did not revoke it: programs that use it can no longer connect. Find out why before the next apply creates a new one.',
  *check({ accounts }) {
    for (const [account, token] of tokensGoneBy('revoked', accounts)) {
      const { name, id, expires_at: expiresAt } = token.record;
      const end = expiresAt === null ? '' : `, and would have expired ${showTime(Date.parse(expiresAt))}`;
      yield {
        ...aboutGoneToken(account, token),
        message: `revoked outside of mdacc: "${name}" (${id}) is no longer at MotherDuck${end}`,
        fix: recreateHint(account, token),
      };
    }
  },
};
