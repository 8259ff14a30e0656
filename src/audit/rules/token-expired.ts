import { showTime } from '../../model/time.ts';
import { tokensGoneBy } from '../account.ts';
import { aboutGoneToken, type Rule, recreateHint } from '../rule.ts';

/** For current tokens of the state; one that is gone and whose time is over has expired and was not revoked. */
export const tokenExpired: Rule = {
  id: 'MDA006',
  name: 'token-expired',
  severity: 'error',
  title: 'A token that is current in the state has expired.',
  help: 'Programs that use it can no longer connect. The next apply creates a new token. A token only expires when applies did not run, or failed.',
  *check({ accounts }) {
    for (const [account, token] of tokensGoneBy('expired', accounts)) {
      const { name, expires_at: expiresAt } = token.record;
      const when = expiresAt === null ? '' : ` ${showTime(Date.parse(expiresAt))}`;
      yield {
        ...aboutGoneToken(account, token),
        message: `"${name}" expired${when}, and nothing replaced it`,
        fix: recreateHint(account, token),
      };
    }
  },
};
