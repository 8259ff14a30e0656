import { describeSpan } from '../../model/duration.ts';
import type { AuditedAccount } from '../account.ts';
import { lastingTokens } from '../lasting.ts';
import type { Rule } from '../rule.ts';
import type { AuditedToken } from '../tokens.ts';
import { day, howToReplace, ofToken } from '../wording.ts';

const SOON_MS = 7 * 86_400_000;

/** Not for a configured token, which its policy replaces, nor for an unmanaged one that was made for so short a life. */
export const tokenExpiring: Rule = {
  id: 'MDA005',
  name: 'token-expiring',
  severity: 'error',
  title: 'A token expires within 7 days, and nothing will replace it.',
  help: 'Programs that use it will stop then. Tokens outside of the configuration and those of accounts that left it are not rotated: adopt them or put them back, or replace them by hand.',
  *check(evidence) {
    for (const [account, token] of lastingTokens(evidence)) {
      const { createdAt, expiresAt } = token.live;
      if (token.want !== undefined || expiresAt === null || expiresAt - evidence.now > SOON_MS) continue;
      if (token.role === 'unmanaged' && expiresAt - createdAt <= SOON_MS) continue;
      const left = describeSpan((expiresAt - evidence.now) / 1000);
      yield {
        ...ofToken(account, token),
        message: `expires in ${left}, ${day(expiresAt)}, and nothing replaces it: ${why(account, token)}`,
        fix: howToReplace(account, token),
      };
    }
  },
};

function why({ standing }: AuditedAccount, { role }: AuditedToken): string {
  if (standing === 'unmanaged') return 'the account is not in the configuration';
  return role === 'unmanaged' ? 'it is not in the configuration' : 'its account left the configuration';
}
