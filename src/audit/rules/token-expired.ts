import { showTime } from '../../model/instant.ts';
import { howToRegain, lostTokensOf, ofLost } from '../lost.ts';
import type { Rule } from '../rule.ts';

/** The state's current token; a gone one whose time was over anyway expired, and was not revoked. */
export const tokenExpired: Rule = {
  id: 'MDA006',
  name: 'token-expired',
  severity: 'error',
  title: 'A token that the state takes for in use has expired.',
  help: 'What uses it cannot connect any more. The next apply makes a new one; that it came so far means that applies did not run, or failed.',
  *check(evidence) {
    for (const [account, token] of lostTokensOf(evidence, 'expired')) {
      const { name, expiresAt } = token.record;
      const when = expiresAt === null ? '' : ` ${showTime(Date.parse(expiresAt))}`;
      yield {
        ...ofLost(account, token),
        message: `"${name}" expired${when}, and nothing replaced it`,
        fix: howToRegain(account, token),
      };
    }
  },
};
