import { showTime } from '../../model/instant.ts';
import { howToRegain, lostTokensOf, ofLost } from '../lost.ts';
import type { Rule } from '../rule.ts';

export const tokenRevoked: Rule = {
  id: 'MDA007',
  name: 'token-revoked',
  severity: 'error',
  title: 'Someone revoked a token that the state takes for in use.',
  help: 'It is gone from MotherDuck before its time, and not by mdacc: what uses it cannot connect any more. Find out why it was revoked before the next apply makes a new one.',
  *check(evidence) {
    for (const [account, token] of lostTokensOf(evidence, 'revoked')) {
      const { name, id, expiresAt } = token.record;
      const end = expiresAt === null ? '' : `, and would have lived until ${showTime(Date.parse(expiresAt))}`;
      yield {
        ...ofLost(account, token),
        message: `someone revoked it: "${name}" (${id}) is not at MotherDuck any more${end}`,
        fix: howToRegain(account, token),
      };
    }
  },
};
